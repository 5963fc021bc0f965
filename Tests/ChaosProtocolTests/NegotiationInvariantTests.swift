import Testing

@testable import ChaosProtocol

/// What always holds of a negotiation and its parts: whatever is spoiled, the sentence that it breaks says so.
struct NegotiationInvariantTests {
    private static let view = View(
        number: 3, members: [1, 2, 3], learners: [View.Learner(9, admitted: 2)],
        links: [Link(1, 2), Link(1, 3), Link(2, 3), Link(1, 9)])
    private static let next = View(number: 4, members: [1, 2], links: [Link(1, 2)])

    /// Node 2 of three members, with both others as neighbours and everything in order.
    private static func member() -> Negotiation {
        var node = Negotiation(node: 2, founding: view)
        _ = node.onStart(at: 0)
        for peer in [1, 3] as [NodeID] { _ = node.onLink(to: peer, isUp: true, at: 1) }
        for (id, others) in [(1, [2, 3, 9]), (3, [1, 2]), (9, [1])] as [(NodeID, [NodeID])] {
            let report = Report(node: id, sequence: 1, neighbors: others, wish: .stay)
            _ = node.onMessage(.reports([report]), from: 1, at: 2)
        }
        return node
    }

    /// The same after node 3 has failed: another view is due, and node 2 waits for node 1 to propose it.
    private static func waiting() -> Negotiation {
        var node = member()
        _ = node.onLink(to: 3, isUp: false, at: 3)
        let report = Report(node: 1, sequence: 2, neighbors: [2, 9], wish: .stay)
        _ = node.onMessage(.reports([report]), from: 1, at: 3)
        return node
    }

    /// The same after its turn has come.
    private static func proposing() -> Negotiation {
        var node = waiting()
        _ = node.onWake(at: node.decision!.turn(node.settings)!)
        return node
    }

    @Test func nothingIsBroken() {
        #expect(Self.member().brokenSentence == nil)
        #expect(Self.waiting().decision?.isWaiting == true)
        #expect(Self.waiting().brokenSentence == nil)
        #expect(Self.proposing().decision?.proposal?.phase == .preparing)
        #expect(Self.proposing().brokenSentence == nil)
        #expect(Negotiation(node: 1, founding: nil).brokenSentence == nil)
    }

    private func expect(
        _ node: Negotiation, _ sentence: String, at place: SourceLocation = #_sourceLocation,
        _ spoil: (inout Negotiation) -> Void
    ) {
        var spoiled = node
        spoil(&spoiled)
        #expect(spoiled.brokenSentence == sentence, sourceLocation: place)
    }

    @Test func neighborsAndStatement() {
        let node = Self.member()
        expect(node, "A node is no neighbour of itself.") { $0.neighbors[2] = 0 }
        expect(node, "Neighbours have a view or none.") { $0.neighbors[1] = -1 }
        expect(node, "Links that were measured are up.") { $0.statement.qualities[7] = .unmeasured }
        expect(node, "A view that is found uneven is known.") { $0.statement.uneven = 4 }
        expect(node, "A wish is about a view that is known.") { $0.statement.wish = .ready(view: 4) }
        expect(node, "A wish is about a view that is known.") { $0.statement.wish = .again(admitted: 4) }
        expect(node, "Who is released wished to leave.") { $0.isReleased = true }
        var statement = Statement()
        statement.sequence = -1
        #expect(statement.brokenSentence == "Reports are counted.")
        statement.sequence = 0
        statement.resources.load = 1001
        #expect(statement.brokenSentence == "Measurements of the node are in their ranges.")
        statement.qualities[1] = LinkQuality(bandwidth: 0)
        #expect(statement.brokenSentence == "Measurements of links are in their ranges.")
    }

    @Test func lastReport() {
        let node = Self.member()
        expect(node, "The map begins with this node.") { $0.map.entries = [] }
        expect(node, "The map begins with this node.") { $0.map.entries[0] = $0.map.entries[1] }
        expect(node, "The map begins with this node.") { $0.relay = Relay(node: 1) }
        expect(node, "The last report has the last number.") { $0.statement.sequence += 1 }
        expect(node, "The last report says which links are up.") { $0.neighbors[3] = nil }
        expect(node, "The last report says what this node wishes.") { $0.statement.wish = .leave }
        expect(node, "The last report says which view is uneven.") { $0.statement.uneven = 3 }
        expect(node, "The last report has the last measurements.") {
            $0.statement.qualities[1] = LinkQuality(roundTrip: 1)
        }
        expect(node, "The last report has the last measurements.") { $0.statement.resources.load = 1 }
        func broken(_ sequence: Int, _ neighbors: [NodeID]) -> String? {
            Report(node: 2, sequence: sequence, neighbors: neighbors, wish: .stay).brokenSentence
        }
        #expect(broken(0, [1, 3]) == nil)
        #expect(broken(-1, [1, 3]) == "The number of a report is in its range.")
        #expect(broken(1, [1, 1]) == "Neighbours ascend, each once.")
        #expect(broken(1, [1, 2]) == "A node does not report a link to itself.")
    }

    @Test func roleAndTimes() {
        let node = Self.member()
        let proposing = Self.proposing()
        var outside = Negotiation(node: 5, founding: Self.view)
        _ = outside.onStart(at: 0)
        #expect(outside.brokenSentence == nil)
        expect(node, "The map knows who is in the view.") { $0.map.everyone.removeLast() }
        expect(outside, "Only a member is halted.") { $0.decision?.isHalted = true }
        expect(outside, "Only a member wants another view.") { $0.decision?.demand = .postponed }
        expect(outside, "Only a member proposes.") { $0.decision?.stage = proposing.decision!.stage }
        expect(proposing, "A node proposes in its own ballots.") {
            let proposal = Proposal(ballot: Ballot(round: 1, proposer: 1), view: Self.next, retryAt: 0)
            $0.decision?.stage = .proposing(proposal)
        }
        expect(proposing, "Nobody answers who has no vote.") {
            $0.decision?.updateProposal { $0.voters = [1, 2, 3, 9] }
        }
        expect(node, "Nothing is accepted beyond a promise.") {
            $0.decision?.acceptor.accepted = Accepted(ballot: Ballot(round: 7, proposer: 1), view: Self.next)
        }
        expect(node, "The next wake is armed.") { $0.armed = nil }
        expect(node, "The next wake is armed.") { $0.spreading.helloAt = 5 }
        expect(node, "Actions are handed over.") { $0.actions = [.halt] }
    }

    @Test func decision() {
        let waiting = Self.waiting().decision!
        let proposing = Self.proposing().decision!
        func expect(
            _ decision: Decision, _ sentence: String, at place: SourceLocation = #_sourceLocation,
            _ spoil: (inout Decision) -> Void
        ) {
            var spoiled = decision
            spoil(&spoiled)
            #expect(spoiled.brokenSentence == sentence, sourceLocation: place)
        }
        expect(waiting, "The gap is a link of the founding view.") {
            $0.founding = Founding(until: 0)
            $0.founding?.gap = 4
        }
        expect(waiting, "While the founding view is believed, no other is wanted.") { $0.founding = Founding(until: 0) }
        expect(waiting, "What the map asks for has been worked out.") { $0.demand = .unknown }
        expect(waiting, "Nothing is postponed after a step.") {
            $0.hasStepped = true
            $0.demand = .postponed
        }
        expect(waiting, "The view that is wanted is the next.") {
            $0.demand = .due(Demand.Next(view: Self.view, turnsBefore: 0))
        }
        expect(waiting, "Members before this one are others.") {
            $0.demand = .due(Demand.Next(view: Self.next, turnsBefore: 3))
        }
        let waits = "This node waits for its turn if and only if it has something to propose."
        expect(waiting, waits) { $0.demand = .nothing }
        expect(waiting, waits) { $0.isHalted = true }
        expect(waiting, waits) { $0.stage = .idle }
        expect(proposing, "A round that is used is not fresh.") { $0.freshRound = 1 }
        expect(waiting, "A round that is promised is not fresh.") {
            $0.acceptor.promised = Ballot(round: 2, proposer: 1)
        }
        expect(proposing, "A proposer has promised no greater ballot.") {
            $0.freshRound = 9
            $0.acceptor.promised = Ballot(round: 2, proposer: 1)
        }
        expect(waiting, "What is accepted follows this view.") {
            $0.acceptor.accepted = Accepted(ballot: .first(after: Self.view), view: Self.view)
        }
        expect(proposing, "What is proposed follows this view.") { $0.updateProposal { $0.view = Self.view } }
        expect(waiting, "acceptor: what is promised: The round of a ballot is in its range.") {
            $0.acceptor.promised = Ballot(round: -1, proposer: 1)
        }
        expect(waiting, "acceptor: what is accepted: The round of a ballot is in its range.") {
            $0.acceptor.accepted = Accepted(ballot: Ballot(round: -1, proposer: 1), view: Self.next)
        }
    }

    @Test func proposal() {
        var proposal = Proposal(ballot: Ballot(round: 0, proposer: 1), view: Self.next, retryAt: 0)
        #expect(proposal.brokenSentence == nil)
        proposal.phase = .preparing
        #expect(proposal.brokenSentence == "The first round asks for no promises.")
        proposal.phase = .accepting
        proposal.greatest = Accepted(ballot: Ballot(round: 0, proposer: 1), view: Self.next)
        #expect(proposal.brokenSentence == "The first round takes nothing over.")
        var second = Proposal(ballot: Ballot(round: 1, proposer: 1), view: Self.next, retryAt: 0)
        second.greatest = proposal.greatest
        #expect(second.brokenSentence == "What others have accepted has been promised.")
        second.voters = [1]
        #expect(second.brokenSentence == nil)
        let never = Proposal(ballot: Ballot(round: -1, proposer: 1), view: Self.next, retryAt: 0)
        #expect(never.brokenSentence == "ballot: The round of a ballot is in its range.")
    }

    @Test func map() {
        let map = Self.member().map
        func expect(
            _ sentence: String, at place: SourceLocation = #_sourceLocation, _ spoil: (inout ClusterMap) -> Void
        ) {
            var spoiled = map
            spoil(&spoiled)
            #expect(spoiled.brokenSentence == sentence, sourceLocation: place)
        }
        expect("Every node of the map has a place.") { $0.entries.removeLast() }
        expect("Every node of the map has a place.") { $0.places[3] = nil }
        expect("The map keeps to its limit.") {
            for id in $0.entries.count...MessageLimits.nodes {
                $0.places[NodeID(UInt64(100 + id))] = id
                $0.entries.append($0.entries[1])
            }
        }
        expect("This node has the first place.") { $0.places[2] = 1 }
        expect("This node can be reached.") { $0.entries[0].isReachable = false }
        expect("This node is marked as its view has it.") { $0.entries[0].isInView = false }
        expect("This node is marked as its view has it.") { $0.everyone = [1, 3, 9] }
        expect("Links lead to nodes of the map.") { $0.entries[0].linked[0] = 4 }
        expect("Links of this node lead to what can be reached.") { $0.entries[1].isReachable = false }
        expect("Links of this node are reported by it.") { $0.entries[0].linked.append(0) }
    }

    @Test func spreading() {
        var relay = Relay(node: 2)
        relay.sequence = -1
        #expect(relay.brokenSentence == "Envelopes are counted.")
        relay.sequence = 0
        relay.origins[2] = Relay.Origin(way: 1)
        #expect(relay.brokenSentence == "What began here does not come.")
        var origin = Relay.Origin(way: 1)
        #expect(origin.brokenSentence == "The newest envelope of an origin has a number.")
        origin.greatest = 1
        #expect(origin.brokenSentence == "The newest envelope of an origin has come.")
        origin.seen = 1
        #expect(origin.brokenSentence == nil)

        let node = Self.member()
        expect(node, "spreading: Hellos go out, or nothing is pending.") {
            $0.spreading.helloAt = nil
            $0.spreading.news.add(reportOf: 1, from: nil, isEvent: true)
            $0.armed = $0.nextWake
        }
        expect(node, "spreading: Urgent news is there.") {
            $0.spreading.news.clear()
            $0.spreading.isUrgent = true
            $0.armed = $0.nextWake
        }
        expect(node, "spreading: A difference that lasts is mended.") { $0.spreading.differences[1] = 4 }
        expect(node, "spreading: news: Nobody has been told what has not come.") {
            $0.spreading.news.told[1] = $0.spreading.news.serial + 1
        }
        expect(node, "spreading: news: Who has been told is forgotten with the news.") {
            $0.spreading.news.clear()
            $0.spreading.news.told[1] = 0
            $0.spreading.isUrgent = false
            $0.armed = $0.nextWake
        }
        expect(node, "spreading: pace: The bucket has room for a token.") {
            $0.spreading.pace = Pace(pause: 1, burst: 0)
        }
        expect(node, "spreading: pace: Tokens do not fall back in time.") {
            $0.spreading.pace = Pace(pause: -1, burst: 1)
        }
    }
}
