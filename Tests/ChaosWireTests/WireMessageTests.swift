import ChaosProtocol
import ChaosTesting
import Testing

@testable import ChaosWire

struct WireMessageTests {
    @Test(arguments: 0..<RandomMessage.kinds) func messageComesBack(kind: Int) throws {
        for seed in 0..<100 as Range<UInt64> {
            let message = RandomMessage.make(kind: kind, seed: seed)
            #expect(try WireMessage(header: message.header()) == message, "kind \(kind), seed \(seed)")
        }
    }

    /// The greatest view that is allowed goes into a header.
    @Test func greatestViewFits() throws {
        let nodes = (0..<UInt64(MessageLimits.nodes)).map { NodeID(.max - $0) }
        let most = MessageLimits.greatestQuantity
        var links: [Link: LinkQuality] = [:]
        var (i, distance) = (0, 1)
        while links.count < MessageLimits.links {
            links[Link(nodes[i], nodes[(i + distance) % nodes.count])] = LinkQuality(bandwidth: most, roundTrip: most)
            i += 1
            if i == nodes.count { (i, distance) = (0, distance + 1) }
        }
        let view = View(
            number: MessageLimits.greatestNumber, members: nodes, links: Array(links.keys), qualities: links,
            weights: Dictionary(uniqueKeysWithValues: nodes.map { ($0, most) }))
        let message = WireMessage.message(.decided(view))
        let header = try message.header()
        #expect(header.count < Frame.mostHeader)
        #expect(try WireMessage(header: header) == message)
    }

    /// The longest reports that a message may hold go into a header: as many as allowed, with as many neighbours as
    /// allowed in all, and all numbers as great as allowed.
    @Test func longestReportsFit() throws {
        let nodes = (0..<UInt64(MessageLimits.nodes)).map { NodeID(.max - $0) }
        let most = MessageLimits.greatestQuantity
        let each = MessageLimits.reportedNeighbors / nodes.count
        let reports = nodes.indices.map { i in
            let neighbors = (1...each).map { nodes[(i + $0) % nodes.count] }
            let quality = LinkQuality(bandwidth: most, roundTrip: most)
            return Report(
                node: nodes[i], sequence: MessageLimits.greatestNumber, neighbors: neighbors,
                qualities: Dictionary(uniqueKeysWithValues: neighbors.map { ($0, quality) }),
                resources: Resources(samplesPerSecond: most, snapshotMemory: most, load: 1000),
                uneven: MessageLimits.greatestNumber, wish: .ready(view: MessageLimits.greatestNumber))
        }
        let message = WireMessage.message(.reports(reports))
        let header = try message.header()
        #expect(header.count < Frame.mostHeader)
        #expect(try WireMessage(header: header) == message)
    }

    @Test func tooLongAHeaderIsNotSent() {
        let neighbors = (1...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let report = Report(node: 0, sequence: 1, neighbors: neighbors, wish: .stay)
        #expect(throws: WireFault.self) {
            try WireMessage.message(.reports(Array(repeating: report, count: 200))).header()
        }
    }

    /// What would be sent as a number that the message does not hold: whoever receives it refuses it.
    @Test(
        arguments: [
            .hello(view: -1, digest: 0), .monitor(.heartbeat(Heartbeat(sent: -1, echo: nil, held: 0))),
            .reduction(.begin(view: 1, step: .min)), .replication(.gone(step: -5)),
            .decided(View(number: 1, members: [1], links: [Link(1, 2)])),
            .decided(View(number: 1, members: [1, 2], links: [Link(1, 2), Link(1, 2)])),
            .decided(View(number: 1, members: [1, 1])),
            .decided(View(number: 2, members: [1], learners: [.init(1, admitted: 1)])),
        ] as [Message])
    func invalidMessageIsRefused(message: Message) throws {
        let header = try WireMessage.message(message).header()
        #expect(throws: WireFault.self) { try WireMessage(header: header) }
    }

    @Test func payloadOnlyWhereItBelongs() throws {
        let hello = try WireMessage.message(.hello(view: 1, digest: 2)).header()
        #expect(throws: WireFault("", .payload(1, allowed: 0...0))) {
            try WireMessage(header: hello, payload: 1)
        }
        let probe = WireMessage.message(.monitor(.probe(part: 0, parts: 1, bytes: 3)))
        #expect(try WireMessage(header: probe.header(), payload: 3) == probe)
        #expect(throws: WireFault("", .payload(2, allowed: 3...3))) {
            try WireMessage(header: probe.header(), payload: 2)
        }
        let total = WireMessage.message(.reduction(.total(view: 1, step: 0, chunk: 0, samples: 8)))
        #expect(try WireMessage(header: total.header(), payload: 2) == total)
    }
}
