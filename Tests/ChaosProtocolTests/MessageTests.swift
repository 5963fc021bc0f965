import ChaosProtocol
import Testing

struct MessageTests {
    static func relayed(_ body: Envelope.Body, sequence: Int = 1) -> Message {
        .relayed(Envelope(origin: 1, sequence: sequence, destination: nil, insists: false, body: body))
    }

    static let ballot = Ballot(round: 1, proposer: 2)
    static let invalid = View(number: 1, members: [])

    @Test(
        arguments: [
            (.hello(view: -1, digest: 0), .number(-1)),
            (.decided(invalid), .view(.size)),
            (.reports([Report(node: 1, sequence: 0, neighbors: [], wish: .stay)]), .number(0)),
            (.reports([Report(node: 1, sequence: 1, neighbors: [2, 2], wish: .stay)]), .neighbors(of: 1)),
            (.reports([Report(node: 1, sequence: 1, neighbors: [1], wish: .stay)]), .neighbors(of: 1)),
            (relayed(.prepare(ballot, next: 0)), .number(0)),
            (relayed(.prepare(ballot, next: 2), sequence: 0), .number(0)),
            (relayed(.prepare(Ballot(round: -1, proposer: 1), next: 2)), .number(-1)),
            (relayed(.accept(ballot, invalid)), .view(.size)),
            (relayed(.promise(ballot, next: 2, accepted: Accepted(ballot: ballot, view: invalid))), .view(.size)),
            (relayed(.behind(view: -1)), .number(-1)),
        ] as [(Message, MessageFault)])
    func faultIsFoundAndRefused(_ message: Message, _ fault: MessageFault) {
        #expect(message.fault == fault)
        var node = Negotiation(node: 1, founding: View(number: 1, members: [1, 2], links: [Link(1, 2)]))
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        #expect(node.onMessage(message, from: 2, at: 0) == [.refused(fault, from: 2)])
    }

    @Test func tooManyReportsAreRefused() {
        let report = Report(node: 1, sequence: 1, neighbors: [], wish: .stay)
        let count = MessageLimits.nodes + 1
        #expect(Message.reports(Array(repeating: report, count: count)).fault == .size(count))
        let neighbors = (2...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let long = Report(node: 1, sequence: 1, neighbors: neighbors, wish: .stay)
        let some = MessageLimits.reportedNeighbors / neighbors.count
        #expect(Message.reports(Array(repeating: long, count: some)).fault == nil)
        #expect(
            Message.reports(Array(repeating: long, count: some + 1)).fault == .size((some + 1) * neighbors.count))
        let wide = Report(node: 0, sequence: 1, neighbors: (1...UInt64(count)).map { NodeID($0) }, wish: .stay)
        #expect(Message.reports([wide]).fault == .size(count))
    }

    @Test func negotiationTakesNoNoticeOfOtherMessages() {
        var node = Negotiation(node: 1, founding: View(number: 1, members: [1, 2], links: [Link(1, 2)]))
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        for message in [
            .monitor(.probeRequest(bytes: 1)), .reduction(.begin(view: 1, step: 0)), .replication(.ask),
        ] as [Message] {
            #expect(node.onMessage(message, from: 2, at: 0) == [])
        }
    }

    @Test func messageOfAPeerWithoutLinkIsIgnored() {
        var node = Negotiation(node: 1, founding: View(number: 1, members: [1, 2], links: [Link(1, 2)]))
        _ = node.onStart(at: 0)
        #expect(node.onMessage(.decided(View(number: 2, members: [1])), from: 2, at: 0) == [])
        #expect(node.view?.number == 1)
    }
}
