import ChaosModel
import Testing

@testable import ChaosProtocol

/// Each stored property of the types of replication, spoiled alone: the sentence that breaks is the one that speaks of it.
struct ReplicationInvariantTests {
    /// - Parameter spoils: by the sentence that breaks.
    static func check<Value: SelfChecking>(_ sound: Value, _ spoils: [(String, (inout Value) -> Void)]) {
        #expect(sound.brokenSentence == nil)
        for (sentence, spoil) in spoils {
            var value = sound
            spoil(&value)
            #expect(value.brokenSentence == sentence)
        }
    }

    /// One that pulls, with ten shards on the way from each of two neighbours.
    static let pulling = PullScene().receiver

    static func transfer() throws -> Transfer { try #require(pulling.transfer) }

    static func plan() throws -> PullPlan {
        guard case .pulling(let plan, _) = pulling.state else { throw Unexpected() }
        return plan
    }

    struct Unexpected: Error {}

    // MARK: The receiver

    @Test func receiver() throws {
        let (plan, transfer) = (try Self.plan(), try Self.transfer())
        let wrongPlan = PullPlan(solved: plan.solved, nodes: [1])
        Self.check(
            Self.pulling,
            [
                ("A node has no link to itself.", { $0.links.insert(9) }),
                ("What is measured is in its range.", { $0.qualities[1] = LinkQuality(bandwidth: 0) }),
                ("Views are numbered from 1 on.", { $0.latestView = -1 }),
                ("A node that has seen no view is in none.", { $0.latestView = 0 }),
                ("An admission is that of a view.", { $0.spent = 3 }),
                ("An admission is that of a view.", { $0.spent = -1 }),
                (
                    "A word of a snapshot is kept while it may be of use.",
                    { $0.announcements[7] = .init(admitted: 2, begun: 2, step: 5) }
                ),
                ("Attempts with a plan are attempts.", { $0.failures.withPlan = 1 }),
                ("A learner pulls for its admission.", { $0.role = .outside }),
                ("A learner pulls for its admission.", { $0.role = .learner(admitted: 1) }),
                ("An admission that came to nothing is not pulled for.", { $0.spent = 2 }),
                ("A transfer has the neighbours of its plan.", { $0.state = .pulling(wrongPlan, transfer) }),
                ("A transfer is looked after.", { $0.armed = nil }),
                ("Nothing fails before it is begun.", { ($0.state, $0.failures.count) = (.idle, 1) }),
                ("A rest follows a failure.", { $0.state = .resting(until: 1) }),
                ("A rest has an end.", { ($0.state, $0.failures.count, $0.armed) = (.resting(until: 1), 1, 2) }),
                ("A snapshot is waited for under an admission.", { $0.state = .planned(plan, waitingSince: nil) }),
                (
                    "A snapshot is waited for under an admission.",
                    { ($0.state, $0.role) = (.planned(plan, waitingSince: 1), .outside) }
                ),
                ("A wait has an end.", { ($0.state, $0.armed) = (.planned(plan, waitingSince: 1), nil) }),
                (
                    "plan: A plan has the neighbours of its instance.",
                    { $0.state = .planned(wrongPlan, waitingSince: 1) }
                ),
                ("A state has come by a transfer that has finished.", { $0.state = .complete(from: [1], begun: 1) }),
                (
                    "Success ends the count of failures.",
                    {
                        $0.enter(.complete(from: [1], begun: 1))
                        $0.failures.count = 1
                    }
                ),
                ("An enquiry has an end if there is anybody to ask.", { $0.state = .asking(Enquiry()) }),
            ])
        // The transfer and the plan in hand are looked at too.
        var late = transfer
        late.figures.repeats = -1
        Self.check(
            Self.pulling,
            [
                ("transfer: No figure is negative.", { $0.state = .pulling(plan, late) })
            ])
    }

    @Test func enquiry() {
        var receiver = ReceiverTests.receiver([1, 2])
        _ = receiver.onMessage(ReceiverTests.offer(1), from: 1, at: 5)
        Self.check(
            receiver,
            [
                ("An enquiry with an end is looked at again.", { $0.armed = nil }),
                ("Who is asked has a link.", { $0.withEnquiry { enquiry, _ in enquiry.noteAsked(3, at: 5) } }),
                (
                    "enquiry: A round trip is in its range.",
                    { receiver in
                        let offer = receiver.enquiryAtHand?.questions[1]?.answer
                        guard case .offer(let offer, _)? = offer else { return }
                        receiver.withEnquiry { enquiry, _ in
                            enquiry.questions[1]?.answer = .offer(offer, roundTrip: -1)
                        }
                    }
                ),
            ])
        Self.check(
            receiver.enquiryAtHand ?? Enquiry(),
            [
                ("Nobody is asked before the end is known.", { $0.span = nil })
            ])
    }

    // MARK: The transfer

    @Test func transfer() throws {
        Self.check(
            try Self.transfer(),
            [
                ("Every neighbour has its place.", { $0.sources.removeLast() }),
                ("Every neighbour has its figures.", { $0.figures.neighbors[1] = nil }),
                ("Both sets of shards are of one state.", { $0.arrived = ShardSet(capacity: 21) }),
                (
                    "The shards make the state.",
                    {
                        $0.arrived = ShardSet(capacity: 21)
                        $0.agreement = DigestAgreement(parts: [21], rangeLength: 1)
                    }
                ),
                ("What waits for its digest has come.", { $0.unverified[0] = (Digest(words: [0, 0, 0, 0]), 0) }),
                ("What has come is verified or waits for that.", { $0.arrived.insert(0) }),
                ("What has come is verified or waits for that.", { $0.agreement.verified = 1 }),
                (
                    "What is missing is asked for, or there is to be a replan.",
                    { $0.sources[0].condition = .idle(.stalled) }
                ),
                ("What nobody is to send is left by a plan that is void.", { $0.unassigned.append(0..<1) }),
                ("What is asked of others than was planned is missing.", { $0.diverted = Set(0...20) }),
                (
                    "What was given is the first plan.", { ($0.course.isGiven, $0.figures.replans) = (true, 1) }
                ),
                ("A transfer that goes on has not finished.", { $0.figures.finished = 1 }),
                ("No figure is negative.", { $0.figures.bytesTwice = -1 }),
                ("No figure is negative.", { $0.figures.repeats = -1 }),
                ("No figure is negative.", { $0.figures.replans = -1 }),
                ("No figure is negative.", { $0.figures.doubled = -1 }),
                (
                    "What has come is counted.",
                    {
                        $0.arrived.insert(0)
                        $0.unverified[0] = (Digest(words: [0, 0, 0, 0]), 0)
                    }
                ),
                ("All actions are handed over.", { $0.actions.append(.join) }),
                ("Who is asked for shards has the snapshot.", { $0.sources[0].announced = nil }),
                ("Who is asked for shards has the snapshot.", { $0.sources[0].announced = 6 }),
                (
                    "No neighbour is asked for too much.",
                    { transfer in
                        transfer.sources[0].change { work in
                            work.inFlight = (0..<1025).map { .init(shard: $0, sentAt: 0) }
                        }
                    }
                ),
                ("neighbour 1: What is on the way has been asked for.", { $0.sources[0].asked = 9 }),
                ("arrived: There is a bit for each shard.", { $0.arrived.words.removeLast() }),
                ("agreement: Each range that was opened is open or closed.", { $0.agreement.closed = 7 }),
            ])
    }

    @Test func transferSource() throws {
        Self.check(
            try Self.transfer().sources[0],
            [
                ("What is on the way has been asked for.", { $0.asked = 9 }),
                ("Pulls are in the order of their sending.", { $0.change { $0.inFlight[9].sentAt = 0 } }),
                ("A pull is sent again after it was sent.", { $0.change { $0.repeatAt = $0.inFlight[0].sentAt } }),
                (
                    "Who has something to be asked for is not unused.",
                    {
                        $0.unusedSince = 0
                        $0.change { $0.queue.append(0..<1) }
                    }
                ),
                ("Repeats are counted.", { $0.change { $0.repeats = -1 } }),
                ("A bandwidth is in its range.", { $0.monitored = 0 }),
                ("queue: A queue without runs is empty.", { $0.change { $0.queue.count = 1 } }),
            ])
    }

    @Test func digestAgreement() throws {
        var agreement = DigestAgreement(parts: [8, 0, 12], rangeLength: 8)
        #expect(agreement.starts == [0, 8, 16])
        #expect((0..<20).map(agreement.range) == (0..<20).map { $0 / 8 })
        #expect(agreement.openMore(upTo: 2) == 0..<2)
        agreement.noteAsked(0, about: 8..<16, of: 1, 5)
        let digest = Digest(words: [0, 0, 0, 0])
        Self.check(
            agreement,
            [
                ("Each range that was opened is open or closed.", { $0.nextRange = 3 }),
                ("Each range that was opened is open or closed.", { $0.closed = 1 }),
                (
                    "No range lies beyond the last.",
                    {
                        $0.nextRange = 4
                        $0.closed = 2
                    }
                ),
                ("What is verified was opened.", { $0.open[0]?.verified = 1 }),
                ("Only open ranges are restless.", { $0.restless.insert(2) }),
                (
                    "Ranges are opened in their order.",
                    {
                        $0.open[2] = $0.open[0]
                        $0.open[0] = nil
                        $0.restless = []
                    }
                ),
                (
                    "In an open range something is missing.",
                    {
                        $0.open[0]?.verified = 8
                        $0.verified = 8
                    }
                ),
                (
                    "In a range at rest nothing is undecided.",
                    {
                        $0.open[0]?.undecided = [3]
                        $0.restless = []
                    }
                ),
                ("What is undecided is in its range.", { $0.open[0]?.undecided = [8] }),
                (
                    "An opinion is on each shard of its run.",
                    { $0.open[1]?.opinions.append(.init(source: 0, run: 8..<10, digests: [digest])) }
                ),
                (
                    "An opinion is on each shard of its run.",
                    { $0.open[1]?.opinions.append(.init(source: 0, run: 7..<8, digests: [digest])) }
                ),
                (
                    "Who is asked again was asked before.",
                    { $0.open[1]?.asked[0] = .init(run: 8..<16, first: 5, last: 4) }
                ),
            ])
    }

    // MARK: Shards and plans

    @Test func shardSet() {
        var set = ShardSet(capacity: 70)
        set.insert(3)
        Self.check(
            set,
            [
                ("A set has no more shards than there are.", { $0.count = 71 }),
                ("A set has no more shards than there are.", { $0.count = -1 }),
                ("There is a bit for each shard.", { $0.words.removeLast() }),
            ])
        #expect(
            ShardSet(capacity: MessageLimits.shards + 1).brokenSentence
                == "A state has no more shards than allowed.")
    }

    @Test func shardQueue() {
        var queue = ShardQueue()
        queue.append(0..<3)
        queue.append(5..<6)
        Self.check(
            queue,
            [
                ("What is taken was there.", { $0.head = 3 }),
                (
                    "What is taken was there.",
                    {
                        $0.runs = []
                        $0.head = 1
                    }
                ),
                ("Each run that is left has a shard at least.", { $0.count = 1 }),
                ("A queue without runs is empty.", { $0.head = 2 }),
            ])
    }

    @Test func solvedInstance() throws {
        let solved = try Self.plan().solved
        func dealt(_ counts: [Int], shardSize: Int = PullScene.shardSize) -> SolvedInstance {
            SolvedInstance(
                ShardAssignment(shardSize: shardSize, counts: counts, makespan: .zero), of: solved.instance,
                isOptimal: false, algorithm: "by hand")
        }
        #expect(solved.brokenSentence == nil)
        #expect(dealt([15, 5]).brokenSentence == nil)
        #expect(dealt([19, 2]).brokenSentence == "The shards make the state.")
        #expect(dealt([10, 10], shardSize: 999).brokenSentence == "The shards make the state.")
        #expect(
            PullPlan(solved: solved, nodes: [1, 2, 3]).brokenSentence
                == "A plan has the neighbours of its instance.")
    }

    // MARK: The server

    @Test func server() {
        var server = ServerTests.server(ServingPolicy(audience: .only([7, 8]), mostBytes: 700, mostSnapshots: 1))
        _ = server.onView(ServerTests.view, at: 0)
        _ = server.onBegun(ServerTests.view, step: 5, at: 0)
        _ = server.onMessage(ServerTests.pull(0), from: 7, at: 3)
        Self.check(
            server,
            [
                ("A node has no link to itself.", { $0.links.insert(1) }),
                ("What is measured is in its range.", { $0.qualities[7] = LinkQuality(roundTrip: -1) }),
                ("A time is in its range.", { $0.ready = -1 }),
                ("No more stay than are learners.", { $0.view = View(number: 3, members: [1, 2]) }),
                (
                    "A stay is that of a learner.",
                    {
                        $0.view = View(
                            number: 3, members: [1, 2], learners: [.init(7, admitted: 3), .init(8, admitted: 3)])
                    }
                ),
                (
                    "Only those are served that the policy allows.",
                    {
                        $0.view = View(
                            number: 3, members: [1, 2], learners: [.init(7, admitted: 2), .init(9, admitted: 2)])
                        $0.stays[9] = $0.stays.removeValue(forKey: 8)
                    }
                ),
                ("No more is served than the policy allows.", { $0.stays[7]?.servedBytes = 701 }),
                ("No more snapshots are held than the policy allows.", { $0.stays[7]?.snapshot = .pulled(step: 6) }),
                ("A word that is due is sent.", { $0.armed = nil }),
                ("A word that is due is sent.", { $0.stays[8]?.snapshot = .announced(step: 5, againAt: 11) }),
            ])
    }
}

extension Receiver {
    fileprivate var enquiryAtHand: Enquiry? { if case .asking(let enquiry) = state { enquiry } else { nil } }
}

extension TransferSource {
    /// Spoils what it is to send.
    fileprivate mutating func change(_ spoil: (inout Work) -> Void) {
        guard case .serving(var work) = condition else { return }
        spoil(&work)
        condition = .serving(work)
    }
}
