import ChaosModel
import ChaosProtocol
import ChaosTesting

/// What happens to one joiner or two that pull the state from a few members.
struct ReplicationScenario {
    enum Character: Hashable {
        case honest
        /// Its digests are right, every n-th of its shards is not.
        case wrongShards(every: Int)
        /// Every n-th of its digests is wrong, its shards are right.
        case wrongDigests(every: Int)
        /// Shards and digests are wrong alike.
        case wrongState
        /// It gives the state of another step, and says so.
        case otherStep
        /// It offers a state of another size.
        case otherSize
    }

    struct Member {
        var character = Character.honest
        /// Of the way to a joiner in bit/s, as offered; and what the offer says is divided by this when it sends.
        var bandwidth: Int
        var slowness = 1
        /// Of a request, in ns. What is sent takes no time beside its transmission.
        var latency: Int
        var ready = 0
        var overhead = 0
        var limit: Int?
        var offersMeasurements = true
        var isRefusing = false
        /// The run is to succeed because this one and its like stay as they are.
        var isReliable = true
    }

    enum Fault: Hashable {
        /// The process ends; its neighbours notice some ns later.
        case crash(noticedAfter: Int)
        /// Nothing that it sends or is sent arrives for some ns.
        case mute(Int)
        /// The link goes down and comes up again some ns later.
        case cut(Int)
        /// It sends that many times slower from now on.
        case slow(Int)
        /// The connections over which it sends shards close, and take along what is on the way; the joiners notice at once.
        case close
    }

    var members: [Member]
    var stateBytes: Int
    var joiners = 1
    /// From the request for an admission until the members decide it, in ns.
    var admission = 0
    /// The second joiner starts that much later than the first, in ns.
    var secondStart = 0
    /// The second joiner crashes that long after it has begun to pull.
    var secondCrash: Int?
    /// In thousandths.
    var loss = 0
    var repetition = 0
    /// The most that a message is late, in ns.
    var lateness = 0
    /// What happens to members, in thousandths of the first plan's makespan after the first joiner has begun to pull.
    var faults: [(at: Int, member: Int, Fault)] = []
    var settings = ReceiverSettings()

    var isTidy: Bool { loss == 0 && repetition == 0 && lateness == 0 }

    /// Of what is random about it.
    static func random(seed: UInt64) -> ReplicationScenario {
        var random = SeededRandom(seed: seed)
        let count = random.int(1...6)
        var members = (0..<count).map { _ in
            Member(
                bandwidth: random.int(1_000_000...50_000_000), latency: random.int(0...30_000_000),
                ready: random.once(in: 3) ? random.int(0...50_000_000) : 0,
                overhead: random.once(in: 3) ? random.int(0...1_000_000) : 0,
                offersMeasurements: !random.once(in: 6), isRefusing: false, isReliable: true)
        }
        var scenario = ReplicationScenario(members: members, stateBytes: random.int(1...100_000))
        scenario.settings.shardSizes = [1024, 2048, 8192]
        scenario.settings.isAuthenticated = seed % 2 == 0
        if random.once(in: 3) { scenario.settings.digestsAtOnce = random.int(1...10) }
        if random.once(in: 8) { scenario.settings.mostInFlight = random.int(1...4) }
        if random.once(in: 3) {
            scenario.loss = random.int(0...150)
            scenario.repetition = random.int(0...100)
            scenario.lateness = random.int(0...20_000_000)
        }
        if random.once(in: 4) {
            scenario.joiners = 2
            scenario.secondStart = random.int(0...1_000_000_000)
            if random.once(in: 2) { scenario.secondCrash = random.int(0...100_000_000) }
        }
        scenario.admission = [0, 1_000_000, 90_000_000, 400_000_000][Int(seed % 4)]
        // One liar at most, and then two others that stay; otherwise one that stays.
        let hasLiar = count >= 3 && random.once(in: 2)
        if hasLiar {
            members[count - 1].isReliable = false
            members[count - 1].character = random.element(of: [
                .wrongShards(every: random.int(1...5)), .wrongDigests(every: random.int(1...5)), .wrongState,
                .otherStep, .otherSize,
            ])
            members.swapAt(count - 1, random.int(0...count - 1))
        }
        var stable = members.indices.filter { members[$0].isReliable }
        let needed = hasLiar ? 2 : 1
        while stable.count > needed, random.once(in: 2) {
            let member = stable.remove(at: random.int(0...stable.count - 1))
            members[member].isReliable = false
            if random.once(in: 8) { members[member].isRefusing = true }
            if random.once(in: 6), scenario.isTidy {
                members[member].limit = random.int(0...scenario.stateBytes)
            }
            for _ in 0..<random.int(0...2) {
                let duration = random.int(1...10) * random.int(1_000_000...500_000_000)
                let fault: Fault = random.element(of: [
                    .crash(noticedAfter: random.int(0...1) * 500_000_000), .mute(duration), .cut(duration),
                    .slow(random.int(2...30)),
                ])
                scenario.faults.append((random.int(0...1000), member, fault))
            }
        }
        scenario.members = members
        return scenario
    }
}
