import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosProtocol

struct ReductionTests {
    static let parts = 4
    static let runs: UInt64 = 300

    @Test(arguments: 0..<parts) func noPromiseIsBroken(part: Int) {
        var (steps, promotions, lost, gone) = (0, 0, 0, 0)
        let first = 1 + UInt64(part) * Self.runs
        for seed in first..<first + Self.runs {
            var campaign = ReductionCampaign(seed: seed)
            let violation = campaign.run()
            #expect(violation == nil, "seed \(seed): \(violation!)")
            steps += campaign.steps
            promotions += campaign.promotions
            lost += campaign.lost
            gone += campaign.isGone ? 1 : 0
        }
        // Runs in which nothing happens would prove nothing.
        #expect(steps > 10 * Int(Self.runs))
        #expect(promotions > Int(Self.runs) / 10)
        #expect(lost > Int(Self.runs) / 10)
        #expect(gone < 3)
    }

    /// With each defect, the first seed at which it shows.
    @Test(
        arguments: [
            (.updateNotHandedOver, 17), (.partialOfOldViewCounted, 205), (.repeatedPartialCounted, 12),
            (.oldGradientUsed, 39), (.lostPositionsLeftOut, 1), (.unstableUpdateKept, 1263), (.snapshotStepMistaken, 5),
            (.beginNotRepeated, 444),
        ] as [(PlantedDefect, UInt64)])
    func plantedDefectIsFound(_ defect: PlantedDefect, seed: UInt64) {
        var campaign = ReductionCampaign(seed: seed, defect: defect)
        #expect(campaign.run() != nil)
        var sound = ReductionCampaign(seed: seed)
        #expect(sound.run() == nil)
    }

    private static func member(_ id: NodeID, of view: View, defect: PlantedDefect? = nil) -> Reduction {
        var node = Reduction(
            node: id, applied: 0, settings: ReductionSettings(samples: 100, batch: 10, chunks: 1), defect: defect)
        _ = node.onView(view, at: 0)
        return node
    }

    private static func ready(_ actions: [Reduction.Action]) -> [Int] {
        actions.compactMap { action in
            switch action {
            case .send(.ready(let view, _, _), _), .send(.readyFor(let view, _, _, _), _): view
            default: nil
            }
        }
    }

    /// A member that has accepted a view is ready for it, applies nothing any more, and says nothing again when it comes.
    @Test(arguments: [nil, .stepAfterAcceptance] as [PlantedDefect?])
    func whoHasAcceptedAViewIsReadyForIt(_ defect: PlantedDefect?) {
        let links = [Link(1, 2), Link(1, 3)]
        let (first, next) = (
            View(number: 1, members: [1, 2, 3], links: links), View(number: 2, members: [1, 2], links: [Link(1, 2)])
        )
        var node = Self.member(2, of: first, defect: defect)
        _ = node.onMessage(.begin(view: 1, step: 0, []), from: 1, at: 1)
        let words = Self.ready(node.onAccepted(next, at: 2))
        #expect(words == [2] || defect != nil)
        let total = ReductionMessage.total(view: 1, step: 0, chunk: 0, samples: 10)
        let applies = node.onMessage(total, from: 1, at: 3).contains {
            if case .engine(.apply) = $0 { true } else { false }
        }
        #expect(applies == (defect != nil))
        #expect(Self.ready(node.onView(next, at: 4)) == (defect == nil ? [] : [2]))
    }

    /// A word that may not have been heard is given again: to another parent, or when the view has begun too soon.
    @Test func aWordInVainIsGivenAgain() {
        let links = [Link(1, 2), Link(1, 3), Link(2, 3)]
        let first = View(number: 1, members: [1, 2, 3], links: links)
        var node = Self.member(3, of: first)
        #expect(Self.ready(node.onAccepted(View(number: 2, members: [1, 3], links: [Link(1, 3)]), at: 2)) == [2])
        #expect(Self.ready(node.onView(View(number: 2, members: [2, 3], links: [Link(2, 3)]), at: 3)) == [2])
        node = Self.member(3, of: first)
        let next = View(number: 2, members: [1, 3], links: [Link(1, 3)])
        #expect(Self.ready(node.onAccepted(next, at: 2)) == [2])
        _ = node.onMessage(.begin(view: 2, step: 0, []), from: 1, at: 3)
        #expect(Self.ready(node.onView(next, at: 4)) == [2])
    }

    /// Whoever has members below it waits for their words.
    @Test func wordsGoUpTheTree() {
        let links = [Link(1, 2), Link(2, 3), Link(3, 4), Link(4, 5)]
        let qualities = Dictionary(uniqueKeysWithValues: links.map { ($0, LinkQuality(bandwidth: 1, roundTrip: 1)) })
        let first = View(number: 1, members: [1, 2, 3, 4, 5], links: links, qualities: qualities)
        let next = View(number: 2, members: [1, 2, 3, 4, 5], links: links, qualities: qualities)
        #expect(ReductionTree(next).root == 3)
        var node = Self.member(2, of: first)
        #expect(Self.ready(node.onAccepted(next, at: 2)) == [])
        let word = ReductionMessage.readyFor(view: 2, digest: next.digest, applied: 0)
        #expect(Self.ready(node.onMessage(word, from: 1, at: 3)) == [2])
        node = Self.member(2, of: first)
        #expect(Self.ready(node.onMessage(word, from: 1, at: 3)) == [])
        #expect(Self.ready(node.onAccepted(next, at: 4)) == [2])
        #expect(Self.ready(node.onView(next, at: 5)) == [])
        // One that has applied more hands over what it has first.
        node = Self.member(2, of: first)
        _ = node.onMessage(.readyFor(view: 2, digest: next.digest, applied: 1), from: 1, at: 3)
        #expect(Self.ready(node.onAccepted(next, at: 4)) == [])
    }

    /// A word about a view counts in no other one with its number: there others are below who gives it.
    @Test(arguments: [nil, .earlyWordOfAnyView] as [PlantedDefect?])
    func aWordCountsInOneView(_ defect: PlantedDefect?) {
        let first = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        let other = View(number: 2, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)])
        var node = Self.member(1, of: first, defect: defect)
        _ = node.onAccepted(other, at: 1)
        _ = node.onMessage(.readyFor(view: 2, digest: other.digest, applied: 0), from: 2, at: 2)
        let next = View(number: 2, members: [1, 2], links: [Link(1, 2)])
        let begins = node.onView(next, at: 3).contains { if case .engine(.begun) = $0 { true } else { false } }
        #expect(begins == (defect != nil))
        node = Self.member(1, of: first)
        _ = node.onMessage(.readyFor(view: 2, digest: next.digest, applied: 0), from: 2, at: 2)
        #expect(node.onView(next, at: 3).contains { if case .engine(.begun) = $0 { true } else { false } })
    }

    /// A peer can have one word kept, of a view of this epoch, while its link is up.
    @Test func nobodyFillsTheWordsOfLaterViews() {
        let first = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        var node = Self.member(1, of: first)
        for peer in 3...100 as ClosedRange<UInt64> {
            for view in 2...5 {
                _ = node.onMessage(.ready(view: view, applied: 0, []), from: NodeID(peer), at: 1)
                _ = node.onMessage(.readyFor(view: view, digest: peer, applied: 0), from: NodeID(peer), at: 1)
            }
            #expect(node.laterViews.readiness.count == 1 && node.earlyWords.count == 1)
            node.onLinkLost(to: NodeID(peer))
            #expect(node.laterViews.readiness.isEmpty && node.earlyWords.isEmpty)
        }
        _ = node.onMessage(.ready(view: 2, applied: 0, []), from: 3, isLinked: false, at: 1)
        let elsewhere = first.firstNumberOfNextEpoch(by: 2)!
        _ = node.onMessage(.ready(view: elsewhere, applied: 0, []), from: 3, at: 1)
        _ = node.onMessage(.readyFor(view: elsewhere, digest: 1, applied: 0), from: 3, at: 1)
        #expect(node.laterViews.readiness.isEmpty && node.earlyWords.isEmpty)
    }

    /// Only a learner has the last update when the root goes, so the members do the step again. Chance leads a defect
    /// here and past all other safeguards in one of thousands of runs.
    @Test(arguments: [nil, .unstableUpdateApplied] as [PlantedDefect?])
    func updateThatOnlyALearnerHas(_ defect: PlantedDefect?) {
        var cluster = ReductionCluster(settings: ReductionSettings(samples: 80, batch: 8, chunks: 1), defect: defect)
        for id in [1, 2, 3] as [NodeID] { cluster.start(id, isFounder: id != 3) }
        let learner = View.Learner(3, admitted: 1)
        let links = [Link(1, 2), Link(1, 3), Link(2, 3)]
        let first = View(number: 1, members: [1, 2], learners: [learner], links: links)
        for id in [1, 2, 3] as [NodeID] { cluster.install(first, at: id) }
        func deliverAll(except lost: NodeID?) {
            while !cluster.waiting.isEmpty {
                let parcel = cluster.waiting.removeFirst()
                if parcel.destination != lost { cluster.deliver(parcel) }
            }
        }
        deliverAll(except: nil)
        cluster.bringState(to: 3, admitted: 1, from: 2)
        while !cluster.computing.isEmpty, cluster.machines[1]?.reduction.applied == 0 {
            cluster.finish(0)
            deliverAll(except: 2)
        }
        #expect(cluster.machines[2]?.reduction.applied == 0)
        cluster.machines[1] = nil
        let second = View(number: 2, members: [2], learners: [learner], links: [Link(2, 3)])
        for id in [2, 3] as [NodeID] { cluster.install(second, at: id) }
        for _ in 0..<6 where !cluster.computing.isEmpty {
            cluster.finish(0)
            deliverAll(except: nil)
        }
        cluster.compareReplicas(in: second)
        #expect(cluster.machines[3]?.reduction.applied ?? 0 >= 2)
        #expect((cluster.violation == nil) == (defect == nil))
    }

    /// A learner that has applied two updates learns that those who had them are gone, by the members of a view or by the
    /// step with which it begins. What only came late is no such sign.
    @Test func learnerWithMoreThanTheMembersForgets() {
        let learner = View.Learner(3, admitted: 1)
        func view(_ number: Int, of member: NodeID) -> View {
            View(number: number, members: [member], learners: [learner], links: [Link(member, 3)])
        }
        var node = Reduction(node: 3, applied: nil, settings: ReductionSettings(samples: 80, batch: 8, chunks: 1))
        _ = node.onView(view(1, of: 1), at: 0)
        _ = node.onState(step: 0, begun: 1, admitted: 1, at: 0)
        for step in 0..<3 { _ = node.onMessage(.total(view: 1, step: step, chunk: 0, samples: 8), from: 1, at: 0) }
        #expect(node.applied == 2)
        #expect(!node.onMessage(.begin(view: 1, step: 0), from: 1, at: 0).contains(.engine(.forget)))
        #expect(node.applied == 2)

        var other = node
        #expect(
            Array(other.onView(view(2, of: 2), at: 0).prefix(3)) == [
                .engine(.release(step: 2)), .engine(.forget), .lost,
            ])
        _ = node.onView(view(2, of: 1), at: 0)
        #expect(node.applied == 2)
        let actions = node.onMessage(.begin(view: 2, step: 1), from: 1, at: 0)
        #expect(Array(actions.prefix(2)) == [.engine(.forget), .lost])
        #expect(node.applied == nil)
    }

    static let pair = View(number: 1, members: [1, 2], links: [Link(1, 2)])

    /// The root of two members after `steps` steps of 10 ms, in which the other computed that long.
    static func root(
        steps: Int, other time: Int, batch: Int = 8, rates: [NodeID: Int], patience: Int = 50_000_000
    ) -> (Reduction, [Reduction.Action]) {
        let settings = ReductionSettings(samples: 800, batch: batch, chunks: 1, patience: patience)
        var node = Reduction(node: 1, applied: 0, settings: settings)
        node.onRates(rates)
        var actions = node.onView(pair, at: 0)
        actions += node.onMessage(.ready(view: 1, applied: 0), from: 2, at: 0)
        for step in 0..<steps {
            let now = step * 10_000_000
            actions += node.onGradient(view: 1, step: step, computeTime: 1_000_000, at: now + 1_000_000)
            actions += node.onMessage(
                .partial(view: 1, step: step, chunk: 0, ComputeTimes(least: time, greatest: time)), from: 2,
                at: now + 10_000_000)
        }
        return (node, actions)
    }

    @Test func idleTimeIsWhatItWaits() {
        let (node, actions) = Self.root(steps: 3, other: 9_000_000, rates: [:])
        #expect(node.applied == 3)
        #expect(node.idleTime(at: 30_000_000) == 27_000_000)
        #expect(actions.count { if case .engine(.apply) = $0 { true } else { false } } == 3)
    }

    @Test func loneMemberGoesOnByItself() {
        var node = Reduction(node: 7, applied: 0, settings: ReductionSettings(samples: 10, batch: 8, chunks: 1))
        #expect(
            node.onView(View(number: 1, members: [7]), at: 0)
                == [
                    .engine(.begun(view: 1, step: 0)),
                    .engine(.compute(view: 1, step: 0, positions: RangeSet(0..<8), isAdded: false)),
                ])
        #expect(
            node.onGradient(view: 1, step: 0, computeTime: 5, at: 5)
                == [
                    .engine(.sum(step: 0, chunk: 0, of: [], isTotal: true)), .engine(.apply(step: 0, samples: 8)),
                    .engine(.compute(view: 1, step: 1, positions: RangeSet(0..<2), isAdded: false)),
                ])
    }

    /// A learner is admitted in the midst of a step, of which one member has computed its part: nobody computes anything again,
    /// the state before the step is served at once, and what there is of the step's update goes to the learner too.
    @Test(arguments: [true, false]) func admissionBreaksNothingOff(isOfSameEra: Bool) {
        var cluster = ReductionCluster(settings: ReductionSettings(samples: 80, batch: 8, chunks: 2))
        for id in [1, 2, 3] as [NodeID] { cluster.start(id, isFounder: id != 3) }
        let first = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        for id in first.members { cluster.install(first, at: id) }
        func deliverAll() { while !cluster.waiting.isEmpty { cluster.deliver(cluster.waiting.removeFirst()) } }
        deliverAll()
        cluster.finish(0)
        deliverAll()
        let learner = View.Learner(3, admitted: 2)
        let second = View(
            number: 2, members: [1, 2], learners: [learner], links: [Link(1, 2), Link(2, 3)],
            era: isOfSameEra ? 1 : 2)
        for id in [1, 2, 3] as [NodeID] { cluster.install(second, at: id) }
        deliverAll()
        #expect(cluster.machines[1]?.reduction.begun == 0 && cluster.machines[2]?.reduction.begun == 0)
        #expect(cluster.machines[2]?.snapshots[learner]?.step == 0)
        // A new era asks again for what is missing, which here is nothing.
        #expect(cluster.computing.count == (isOfSameEra ? 1 : 3))
        cluster.bringState(to: 3, admitted: 2, from: 2)
        #expect(cluster.machines[3]?.hasCaughtUp == true)
        cluster.finish(0)
        deliverAll()
        #expect((cluster.machines[1]?.reduction.applied == 1) == isOfSameEra)
        while cluster.machines[3]?.reduction.applied != 1, !cluster.computing.isEmpty {
            cluster.finish(0)
            deliverAll()
        }
        cluster.compareReplicas(in: second)
        #expect(cluster.violation == nil && cluster.machines[3]?.reduction.applied == 1)
    }

    /// Whoever is below says what it has applied, and the root never hears it: after two steps it makes no more updates until
    /// it does, so that the view begins.
    @Test(arguments: [nil, .rootGoesOn] as [PlantedDefect?]) func rootWaitsForTheBeginning(_ defect: PlantedDefect?) {
        var cluster = ReductionCluster(settings: ReductionSettings(samples: 80, batch: 8, chunks: 1), defect: defect)
        for id in [1, 2, 3] as [NodeID] { cluster.start(id, isFounder: id != 3) }
        let first = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        for id in first.members { cluster.install(first, at: id) }
        func deliverAll(withReadiness: Bool) {
            while !cluster.waiting.isEmpty {
                let parcel = cluster.waiting.removeFirst()
                if case .ready = parcel.message, !withReadiness { continue }
                cluster.deliver(parcel)
            }
        }
        deliverAll(withReadiness: true)
        let second = View(
            number: 2, members: [1, 2], learners: [View.Learner(3, admitted: 2)], links: [Link(1, 2), Link(2, 3)],
            era: 1)
        for id in [1, 2, 3] as [NodeID] { cluster.install(second, at: id) }
        for _ in 0..<6 {
            deliverAll(withReadiness: false)
            while !cluster.computing.isEmpty { cluster.finish(0) }
        }
        deliverAll(withReadiness: false)
        let root = ReductionTree(second).root
        #expect((cluster.machines[root]?.reduction.applied == 2) == (defect == nil))
        guard defect == nil else { return }
        cluster.now += 1_000_000_000
        for id in [1, 2, 3] as [NodeID] { cluster.wake(id) }
        deliverAll(withReadiness: true)
        #expect(cluster.machines[root]?.reduction.begun == 2 && cluster.violation == nil)
        #expect(cluster.machines[root]?.reduction.applied == 3)
    }

    /// What was served under a view of which a learner has heard nothing may be nobody's any more.
    @Test(arguments: [nil, .voidStateTaken] as [PlantedDefect?])
    func stateOfAnEarlierEraIsNotTaken(_ defect: PlantedDefect?) {
        for (begun, isTaken) in [(1, defect != nil), (2, true), (3, true)] {
            var node = Reduction(
                node: 3, applied: nil, settings: ReductionSettings(samples: 80, batch: 8, chunks: 1), defect: defect)
            let view = View(
                number: 3, members: [2], learners: [View.Learner(3, admitted: 1)], links: [Link(2, 3)], era: 2)
            _ = node.onView(view, at: 0)
            _ = node.onMessage(.begin(view: 3, step: 3), from: 2, at: 1)
            let actions = node.onState(step: 4, begun: begun, admitted: 1, at: 2)
            #expect(actions.contains(.lost) == !isTaken && (node.applied == 4) == isTaken)
        }
    }

    /// Node 2, the root, and 3 go on without 1: what they have computed, or are computing, stays, and they divide what 1 had.
    @Test(arguments: [false, true]) func survivorsKeepWhatTheyHave(isIdle: Bool) {
        let settings = ReductionSettings(samples: 90, batch: 9, chunks: 1)
        let links = [Link(1, 2), Link(2, 3)]
        var root = Reduction(node: 2, applied: 0, settings: settings)
        let qualities = Dictionary(uniqueKeysWithValues: links.map { ($0, LinkQuality(bandwidth: 1, roundTrip: 1)) })
        _ = root.onView(View(number: 1, members: [1, 2, 3], links: links, qualities: qualities), at: 0)
        var actions = root.onMessage(.ready(view: 1, applied: 0), from: 1, at: 0)
        actions += root.onMessage(.ready(view: 1, applied: 0), from: 3, at: 0)
        #expect(actions.contains(.engine(.compute(view: 1, step: 0, positions: RangeSet(3..<6), isAdded: false))))
        let next = View(number: 2, members: [2, 3], links: [Link(2, 3)], idle: isIdle ? [2] : [])
        actions = root.onView(next, at: 1)
        // What is not computed yet, a node without an engine cannot keep.
        #expect(actions.contains(.engine(.stop)) == isIdle)
        #expect(root.idleTime(at: 5) == (isIdle ? 4 : 0))
        let third = Contribution(3, RangeSet(6..<9))
        actions = root.onMessage(.ready(view: 2, applied: 0, [third]), from: 3, at: 10)
        let own = Contribution(2, RangeSet(3..<6))
        let said = isIdle ? [third] : [own, third]
        #expect(actions.contains(.send(.begin(view: 2, step: 0, said), to: 3)))
        let share = isIdle ? RangeSet() : RangeSet(0..<2)
        #expect(actions.contains(.engine(.compute(view: 2, step: 0, positions: share, isAdded: !isIdle))))
        // The answer to the first view comes too late to be one.
        #expect(root.onGradient(view: 1, step: 0, computeTime: 5, at: 12) == [])
        let partial = ReductionMessage.partial(view: 2, step: 0, chunk: 0, Self.times)
        #expect(!root.onMessage(partial, from: 3, at: 13).contains(.engine(.apply(step: 0, samples: 9))))
        #expect(
            root.onGradient(view: 2, step: 0, computeTime: 5, at: 14).contains(.engine(.apply(step: 0, samples: 9))))
    }

    private static let times = ComputeTimes(least: 1, greatest: 2)

    /// Where samples may be lost nobody computes those of a lost member, and the update says of how many it is; unless
    /// nobody has anything.
    @Test func lostSamplesAreDropped() {
        var root = Reduction(
            node: 1, applied: 0, settings: ReductionSettings(samples: 90, batch: 9, lost: .dropped, chunks: 1))
        _ = root.onView(View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)]), at: 0)
        for child in [2, 3] as [NodeID] { _ = root.onMessage(.ready(view: 1, applied: 0), from: child, at: 0) }
        let next = View(number: 2, members: [1, 2], links: [Link(1, 2)])
        _ = root.onView(next, at: 1)
        var other = root
        let begun = root.onMessage(.ready(view: 2, applied: 0, [Contribution(2, RangeSet(3..<6))]), from: 2, at: 2)
        #expect(begun.contains(.engine(.compute(view: 2, step: 0, positions: RangeSet(), isAdded: true))))
        _ = root.onGradient(view: 2, step: 0, computeTime: 5, at: 3)
        let actions = root.onMessage(.partial(view: 2, step: 0, chunk: 0, Self.times), from: 2, at: 4)
        #expect(actions.contains(.engine(.send(.total(view: 2, step: 0, chunk: 0, samples: 6), to: 2))))
        #expect(actions.contains(.engine(.apply(step: 0, samples: 6))))
        #expect(actions.contains(.engine(.compute(view: 2, step: 1, positions: RangeSet(0..<5), isAdded: false))))
        // All that anybody had is gone.
        _ = other.onView(View(number: 3, members: [1, 2], links: [Link(1, 2)], idle: [1]), at: 5)
        #expect(
            other.onMessage(.ready(view: 3, applied: 0), from: 2, at: 6).contains(
                .send(.begin(view: 3, step: 0), to: 2)))
    }

    /// A member computes what the beginning says it has, if it has something else.
    @Test func whatTheBeginningSaysCounts() {
        var node = Reduction(node: 2, applied: 0, settings: ReductionSettings(samples: 80, batch: 8, chunks: 1))
        _ = node.onView(Self.pair, at: 0)
        let begin = ReductionMessage.begin(view: 1, step: 0, [Contribution(2, RangeSet(1..<3))])
        let positions = RangeSet([1..<3, 5..<8])
        #expect(
            node.onMessage(begin, from: 1, at: 0).contains(
                .engine(.compute(view: 1, step: 0, positions: positions, isAdded: false))))
        _ = node.onGradient(view: 1, step: 0, computeTime: 1, at: 1)
        #expect(
            node.onView(View(number: 2, members: [1, 2], links: [Link(1, 2)]), at: 2).contains(
                .send(.ready(view: 2, applied: 0, [Contribution(2, positions)]), to: 1)))
        // Nothing is said of it.
        #expect(
            node.onMessage(.begin(view: 2, step: 0), from: 1, at: 3).contains(
                .engine(.compute(view: 2, step: 0, positions: RangeSet(4..<8), isAdded: false))))
    }

    /// Places are counted over the ranges of a set.
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func placesOfASet(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let all = (0..<40).filter { _ in random.once(in: 2) }
        let set = all.reduce(into: RangeSet<Int>()) { $0.insert(contentsOf: $1..<$1 + 1) }
        #expect(set.count == all.count && RangeSet(bounds: set.bounds) == set)
        let first = random.int(0...all.count)
        let last = random.int(first...all.count)
        #expect(set.positions(at: first..<last).ranges.flatMap(Array.init) == Array(all[first..<last]))
        #expect(RangeSet<Int>(bounds: [1]) == nil && RangeSet<Int>(bounds: [2, 2]) == nil)
    }

    /// What a halted node has it keeps, and does nothing with it until it may go on.
    @Test func haltedNodeKeepsItsGradient() {
        var (node, _) = Self.root(steps: 0, other: 0, rates: [:])
        #expect(node.onHalt(at: 0) == [])
        let late = ReductionMessage.partial(view: 1, step: 0, chunk: 0, ComputeTimes(least: 1, greatest: 1))
        #expect(node.onMessage(late, from: 2, at: 1) == [])
        #expect(node.onGradient(view: 1, step: 0, computeTime: 5, at: 5) == [])
        // The timer of the beginning is still armed, and comes too early.
        #expect(node.onProceed(at: 10) == [])
        #expect(node.onWake(at: 200_000_000) == [.wake(at: 200_000_010)])
        #expect(
            node.onWake(at: 200_000_010).first == .send(.missing(view: 1, step: 0, .partial([0])), to: 2))
        #expect(node.onMessage(late, from: 2, at: 300_000_000).contains(.engine(.apply(step: 0, samples: 8))))
    }

    /// A member that has fallen behind what others retain is told once, however far it is behind.
    @Test func whoIsTooFarBehindIsToldSo() {
        var node = Reduction(node: 1, applied: 1 << 60, settings: ReductionSettings(samples: 8, batch: 8))
        _ = node.onView(Self.pair, at: 0)
        #expect(
            node.onMessage(.ready(view: 1, applied: 0), from: 2, at: 0)
                == [.send(.gone(view: 1, before: 1 << 60), to: 2)])
        var other = Reduction(node: 2, applied: 0, settings: ReductionSettings(samples: 8, batch: 8))
        _ = other.onView(Self.pair, at: 0)
        #expect(other.onMessage(.gone(view: 1, before: 1 << 60), from: 1, at: 0) == [.lost])
    }

    /// Where the links do not join the members no step begins.
    @Test func viewInPartsDoesNotBegin() {
        let view = View(number: 1, members: [1, 2, 3], links: [Link(1, 2)])
        for id in view.members {
            var node = Reduction(node: id, applied: 0, settings: ReductionSettings(samples: 8, batch: 8))
            var actions = node.onView(view, at: 0)
            actions += node.onMessage(.ready(view: 1, applied: 0), from: 2, at: 0)
            #expect(!actions.contains { if case .engine(.begun) = $0 { true } else { false } })
        }
    }
}
