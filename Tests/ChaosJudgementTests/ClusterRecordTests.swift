import ChaosJudgement
import ChaosProtocol
import ChaosScenario
import Testing

/// Records of events, sound and broken: each break is found under its own name.
@Suite struct ClusterRecordTests {
    private typealias Record = ClusterRecord<Int>

    private static let mesh = [Link(1, 2), Link(1, 3), Link(2, 3)]
    private static let first = View(number: 1, members: [1, 2, 3], links: mesh)
    /// Node 4 is let in.
    private static let second = View(
        number: 2, members: [1, 2, 3], learners: [.init(4, admitted: 2)], links: mesh + [Link(3, 4)])
    private static let third = View(number: 3, members: [1, 2, 3, 4], links: mesh + [Link(3, 4)])

    /// The invariant that is broken by what follows upon three founders that have begun with step 0 and applied it.
    private static func broken(_ body: (inout Record) throws(Violation) -> Void) -> Invariant? {
        var record = Record { _ in 6 }
        do {
            for node in first.members {
                record.founded(node)
                try record.installed(first, by: node, at: 0)
            }
            for node in first.members { try record.begun(1, with: 0, state: 100, by: node, at: 1) }
            try step(0, in: 1, of: first.members, &record)
        } catch {
            Issue.record("\(error)")
        }
        do throws(Violation) {
            try body(&record)
            return nil
        } catch {
            #expect(error.description.contains(error.invariant.sentence))
            return error.invariant
        }
    }

    /// Two samples each.
    private static func compute(
        _ step: Int, in view: Int, of nodes: [NodeID], _ record: inout Record
    ) throws(Violation) {
        for (place, node) in nodes.enumerated() {
            try compute(step, in: view, of: node, 2 * place..<2 * place + 2, &record)
        }
    }

    private static func compute(
        _ step: Int, in view: Int, of node: NodeID, _ range: Range<Int>, besides: Range<Int> = 0..<0,
        _ record: inout Record
    ) throws(Violation) {
        let added = RangeSet(range)
        try record.computes(
            Contribution(node, added.union(RangeSet(besides))), added: added, awaited: added, of: step, in: view, at: 2)
    }

    private static func step(
        _ step: Int, in view: Int, of nodes: [NodeID], _ record: inout Record
    ) throws(Violation) {
        try compute(step, in: view, of: nodes, &record)
        for node in nodes { try record.applied(step, state: 101 + step, by: node, at: 2) }
    }

    private static func admit(_ record: inout Record) throws(Violation) {
        for node in [1, 2, 3, 4] as [NodeID] { try record.installed(second, by: node, at: 3) }
        for node in [1, 2, 3] as [NodeID] { try record.begun(2, with: 1, state: 101, by: node, at: 4) }
        record.madeRoom(4)
        try record.wrote(0, from: 3, by: 4, at: 5)
        try record.wrote(1, from: 3, by: 4, at: 5)
    }

    private static func install(_ view: View, by nodes: [NodeID], _ record: inout Record) throws(Violation) {
        for node in nodes {
            try record.installed(view, by: node, at: 9)
            try record.acted(node, at: 9)
        }
    }

    @Test func aSoundJoin() {
        let found = Self.broken { (record: inout Record) throws(Violation) in
            try Self.admit(&record)
            try Self.step(1, in: 2, of: [1, 2, 3], &record)
            try record.completed(1, state: 101, by: 4, at: 6)
            try record.applied(1, state: 102, by: 4, at: 7)
            try Self.install(Self.third, by: [1, 2, 3, 4], &record)
            for node in Self.third.members { try record.begun(3, with: 2, state: 102, by: node, at: 8) }
        }
        #expect(found == nil)
    }

    @Test func aViewThatIsAnother() {
        let other = View(number: 2, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3)])
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.install(Self.second, by: [1], &record)
                try Self.install(other, by: [2], &record)
            } == .agreement)
    }

    @Test func aViewThatFollowsNone() {
        #expect(
            Self.broken { (r: inout Record) throws(Violation) in try Self.install(Self.third, by: [1], &r) }
                == .succession)
        let strangers = View(number: 2, members: [5, 6], links: [Link(5, 6)])
        #expect(
            Self.broken { (r: inout Record) throws(Violation) in try Self.install(strangers, by: [5], &r) }
                == .succession)
    }

    @Test func aViewThatIsNotConnected() {
        let apart = View(number: 2, members: [1, 2, 3], links: [Link(1, 2)])
        #expect(
            Self.broken { (r: inout Record) throws(Violation) in try Self.install(apart, by: [1], &r) } == .connection)
    }

    @Test func aMemberThatIsNotReady() {
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.admit(&record)
                try Self.install(Self.third, by: [1], &record)
            } == .readiness)
    }

    @Test func anEarlierViewThatGoesOn() {
        let left = View(number: 2, members: [1], links: [])
        let right = View(number: 3, members: [1], links: [])
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.install(left, by: [1], &record)
                try Self.install(right, by: [1], &record)
                // As if it had never heard of them.
                try Self.install(left, by: [1], &record)
            } == .oneGoesOn)
    }

    @Test func anotherState() {
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.compute(1, in: 1, of: [1, 2, 3], &record)
                try record.applied(1, state: 102, by: 1, at: 3)
                try record.applied(1, state: 103, by: 2, at: 3)
            } == .sameState)
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.install(Self.second, by: [1, 2], &record)
                try record.begun(2, with: 1, state: 101, by: 1, at: 4)
                try record.begun(2, with: 1, state: 77, by: 2, at: 4)
            } == .sameState)
    }

    @Test func anUpdateTwiceOrLost() {
        #expect(
            Self.broken { (r: inout Record) throws(Violation) in try r.applied(0, state: 101, by: 1, at: 3) }
                == .updatesOnce)
        #expect(
            Self.broken { (r: inout Record) throws(Violation) in try r.applied(2, state: 103, by: 1, at: 3) }
                == .updatesOnce)
        // The next view begins where somebody is further already.
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.compute(1, in: 1, of: [1, 2, 3], &record)
                try record.applied(1, state: 102, by: 2, at: 3)
                try Self.install(Self.second, by: [1, 2, 3], &record)
                try record.begun(2, with: 1, state: 101, by: 1, at: 4)
            } == .updatesOnce)
    }

    @Test(arguments: [[0..<2, 2..<4], [0..<3, 2..<6], [0..<2, 2..<6, 6..<8], []] as [[Range<Int>]])
    func samplesThatAreMissingOrTwice(_ ranges: [Range<Int>]) {
        let found = Self.broken { (record: inout Record) throws(Violation) in
            for (node, range) in zip([1, 2, 3] as [NodeID], ranges) {
                try Self.compute(1, in: 1, of: node, range, &record)
            }
            try record.applied(1, state: 102, by: 1, at: 3)
        }
        #expect(found == .samplesOnce)
    }

    /// A new view comes in the midst of a step that two have computed their parts of: both keep them.
    @Test(
        arguments: [
            (false, [], nil), (true, [], .computedOnce), (true, [1], nil), (true, [1, 2], nil),
        ] as [(Bool, [NodeID], Invariant?)])
    func samplesComputedAgainInTheNextView(isComputedAgain: Bool, lost: [NodeID], found: Invariant?) {
        let result = Self.broken { (record: inout Record) throws(Violation) in
            try Self.compute(1, in: 1, of: [1, 2], &record)
            // Whoever forgets its replica, or has no engine, has nothing.
            if lost.contains(1) { record.forgot(1) }
            let next = View(
                number: 2, members: [1, 2, 3], links: Self.mesh, idle: lost.contains(2) ? [2] : [])
            try Self.install(next, by: [1, 2, 3], &record)
            if isComputedAgain {
                let first = lost.contains(1) ? 0 : 2
                try Self.compute(1, in: 2, of: 3, first..<first + 2, &record)
            }
            try Self.compute(1, in: 2, of: 1, 0..<0, besides: 0..<2, &record)
        }
        #expect(result == found)
    }

    @Test func aWrongStateTaken() {
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.admit(&record)
                try record.completed(1, state: 5, by: 4, at: 6)
            } == .verifiedState)
    }

    @Test func aShardTwice() {
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.admit(&record)
                try record.wrote(1, from: 2, by: 4, at: 6)
            } == .pulledOnce)
        let suspected = Self.broken { (record: inout Record) throws(Violation) in
            try Self.admit(&record)
            record.suspected(3, by: 4)
            try record.wrote(1, from: 2, by: 4, at: 6)
        }
        #expect(suspected == nil)
    }

    @Test func aSnapshotFreedTooEarly() {
        #expect(
            Self.broken { (record: inout Record) throws(Violation) in
                try Self.admit(&record)
                try record.freed(1, by: 3, at: 6) { $0.node == 4 }
            } == .snapshotKept)
        // To node 1 the learner has no link, and from node 3 it pulls no more.
        let sound = Self.broken { (record: inout Record) throws(Violation) in
            try Self.admit(&record)
            try record.freed(1, by: 1, at: 6) { _ in true }
            try record.freed(1, by: 3, at: 6) { _ in false }
        }
        #expect(sound == nil)
    }

    /// What keeps three founders from being settled, one step after they have begun, without node 3 or with it.
    private static func standstill(
        without lost: NodeID? = nil, _ body: (inout Record) -> Void = { _ in }
    ) -> (Invariant, String)? {
        var record = Record { _ in 6 }
        var network = NetworkState()
        do throws(Violation) {
            for node in first.members {
                record.founded(node)
                try record.installed(first, by: node, at: 0)
                network.start(node)
            }
            for node in first.members { try record.begun(1, with: 0, state: 100, by: node, at: 1) }
            try step(0, in: 1, of: first.members, &record)
        } catch {
            Issue.record("\(error)")
        }
        for link in mesh { _ = network.mend(link) }
        if let lost { for link in mesh where link.a == lost || link.b == lost { _ = network.cut(link) } }
        body(&record)
        return record.standstill(in: ClusterSurroundings(network, leaving: [], lying: []))
    }

    /// Who has nothing to compute with gets nothing, unless nobody has.
    @Test func idleNodesThatAreWaitedFor() {
        for (idle, found) in [([3], Invariant.idleRests), ([1, 2, 3], nil)] as [([NodeID], Invariant?)] {
            let result = Self.broken { (record: inout Record) throws(Violation) in
                let links = [Link(1, 2), Link(1, 3), Link(2, 3)]
                let view = View(number: 2, members: [1, 2, 3], links: links, idle: idle)
                try Self.install(view, by: [1, 2, 3], &record)
                try Self.compute(1, in: 2, of: 3, 0..<0, besides: 0..<2, &record)
                try Self.compute(1, in: 2, of: 3, 4..<6, besides: 0..<2, &record)
            }
            #expect(result == found)
        }
    }

    @Test func aClusterThatHasSettled() {
        #expect(Self.standstill() == nil)
        // Two of three agree on a view without the third, which halts.
        let parted = View(number: 2, members: [1, 2], links: [Link(1, 2)])
        let settled = Self.standstill(without: 3) { record in
            do throws(Violation) {
                try Self.install(parted, by: [1, 2], &record)
                for node in parted.members { try record.begun(2, with: 1, state: 101, by: node, at: 10) }
                try Self.compute(1, in: 2, of: 1, 0..<3, &record)
                try Self.compute(1, in: 2, of: 2, 3..<6, &record)
                for node in parted.members { try record.applied(1, state: 102, by: node, at: 11) }
            } catch {
                Issue.record("\(error)")
            }
            record.halted(3)
        }
        #expect(settled == nil)
    }

    @Test func aClusterThatHasNot() {
        // Nobody has noticed that node 3 is gone.
        let unnoticed = Self.standstill(without: 3)
        #expect(unnoticed?.0 == .progress && unnoticed?.1.contains("but there are") == true)
        let halted = Self.standstill { $0.halted(2) }
        #expect(halted?.0 == .progress && halted?.1.hasPrefix("2 has ") == true)
        let gone = Self.standstill(without: 3) { record in
            record.gone(1)
            record.gone(2)
        }
        #expect(gone?.0 == .minorityHalts && gone?.1.hasPrefix("3 goes on") == true)
    }
}
