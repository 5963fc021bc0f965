import Testing

@testable import ChaosProtocol

struct ViewTests {
    /// The property on which agreement rests, for every two sets of members of views of up to eight.
    @Test(arguments: 1...8) func anyTwoQuorumsMeet(count: Int) {
        let members = (1...count).map { NodeID(UInt64($0)) }
        let view = View(number: 1, members: members)
        func set(_ bits: Int) -> Set<NodeID> { Set(members.indices.filter { bits >> $0 & 1 == 1 }.map { members[$0] }) }
        let quorums = (0..<1 << count).filter { view.isQuorum(set($0)) }
        // Of each set and its complement, exactly one is a quorum: neither two halves nor none.
        #expect(quorums.count == 1 << (count - 1))
        for a in quorums {
            for b in quorums where a & b == 0 { Issue.record("\(set(a)) and \(set(b)) do not meet") }
        }
    }

    @Test func othersDoNotCount() {
        let view = View(
            number: 2, members: [2, 3, 4, 5], learners: [View.Learner(1, admitted: 2)], links: [])
        #expect(!view.isQuorum([1, 3, 4]))
        #expect(!view.isQuorum([4, 5]))
        #expect(view.isQuorum([2, 5]))
        #expect(!view.isQuorum([3, 4, 99]))
    }

    @Test func rolesAndFaults() {
        let learner = View.Learner(3, admitted: 2)
        let view = View(number: 2, members: [2, 1], learners: [learner], links: [Link(3, 1), Link(2, 1)])
        #expect(view.fault == nil)
        #expect(view.members == [1, 2])
        #expect(view.role(of: 1) == .member)
        #expect(view.role(of: 3) == .learner(admitted: 2))
        #expect(view.role(of: 4) == .outside)
        #expect(view.picture == ["view 2", "   1  --  2 (3)", "   2  --  1", "  (3) --  1"])

        #expect(View(number: 0, members: [1]).fault == .number(0))
        #expect(View(number: 1, members: []).fault == .size)
        #expect(View(number: 1, members: (0...UInt64(MessageLimits.nodes)).map { NodeID($0) }).fault == .size)
        #expect(View(number: 1, members: [1, 1]).fault == .order)
        #expect(View(number: 2, members: [1, 3], learners: [learner]).fault == .order)
        #expect(View(number: 2, members: [1], links: [Link(1, 2)]).fault == .link(Link(1, 2)))
        #expect(View(number: 1, members: [1], learners: [learner]).fault == .admission(learner))
        #expect(View(number: 2, members: [1], era: 3).fault == .era(3))
        #expect(View(number: 2, members: [1], era: 0).fault == .era(0))
        #expect(View(number: 1 << 28 + 1, members: [1], era: 1).fault == .era(1))
    }

    /// What is not looked over where it comes in, for no other view can be made.
    @Test func sentencesHold() {
        func broken(
            number: Int = 1, members: [NodeID] = [1, 2], links: [Link] = [Link(1, 2)],
            qualities: [LinkQuality] = [.unmeasured], weights: [Int] = [0, 0], era: Int = 1
        ) -> String? {
            View(
                number: number, members: members, learners: [], links: links, qualities: qualities, weights: weights,
                idle: [], era: era
            ).brokenSentence
        }
        #expect(broken() == nil)
        #expect(broken(number: 0) == "The number of a view is in its range.")
        #expect(broken(era: 2) == "An era begins with a view of it.")
        #expect(broken(members: []) == "A view has members, and no more nodes than a map.")
        let many = Array(repeating: NodeID(1), count: MessageLimits.nodes + 1)
        #expect(broken(members: many) == "A view has members, and no more nodes than a map.")
        let links = Array(repeating: Link(1, 2), count: MessageLimits.links + 1)
        #expect(broken(links: links) == "A view has no more links than a message may have.")
        #expect(broken(qualities: []) == "Every link of a view has a quality.")
        #expect(broken(weights: [0]) == "Every member of a view has a weight.")
    }
}
