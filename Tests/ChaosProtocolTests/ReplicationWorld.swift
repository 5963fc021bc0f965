import ChaosModel
import ChaosProtocol

/// A cluster round receivers and servers, in virtual time: a network that may lose, repeat and delay, views that are
/// decided at once, and states of which only the digests exist.
///
/// Each member sends to each joiner over a line of its own: one message after the other, of a shard as long as the model
/// says. Promises are checked at every action.
struct ReplicationWorld {
    typealias Fault = ReplicationScenario.Fault

    private enum Event {
        case toMember(Int, ReplicationMessage, from: NodeID)
        case toJoiner(NodeID, ReplicationMessage, Payload?, from: NodeID)
        case wakeMember(Int)
        case wakeJoiner(NodeID)
        case start(NodeID)
        case link(NodeID, member: Int, isUp: Bool)
        case admit(NodeID)
        case view(View, at: NodeID)
        case begun(View, step: Int, member: Int)
        case fault(Int, Fault)
        case unmute(Int)
        case crash(NodeID)
    }

    /// A line from a member to a joiner: when the run of messages at hand began, and what it has carried since.
    private struct Line {
        var start = 0
        var overhead = 0
        var bytes = 0
        var end = 0
        /// When what has been asked for will be there, so that it is not sent twice because it is asked for twice.
        var waiting: [Item: Int] = [:]

        struct Item: Hashable {
            let step: Int
            let shard: Int
        }

        mutating func send(bytes: Int, overhead: Int, bandwidth: Int, _ now: Int) -> Int {
            if now > end { (start, self.overhead, self.bytes) = (now, 0, 0) }
            self.overhead += overhead
            self.bytes += bytes
            let time = CompletionTime.affine(1, self.bytes, start: start, overhead: self.overhead, bandwidth: bandwidth)
            end = Int(time.nanoseconds) + (time.isWhole ? 0 : 1)
            return end
        }
    }

    struct Joiner {
        var receiver: Receiver
        var isAlive = true
        var wake: Int?
        /// Of the attempt at hand.
        var step: Int?
        var shardSize = 0
        var written: [Int: Digest] = [:]
        /// To whom each shard's pulls went.
        var pulls: [Int: [Int]] = [:]
        var isComplete = false
        var abandoned: [Receiver.Failure] = []
        var suspected: [NodeID: Receiver.Suspicion] = [:]
        var plans: [(Instance, Plan, isReplan: Bool)] = []
        var admittedBy: Int?
    }

    let scenario: ReplicationScenario
    private var random: Noise
    private var servers: [Server]
    private var memberWakes: [Int?]
    private var slowness: [Int]
    private(set) var isDead: [Bool]
    private var isMute: [Bool]
    /// Members that have ever been hit by a fault or are not what they seem, so that a second pull of a shard is right.
    private var isFaulty: [Bool]
    private var lines: [NodeID: [Line]] = [:]
    private var held: [Set<Int>]
    private(set) var joiners: [NodeID: Joiner] = [:]
    private var view: View
    /// The step with which the members begin under each view.
    private var stepsByView: [Int: Int] = [:]
    private var events: [(time: Int, order: Int, event: Event)] = []
    private var order = 0
    private(set) var now = 0
    private var hasFaultsScheduled = false
    /// Pulls on the way to a member or answers on the way from it.
    private(set) var outstanding: [[Int: Int]]
    /// What was outstanding at a member when it crashed.
    private(set) var outstandingAtCrash: [Int: Int] = [:]
    private(set) var pullsSent = 0
    private(set) var broken: [String] = []
    private(set) var log: [String] = []
    private let keepsLog: Bool

    /// A generator that is not that of the scenario, so that the network's noise leaves the scenario as it is.
    private struct Noise {
        var state: UInt64
        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return bound <= 0 ? 0 : Int(state >> 33) % bound
        }
    }

    static let firstJoiner: NodeID = 101

    init(
        _ scenario: ReplicationScenario, seed: UInt64 = 1, defect: PlantedDefect? = nil, plan: Plan? = nil,
        keepsLog: Bool = false
    ) {
        self.scenario = scenario
        self.keepsLog = keepsLog
        random = Noise(state: seed)
        let ids = scenario.members.indices.map { NodeID(UInt64($0 + 1)) }
        view = View(number: 1, members: ids)
        servers = zip(ids, scenario.members).map { id, member in
            let policy = ServingPolicy(
                audience: member.isRefusing ? .only([]) : .everyone, mostBytes: member.limit,
                overhead: member.overhead, mostSnapshots: 3)
            let bytes = member.character == .otherSize ? scenario.stateBytes + 1 : scenario.stateBytes
            return Server(node: id, stateBytes: bytes, policy: policy, retry: 500_000_000, defect: defect)
        }
        let count = scenario.members.count
        memberWakes = Array(repeating: nil, count: count)
        slowness = scenario.members.map(\.slowness)
        isDead = Array(repeating: false, count: count)
        isMute = isDead
        // With few requests in flight every member is slower than it offers.
        isFaulty = scenario.members.map {
            $0.character != .honest || $0.slowness != 1 || !$0.offersMeasurements || scenario.settings.mostInFlight < 5
        }
        held = Array(repeating: [], count: count)
        outstanding = Array(repeating: [:], count: count)
        for k in 0..<scenario.joiners {
            let id = NodeID(Self.firstJoiner.rawValue + UInt64(k))
            joiners[id] = Joiner(
                receiver: Receiver(node: id, settings: scenario.settings, plan: plan, defect: defect))
            lines[id] = Array(repeating: Line(), count: count)
            schedule(k * scenario.secondStart, .start(id))
        }
        for i in servers.indices {
            carryOut(servers[i].onView(view, at: 0), by: i)
            let member = scenario.members[i]
            let quality =
                member.offersMeasurements
                ? LinkQuality(bandwidth: member.bandwidth, roundTrip: member.latency) : .unmeasured
            let qualities = Dictionary(uniqueKeysWithValues: joiners.keys.map { ($0, quality) })
            carryOut(servers[i].onMeasured(qualities, ready: member.ready, at: 0), by: i)
        }
    }

    var first: Joiner { joiners[Self.firstJoiner]! }

    // MARK: Running

    /// Runs until all joiners that live are members and nothing is left to come, or the time is up.
    mutating func run(until end: Int = 600_000_000_000) {
        while let next = events.first, next.time <= end, broken.isEmpty {
            events.removeFirst()
            now = next.time
            handle(next.event)
            let isOver = joiners.values.allSatisfy { $0.isComplete || !$0.isAlive }
            // What the last view causes is awaited.
            if isOver, events.allSatisfy({ if case .view = $0.event { false } else { true } }) { break }
        }
        conclude()
    }

    private mutating func conclude() {
        for joiner in joiners.values where joiner.isAlive && !joiner.isComplete {
            broken.append("joiner \(joiner.receiver.node) is not complete: \(joiner.receiver.phase)")
        }
        guard broken.isEmpty else { return }
        for i in servers.indices where !isDead[i] && !held[i].isEmpty {
            broken.append("member \(i + 1) still holds snapshots \(held[i].sorted())")
        }
    }

    private mutating func schedule(_ time: Int, _ event: Event) {
        order += 1
        var place = events.count
        while place > 0, events[place - 1].time > time { place -= 1 }
        events.insert((time, order, event), at: place)
    }

    private mutating func say(_ line: @autoclosure () -> String) {
        if keepsLog { log.append("\(Double(now) / 1e6) ms  \(line())") }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .toMember(let i, let message, let joiner):
            guard !isDead[i], !isMute[i] else { return }
            say("\(joiner) -> \(i + 1): \(message)")
            carryOut(servers[i].onMessage(message, from: joiner, at: now), by: i)
        case .toJoiner(let id, let message, let payload, let member):
            let i = Int(member.rawValue) - 1
            if case .shard = message { outstanding[i][0, default: 0] -= 1 }
            guard !isDead[i], !isMute[i] else { return }
            say("\(member) -> \(id): \(message)")
            let inHand = payload.map { (message, $0) }
            act(id, inHand) { $0.onMessage(message, payload: payload, from: member, at: $1) }
        case .wakeMember(let i):
            guard !isDead[i], memberWakes[i] == now else { return }
            carryOut(servers[i].onWake(at: now), by: i)
        case .wakeJoiner(let id):
            guard joiners[id]?.wake == now else { return }
            act(id) { $0.onWake(at: $1) }
        case .start(let id):
            act(id) { $0.onStart(at: $1) }
            for i in servers.indices where !isDead[i] { setLink(id, i, isUp: true) }
        case .link(let id, let i, let isUp): setLink(id, i, isUp: isUp)
        case .admit(let id):
            guard joiners[id]!.isAlive else { return }
            joiners[id]!.admittedBy = view.number + 1
            let others = view.learners.filter { $0.node != id }
            decide(learners: others + [View.Learner(id, admitted: view.number + 1)])
        case .view(let view, let id):
            if id.rawValue < Self.firstJoiner.rawValue {
                let i = Int(id.rawValue) - 1
                if !isDead[i] { carryOut(servers[i].onView(view, at: now), by: i) }
            } else {
                act(id) { $0.onView(view, at: $1) }
            }
        case .begun(let view, let step, let i):
            guard !isDead[i] else { return }
            carryOut(servers[i].onBegun(view, step: step, at: now), by: i)
        case .fault(let i, let fault): happen(fault, to: i)
        case .unmute(let i): isMute[i] = false
        case .crash(let id):
            joiners[id]?.isAlive = false
            for i in servers.indices where !isDead[i] { setLink(id, i, isUp: false) }
            decide(learners: view.learners.filter { $0.node != id })
        }
    }

    private mutating func setLink(_ id: NodeID, _ i: Int, isUp: Bool) {
        if isUp, isDead[i] { return }
        if !isDead[i] { carryOut(servers[i].onLink(to: id, isUp: isUp, at: now), by: i) }
        act(id) { $0.onLink(to: NodeID(UInt64(i + 1)), isUp: isUp, at: $1) }
    }

    private mutating func happen(_ fault: Fault, to i: Int) {
        guard !isDead[i] else { return }
        say("fault at \(i + 1): \(fault)")
        isFaulty[i] = true
        switch fault {
        case .crash(let delay):
            isDead[i] = true
            outstandingAtCrash[i] = outstanding[i][0, default: 0]
            for id in joiners.keys.sorted() { schedule(now + delay, .link(id, member: i, isUp: false)) }
            decide(learners: view.learners)
        case .mute(let duration):
            isMute[i] = true
            schedule(now + duration, .unmute(i))
        case .cut(let duration):
            for id in joiners.keys.sorted() {
                setLink(id, i, isUp: false)
                schedule(now + duration, .link(id, member: i, isUp: true))
            }
        case .slow(let factor): slowness[i] = factor
        case .close:
            dropShards(from: i) { _ in true }
            for id in joiners.keys.sorted() { act(id) { $0.onPullsLost(from: NodeID(UInt64(i + 1)), at: $1) } }
        }
    }

    /// A new view, which everyone learns of within a few milliseconds, and a step begun under it.
    private mutating func decide(learners: [View.Learner], newMember: NodeID? = nil) {
        let alive = servers.indices.filter { !isDead[$0] }.map { servers[$0].node }
        let joined = view.members.filter { $0 >= Self.firstJoiner } + (newMember.map { [$0] } ?? [])
        view = View(number: view.number + 1, members: alive + joined, learners: learners)
        let step = view.number * 10
        stepsByView[view.number] = step
        for i in servers.indices where !isDead[i] {
            let installed = now + random.below(scenario.isTidy ? 1 : 3_000_000)
            schedule(installed, .view(view, at: servers[i].node))
            let begun = max(installed, now + scenario.members[i].ready)
            schedule(begun, .begun(view, step: step, member: i))
        }
        for id in joiners.keys.sorted() where joiners[id]!.isAlive {
            schedule(now + random.below(scenario.isTidy ? 1 : 3_000_000), .view(view, at: id))
        }
    }

    // MARK: What members do

    private func digest(of shard: Int, _ size: Int, step: Int, asSaidBy i: Int) -> Digest {
        func content(_ tag: UInt64) -> Digest {
            Digest(words: [UInt64(step), UInt64(size), UInt64(shard), tag])
        }
        switch scenario.members[i].character {
        case .wrongDigests(let every) where shard % every == 0: return content(UInt64(i + 1))
        case .wrongState: return content(UInt64(i + 1))
        default: return content(0)
        }
    }

    private func payload(of shard: Int, _ size: Int, step: Int, from i: Int) -> Payload {
        var digest = Digest(words: [UInt64(step), UInt64(size), UInt64(shard), 0])
        switch scenario.members[i].character {
        case .wrongShards(let every) where shard % every == 0, .wrongDigests(let every) where every == 0:
            digest = Digest(words: [0, 0, UInt64(shard), UInt64(i + 1)])
        case .wrongState: digest = self.digest(of: shard, size, step: step, asSaidBy: i)
        default: break
        }
        return Payload(bytes: min(size, servers[i].stateBytes - shard * size), digest: digest)
    }

    private mutating func carryOut(_ actions: [Server.Action], by i: Int) {
        for action in actions {
            switch action {
            case .wake: break
            default: say("  \(i + 1): \(action)")
            }
            switch action {
            case .send(let message, let joiner):
                var message = message
                if case .snapshot(let admitted, let begun, let step) = message,
                    scenario.members[i].character == .otherStep
                {
                    message = .snapshot(admitted: admitted, begun: begun, step: step + 1)
                }
                if case .gone(let step) = message, scenario.members[i].character == .otherStep {
                    message = .gone(step: step + 1)
                }
                transmit(to: joiner, message, nil, from: i, at: now)
            case .takeSnapshot(let step): held[i].insert(step)
            case .freeSnapshot(let step):
                if held[i].remove(step) == nil { broken.append("member \(i + 1) frees a snapshot it has not") }
                dropShards(from: i) { $0 == step }
            case .sendShard(let step, let size, let shard, let joiner):
                guard held[i].contains(step) else {
                    broken.append("member \(i + 1) sends a shard of step \(step), which it has freed")
                    continue
                }
                sendShard(step, size, shard, to: joiner, from: i)
            case .sendDigests(let step, let size, let first, let count, let joiner):
                guard held[i].contains(step) else {
                    broken.append("member \(i + 1) sends digests of step \(step), which it has freed")
                    continue
                }
                let told = step + (scenario.members[i].character == .otherStep ? 1 : 0)
                let digests = (first..<first + count).map { digest(of: $0, size, step: told, asSaidBy: i) }
                let message = ReplicationMessage.digests(step: told, shardSize: size, first: first, digests)
                transmit(to: joiner, message, nil, from: i, at: now)
            case .wake(let time):
                memberWakes[i] = time
                schedule(time, .wakeMember(i))
            case .refused(let fault, let joiner): broken.append("member \(i + 1) refuses what \(joiner) sent: \(fault)")
            }
        }
    }

    /// Of the steps that are to be dropped nothing that is on the way arrives.
    private mutating func dropShards(from i: Int, where isDropped: (Int) -> Bool) {
        let told = scenario.members[i].character == .otherStep ? 1 : 0
        events.removeAll { _, _, event in
            guard case .toJoiner(let joiner, .shard(let step, _, _), _, from: servers[i].node) = event,
                isDropped(step - told)
            else { return false }
            lines[joiner]![i] = Line()
            outstanding[i][0, default: 0] -= 1
            return true
        }
        for joiner in lines.keys {
            lines[joiner]![i].waiting = lines[joiner]![i].waiting.filter { !isDropped($0.key.step) }
        }
    }

    private mutating func sendShard(_ step: Int, _ size: Int, _ shard: Int, to joiner: NodeID, from i: Int) {
        let member = scenario.members[i]
        let told = step + (member.character == .otherStep ? 1 : 0)
        let item = Line.Item(step: step, shard: shard)
        if lines[joiner]![i].waiting[item, default: -1] > now {
            outstanding[i][0, default: 0] -= 1
            return
        }
        let arrival = lines[joiner]![i].send(
            // The model charges the last shard in full.
            bytes: size, overhead: member.overhead, bandwidth: max(1, member.bandwidth / slowness[i]), now)
        lines[joiner]![i].waiting[item] = arrival
        transmit(
            to: joiner, .shard(step: told, shardSize: size, shard: shard),
            payload(of: shard, size, step: told, from: i), from: i, at: arrival)
    }

    private mutating func transmit(
        to joiner: NodeID, _ message: ReplicationMessage, _ payload: Payload?, from i: Int, at time: Int
    ) {
        if random.below(1000) < scenario.loss { return }
        for _ in 0...(random.below(1000) < scenario.repetition ? 1 : 0) {
            schedule(
                time + random.below(scenario.lateness), .toJoiner(joiner, message, payload, from: servers[i].node))
        }
    }

    // MARK: What joiners do

    private mutating func act(
        _ id: NodeID, _ inHand: (ReplicationMessage, Payload)? = nil,
        _ event: (inout Receiver, Int) -> [Receiver.Action]
    ) {
        guard joiners[id]?.isAlive == true else { return }
        for action in event(&joiners[id]!.receiver, now) {
            if case .wake = action {} else { say("  \(id): \(action)") }
            carryOut(action, of: id, inHand)
        }
    }

    private mutating func carryOut(
        _ action: Receiver.Action, of id: NodeID, _ inHand: (ReplicationMessage, Payload)?
    ) {
        switch action {
        case .send(let message, let peer): send(message, to: Int(peer.rawValue) - 1, of: id)
        case .wake(let time):
            joiners[id]!.wake = time
            schedule(time, .wakeJoiner(id))
        case .solved(let instance, let plan):
            joiners[id]!.plans.append((instance, plan, false))
            joiners[id]!.shardSize = plan.shardSize
        case .replanned(let instance, let plan): joiners[id]!.plans.append((instance, plan, true))
        case .join, .lost: schedule(now + scenario.admission, .admit(id))
        case .begin(let step, let bytes):
            if bytes != scenario.stateBytes { broken.append("begins with \(bytes) bytes") }
            joiners[id]!.step = step
            joiners[id]!.written = [:]
            joiners[id]!.pulls = [:]
            if id == Self.firstJoiner, !hasFaultsScheduled {
                hasFaultsScheduled = true
                let makespan = joiners[id]!.receiver.figures?.planned ?? 0
                for (part, member, fault) in scenario.faults {
                    schedule(now + makespan * part / 1000, .fault(member, fault))
                }
            }
            if id != Self.firstJoiner, let crash = scenario.secondCrash { schedule(now + crash, .crash(id)) }
        case .write(let shard, let size, let bytes):
            guard case (.shard(_, size, shard), let payload)? = inHand, payload.bytes == bytes else {
                broken.append("writes shard \(shard) without having it in hand")
                return
            }
            joiners[id]!.written[shard] = payload.digest
        case .suspect(let peer, let suspicion):
            joiners[id]!.suspected[peer] = suspicion
            if scenario.members[Int(peer.rawValue) - 1].character == .honest {
                broken.append("\(id) suspects \(peer), which is honest: \(suspicion)")
            }
        case .leftOut(let peer, _, _):
            if scenario.members[Int(peer.rawValue) - 1].character != .otherSize {
                broken.append("\(id) leaves \(peer) out")
            }
        case .abandoned(let failure): joiners[id]!.abandoned.append(failure)
        case .unserved, .planRefused: break
        case .complete(let step, _): complete(id, step)
        case .refused(let fault, let peer): broken.append("\(id) refuses what \(peer) sent: \(fault)")
        }
    }

    private func isRight(_ shard: Int, of joiner: Joiner) -> Bool {
        joiner.written[shard]
            == Digest(words: [UInt64(joiner.step ?? 0), UInt64(joiner.shardSize), UInt64(shard), 0])
    }

    private mutating func send(_ message: ReplicationMessage, to i: Int, of id: NodeID) {
        var message = message
        if case .pull(let step, let size, let shard) = message {
            pullsSent += 1
            outstanding[i][0, default: 0] += 1
            let joiner = joiners[id]!
            if isRight(shard, of: joiner) { broken.append("\(id) pulls shard \(shard), which is there and right") }
            let earlier = joiner.pulls[shard, default: []]
            let isTheEnd = joiner.pulls.count == (scenario.stateBytes - 1) / size + 1
            if scenario.isTidy, !earlier.isEmpty, !earlier.contains(where: { isFaulty[$0] }),
                !isTheEnd || earlier.contains(i)
            {
                broken.append("\(id) pulls shard \(shard) twice, and \(earlier.map { $0 + 1 }) did not fail")
            }
            joiners[id]!.pulls[shard, default: []].append(i)
            if scenario.members[i].character == .otherStep {
                message = .pull(step: step - 1, shardSize: size, shard: shard)
            }
        }
        if case .pullDigests(let step, let size, let first, let count) = message,
            scenario.members[i].character == .otherStep
        {
            message = .pullDigests(step: step - 1, shardSize: size, first: first, count: count)
        }
        if random.below(1000) < scenario.loss { return }
        for _ in 0...(random.below(1000) < scenario.repetition ? 1 : 0) {
            let arrival = now + scenario.members[i].latency + random.below(scenario.lateness)
            schedule(arrival, .toMember(i, message, from: id))
        }
    }

    private mutating func complete(_ id: NodeID, _ step: Int) {
        let joiner = joiners[id]!
        let shards = (scenario.stateBytes + joiner.shardSize - 1) / joiner.shardSize
        if let wrong = (0..<shards).first(where: { !isRight($0, of: joiner) }) {
            broken.append(
                "\(id) is complete, and shard \(wrong) is \(joiner.written[wrong].map { "\($0)" } ?? "not there")")
        }
        if step != joiner.step || !stepsByView.values.contains(step) {
            broken.append("\(id) is complete with step \(step), which no member began with")
        }
        joiners[id]!.isComplete = true
        decide(learners: view.learners.filter { $0.node != id }, newMember: id)
    }
}
