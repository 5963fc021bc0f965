import ChaosModel
import Testing

@testable import ChaosProtocol

/// What goes to a neighbour at one time goes in one message.
struct BundlingTests {
    private static let settings = NodeSettings(
        stateBytes: 100, reduction: ReductionSettings(samples: 100, batch: 10, chunks: 1))

    /// At rest a link carries one message in each direction and heartbeat, whatever has been measured.
    @Test func aLinkAtRestCarriesOneMessage() {
        let founding = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        var nodes = ([1, 2] as [NodeID]).map { ClusterNode(id: $0, founding: founding, settings: Self.settings) }
        var waiting: [(to: Int, message: Message)] = []
        func messages(_ actions: [ClusterNode.Action], from slot: Int) -> [(to: Int, message: Message)] {
            actions.compactMap { if case .send(let message, _) = $0 { (1 - slot, message) } else { nil } }
        }
        for i in 0...1 { waiting += messages(nodes[i].onStart(at: 0), from: i) }
        for i in 0...1 { waiting += messages(nodes[i].onConnected(to: NodeID(UInt64(2 - i)), at: 0), from: i) }
        let heartbeat = Self.settings.monitor.heartbeat
        for beat in 1...50 {
            // The steps are not played, so what is asked for again is of them.
            while !waiting.isEmpty {
                let next = waiting.removeFirst()
                if case .monitor(.probeRequest) = next.message { continue }
                let now = (beat - 1) * heartbeat + 1000
                waiting += messages(
                    nodes[next.to].onMessage(next.message, from: NodeID(UInt64(2 - next.to)), at: now), from: next.to)
            }
            for i in 0...1 {
                _ = nodes[i].onMemory(free: 1 << (beat % 20), at: beat * heartbeat - 1)
                let sent = messages(nodes[i].onWake(at: beat * heartbeat), from: i)
                let regular = sent.filter { if case .bundle = $0.message { true } else { false } }
                #expect(regular.count == 1, "\(sent)")
                let rest = sent.filter { if case .reduction = $0.message { true } else { false } }
                #expect(regular.count + rest.count == sent.count, "\(sent)")
                guard case .bundle(let parts)? = regular.first?.message, case .monitor(.heartbeat) = parts[0] else {
                    Issue.record("no heartbeat in \(sent)")
                    continue
                }
                #expect(parts.contains { if case .hello = $0 { true } else { false } })
                waiting += sent
            }
        }
    }

    /// Nothing is lost, added or overtaken, except by a heartbeat, and none of the messages is refused.
    @Test(arguments: 0..<200 as Range<UInt64>) func orderIsKept(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let report = Report(node: 9, sequence: 1, neighbors: [], wish: .stay)
        let all: [Message] = [
            .hello(view: 1, digest: 2), .reports([report]), .unclaimed([3]), .decided(View(number: 1, members: [1])),
            .monitor(.heartbeat(Heartbeat(sent: 1, echo: nil, held: 0))), .replication(.ask),
            .monitor(.probeRequest(bytes: 5)), .reduction(.begin(view: 1, step: 0)),
        ]
        let actions: [ClusterNode.Action] = (0..<random.int(0...80)).map { i in
            switch random.int(0...9) {
            case 0: .wake(at: i)
            case 1: .disconnect(NodeID(UInt64(random.int(1...3))))
            case 2: .send(.hello(view: i, digest: 0), to: NodeID(UInt64(random.int(1...3))))
            default: .send(random.element(of: all), to: NodeID(UInt64(random.int(1...3))))
            }
        }
        var bundled = actions
        bundled.bundle()
        for peer in [1, 2, 3] as [NodeID] {
            func isBeat(_ text: String) -> Bool { text.hasPrefix("heartbeat") }
            func said(_ actions: [ClusterNode.Action]) -> [String] {
                actions.flatMap { action -> [String] in
                    switch action {
                    case .send(.bundle(let parts), peer): parts.map(\.description)
                    case .send(let message, peer): [message.description]
                    case .disconnect(peer): ["disconnect"]
                    default: []
                    }
                }
            }
            #expect(said(bundled).filter { !isBeat($0) } == said(actions).filter { !isBeat($0) })
            #expect(said(bundled).count == said(actions).count)
        }
        for case .send(let message, _) in bundled { #expect(message.fault == nil) }
        // No two that could have gone together lie side by side.
        for case (.send(let earlier, let one), .send(let later, let other)) in zip(bundled, bundled.dropFirst()) {
            guard one == other, earlier.mayBeBundled, later.mayBeBundled else { continue }
            Issue.record("\(earlier) and \(later) go to \(one) by themselves")
        }
    }

    /// What would make a message too long goes by itself.
    @Test func longMessagesGoByThemselves() {
        let neighbors = (1...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let long = Report(node: 0, sequence: 1, neighbors: neighbors, wish: .stay)
        let reports = Message.reports(Array(repeating: long, count: 12))
        #expect(Message.hello(view: 1, digest: 2).bundled(with: reports) != nil)
        #expect(reports.bundled(with: reports) == nil)
    }

    @Test(
        arguments: [
            [], [.hello(view: 1, digest: 2)], [.hello(view: 1, digest: 2), .replication(.gone(step: 1))],
            [.hello(view: 1, digest: 2), .bundle([.hello(view: 1, digest: 2), .hello(view: 1, digest: 2)])],
            [.hello(view: 1, digest: 2), .monitor(.probe(part: 0, parts: 1, bytes: 1))],
            Array(repeating: .hello(view: 1, digest: 2), count: MessageLimits.bundled + 1),
        ] as [[Message]])
    func whatIsNoBundleIsRefused(_ messages: [Message]) {
        #expect(Message.bundle(messages).fault == .bundle(messages.count))
        var node = ClusterNode(id: 1, founding: nil, settings: Self.settings)
        _ = node.onStart(at: 0)
        _ = node.onConnected(to: 2, at: 0)
        #expect(node.onMessage(.bundle(messages), from: 2, at: 1).contains(.refused(.bundle(messages.count), from: 2)))
    }

    /// A fault of a message in it is one of the bundle.
    @Test func faultWithinABundleIsFound() {
        #expect(Message.bundle([.hello(view: 1, digest: 0), .hello(view: -1, digest: 0)]).fault == .number(-1))
    }
}
