import ChaosModel
import Testing

@testable import ChaosProtocol

/// How reports reach the neighbours.
struct SpreadingTests {
    /// However many reports there are and however long they are: all of them are sent, in their order, in messages that
    /// nobody refuses, and no two of these that follow each other would have gone into one.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func largeMapGoesInParts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let neighbors = (1...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let longest = random.element(of: [0, 10, 100, 1000, MessageLimits.nodes])
        // More than a map holds, for the other limit.
        let reports = (1...random.int(1...3 * MessageLimits.nodes)).map { i in
            Report(
                node: NodeID(.max - UInt64(i)), sequence: 1,
                neighbors: Array(neighbors.prefix(random.int(0...longest))),
                wish: .stay)
        }
        let parts = MessageLimits.parts(of: reports)
        #expect(parts.flatMap { $0 } == reports)
        #expect(parts.allSatisfy { Message.reports($0).fault == nil })
        for (part, next) in zip(parts, parts.dropFirst()) {
            #expect(Message.reports(part + [next[0]]).fault != nil)
        }
        #expect(MessageLimits.parts(of: [Report]()) == [])
    }

    /// A node that knows of very many links tells a new neighbour of all of them.
    @Test func newNeighborIsToldAllInParts() {
        let nodes = (1...500 as ClosedRange<UInt64>).map { NodeID($0) }
        var node = Negotiation(node: 1, founding: nil)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        // Each with all others.
        for id in nodes.dropFirst() {
            let report = Report(node: id, sequence: 1, neighbors: nodes.filter { $0 != id }, wish: .stay)
            _ = node.onMessage(.reports([report]), from: 2, at: 0)
        }
        let messages = node.onLink(to: 1000, isUp: true, at: 0).compactMap { action -> [Report]? in
            guard case .send(.reports(let reports), 1000) = action else { return nil }
            return reports
        }
        #expect(messages.count > 1)
        #expect(messages.allSatisfy { Message.reports($0).fault == nil })
        #expect(Set(messages.joined().map(\.node)).isSuperset(of: nodes))
    }

    private static func report(_ node: NodeID, _ sequence: Int, bandwidth: Int, wish: Report.Wish = .stay) -> Message {
        .reports([
            Report(
                node: node, sequence: sequence, neighbors: [2], qualities: [2: LinkQuality(bandwidth: bandwidth)],
                wish: wish)
        ])
    }

    private static func told(_ actions: [Negotiation.Action], _ peer: NodeID) -> [[Int]] {
        actions.compactMap { action in
            guard case .send(.reports(let reports), peer) = action else { return nil }
            return reports.map(\.sequence)
        }
    }

    /// A node between two others.
    private static func relay() -> Negotiation {
        var node = Negotiation(node: 1, founding: nil)
        _ = node.onStart(at: 0)
        for peer in [2, 3] as [NodeID] { _ = node.onLink(to: peer, isUp: true, at: 0) }
        return node
    }

    /// Measurements are passed on with the next hello, the last ones only; what may make a view due is at once.
    @Test func measurementsWaitForTheHello() {
        var node = Self.relay()
        let hello = node.settings.hello
        #expect(Self.told(node.onMessage(Self.report(9, 1, bandwidth: 1), from: 2, at: 1), 3) == [[1]])
        for sequence in 2...5 {
            #expect(Self.told(node.onMessage(Self.report(9, sequence, bandwidth: sequence), from: 2, at: 2), 3) == [])
        }
        #expect(Self.told(node.onWake(at: hello), 3) == [[5]])
        #expect(Self.told(node.onWake(at: 2 * hello), 3) == [])
        #expect(Self.told(node.onMessage(Self.report(9, 6, bandwidth: 9), from: 2, at: 2 * hello), 3) == [])
        let joins = Self.report(9, 7, bandwidth: 9, wish: .join)
        #expect(Self.told(node.onMessage(joins, from: 2, at: 2 * hello), 3) == [[7]])
    }

    /// Much news at a stretch is passed on in few messages, none of it is lost, and none goes back.
    @Test func newsAtAStretchGoesTogether() {
        var node = Self.relay()
        let count = 1000
        var told: [[Int]] = []
        var back = 0
        for i in 1...count {
            let actions = node.onMessage(Self.report(NodeID(UInt64(100 + i)), i, bandwidth: 1), from: 2, at: 1)
            told += Self.told(actions, 3)
            back += Self.told(actions, 2).count
        }
        #expect(told.count <= node.settings.burst)
        let rest = Self.told(node.onWake(at: 1 + node.settings.spreading), 3)
        #expect(rest.count == 1)
        #expect((told + rest).joined().sorted() == Array(1...count))
        #expect(back == 0)
    }
}
