import ChaosProtocol
import ChaosScenario
import ChaosTesting
import Testing

@testable import ChaosLab

/// What becomes of events with real nodes.
@Suite struct LabOrderTests {
    /// Four nodes in a mesh without the link 1-2.
    private static let network: NetworkState = {
        var network = NetworkState()
        for node in [1, 2, 3, 4] as [NodeID] { network.start(node) }
        for link in [Link(1, 2), Link(1, 3), Link(1, 4), Link(2, 3), Link(2, 4), Link(3, 4)] { _ = network.mend(link) }
        _ = network.cut(Link(1, 2))
        return network
    }()

    private static func orders(
        _ event: Scenario.Event, isShaped: Bool = false, hasEngines: Bool = true
    ) -> [LabOrder] {
        LabOrder.orders(for: event, in: network, isShaped: isShaped, hasEngines: hasEngines)
    }

    /// Of each kind, by its example in the documentation: something is done, or the story says why not.
    @Test(arguments: EventExample.all) func everyEventHappensOrItIsSaidWhyNot(_ example: EventExample) throws {
        let scenario = try Scenario(yaml: example.scenario)
        let event = try #require(scenario.steps.compactMap(\.event).first { $0.kind.rawValue == example.kind })
        for isShaped in [false, true] {
            let orders = Self.orders(event, isShaped: isShaped)
            #expect(!orders.isEmpty, "\(event)")
            for case .leaveOut(let reason) in orders {
                #expect(
                    orders.count == 1 && reason.hasPrefix("\(event): ")
                        && (!isShaped || [.reset, .forge].contains(event.kind)))
            }
        }
    }

    @Test func linksAreThoseOfTheNetwork() {
        #expect(
            Self.orders(.isolate([1, 3])) == [
                .disconnect(Link(1, 4)), .disconnect(Link(2, 3)), .disconnect(Link(3, 4)),
            ])
        #expect(Self.orders(.heal) == Self.network.known.map { .connect($0) } && Self.network.known.count == 6)
    }

    @Test func whatIsAskedOfANode() {
        #expect(Self.orders(.leave(3)) == [.ask(3, .leave)])
        #expect(Self.orders(.lie(3)) == [.ask(3, .lie(true))])
        #expect(Self.orders(.proceed(3)) == [.proceed(3, reaching: [1, 2, 3, 4])])
        #expect(Self.orders(.slow(3, factor: 4)) == [.ask(3, .slow(factor: 4))])
    }

    @Test func anEngineIsTakenAwayWhereItIsAProcess() {
        #expect(Self.orders(.idle(3, for: 5)) == [.takeEngine(3, for: 5)])
        #expect(
            Self.orders(.idle(3, for: 5_000_000), hasEngines: false) == [
                .leaveOut(reason: "let 3 idle for 5.0 ms: the nodes compute themselves")
            ])
    }

    @Test func aLinkCrawlsInAShapedNetworkOnly() {
        let crawl = Scenario.Event.crawl(Link(1, 3), factor: 9)
        #expect(Self.orders(crawl, isShaped: true) == [.throttle(Link(1, 3), factor: 9)])
        #expect(Self.orders(crawl) == [.leaveOut(reason: "let 1-3 crawl by 9: not without --shaped")])
    }
}
