/// A member's side of replication: it serves learners with the state (`Receiver` is the other side).
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell holds the snapshots, computes digests and sends bytes.
///
/// **Offers.** Whoever asks is refused with a reason, or offered the terms of the `ServingPolicy` and of what is
/// measured.
///
/// **Snapshots.** When members begin to work under a view, each neighbour takes a snapshot for the learners that it
/// serves: the state before the step begun with. A *stay* is one admission of a learner; each gets one snapshot, and
/// learners whose stays begin at the same step share it. The learner is told, again and again until its first pull. A
/// snapshot is freed when the view shows that all its stays are over: the learner is gone, has become a member, or was
/// admitted anew. One whose learners cannot be reached goes when its memory is needed for others.
///
/// **Pulls** are answered one by one as they come, the same one twice if it comes twice. Nothing here waits for a
/// learner, so a slow one costs its snapshot's memory and nothing else. `gone` answers a pull of a snapshot that is not
/// there and one beyond the bytes that the policy allows.
public struct Server: Sendable {
    /// One admission of a learner.
    struct Stay: Sendable {
        enum Snapshot: Sendable {
            /// There was no memory for one.
            case none
            /// The learner is to be told of it, at this time again.
            case announced(step: Int, againAt: Int)
            /// The learner knows of it.
            case pulled(step: Int)
        }

        let admitted: Int
        /// The number of the view with whose beginning its snapshot was taken.
        let begun: Int
        var snapshot: Snapshot
        var servedBytes = 0

        var step: Int? {
            switch snapshot {
            case .none: nil
            case .announced(let step, _), .pulled(let step): step
            }
        }
    }

    public let node: NodeID
    /// The size of the state, 1 … 2^53 bytes.
    public let stateBytes: Int
    public let policy: ServingPolicy
    /// Between two words to a learner about its snapshot, in ns.
    public let retry: Int

    private let defect: PlantedDefect?
    var links: Set<NodeID> = []
    var qualities: [NodeID: LinkQuality] = [:]
    var ready = 0
    var view: View?
    var stays: [NodeID: Stay] = [:]
    /// The time that the shell has been told to wake this type.
    var armed: Int?
    private var actions: [Action] = []

    /// - Parameters:
    ///   - node: the id of this node.
    ///   - stateBytes: the size of a state.
    ///   - policy: whom it serves, and how much.
    ///   - retry: 1 ns or more.
    public init(node: NodeID, stateBytes: Int, policy: ServingPolicy = ServingPolicy(), retry: Int = 500_000_000) {
        self.init(node: node, stateBytes: stateBytes, policy: policy, retry: retry, defect: nil)
    }

    package init(node: NodeID, stateBytes: Int, policy: ServingPolicy, retry: Int, defect: PlantedDefect?) {
        precondition(
            (1...MessageLimits.stateBytes).contains(stateBytes), "a state has 1 … 2^53 bytes, not \(stateBytes)")
        precondition(policy.isInRange && retry > 0, "the policy is out of range: \(policy), retry \(retry)")
        self.node = node
        self.stateBytes = stateBytes
        self.policy = policy
        self.retry = retry
        self.defect = defect
    }

    /// The steps of the snapshots that are held, ascending.
    public var snapshots: [Int] { Set(stays.values.compactMap(\.step)).sorted() }

    /// Bytes of shards sent to a learner since it was admitted, repeated ones included.
    public func servedBytes(to learner: NodeID) -> Int { stays[learner]?.servedBytes ?? 0 }

    // MARK: Events

    public mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) -> [Action] {
        guard peer != node else { return [] }
        if isUp { links.insert(peer) } else { links.remove(peer) }
        return finish(now)
    }

    /// What is known of each link in the direction to the peer, and how long it takes from now until a snapshot could be
    /// there (the rest of a step and a copy of the state), in ns.
    public mutating func onMeasured(_ qualities: [NodeID: LinkQuality], ready: Int, at now: Int) -> [Action] {
        self.qualities = qualities.filter(\.value.isInRange)
        self.ready = min(max(0, ready), MessageLimits.greatestQuantity)
        return finish(now)
    }

    /// A view is installed; one that is older than the last is ignored. Cost: O(learners).
    public mutating func onView(_ view: View, at now: Int) -> [Action] {
        guard view.number > self.view?.number ?? 0 else { return [] }
        self.view = view
        let admissions = Dictionary(uniqueKeysWithValues: view.learners.map { ($0.node, $0.admitted) })
        let ended = stays.filter { admissions[$0.key] != $0.value.admitted }
        for learner in ended.keys { stays[learner] = nil }
        let kept = defect == .snapshotFreedTooEarly ? [] : Set(stays.values.compactMap(\.step))
        for step in Set(ended.values.compactMap(\.step)).subtracting(kept).sorted() {
            actions.append(.freeSnapshot(step: step))
        }
        return finish(now)
    }

    /// This member begins to work under a view, with the state before this step. Cost: O(learners).
    public mutating func onBegun(_ view: View, step: Int, at now: Int) -> [Action] {
        actions += onView(view, at: now)
        guard self.view?.number == view.number, view.role(of: node) == .member else { return finish(now) }
        for learner in view.learners where links.contains(learner.node) && policy.audience.contains(learner.node) {
            guard stays[learner.node] == nil else { continue }
            if !snapshots.contains(step) {
                if snapshots.count >= policy.mostSnapshots { giveUpUnlinked() }
                guard snapshots.count < policy.mostSnapshots else {
                    stays[learner.node] = Stay(
                        admitted: learner.admitted, begun: view.number, snapshot: .none)
                    actions.append(.send(.refusal(.memory), to: learner.node))
                    continue
                }
                actions.append(.takeSnapshot(step: step))
            }
            stays[learner.node] = Stay(
                admitted: learner.admitted, begun: view.number, snapshot: .announced(step: step, againAt: now))
        }
        return finish(now)
    }

    /// Somebody else needs the memory: those that cannot be reached may never come back for theirs.
    private mutating func giveUpUnlinked() {
        let before = Set(snapshots)
        // A snapshot that another one pulls takes its memory in any case.
        let pulled = Set(stays.compactMap { links.contains($0.key) ? $0.value.step : nil })
        for (learner, stay) in stays where stay.step.map(pulled.contains) == false {
            stays[learner]?.snapshot = .none
        }
        for step in before.subtracting(snapshots).sorted() { actions.append(.freeSnapshot(step: step)) }
    }

    /// A message of a neighbour; those that are for a receiver are ignored. Cost: O(1).
    public mutating func onMessage(_ message: ReplicationMessage, from peer: NodeID, at now: Int) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        guard links.contains(peer) else { return [] }
        switch message {
        case .ask: actions.append(.send(answer(to: peer), to: peer))
        case .pull(let step, let size, let shard):
            guard shard < shards(ofSize: size) else {
                actions.append(.refused(.shard(shard), from: peer))
                break
            }
            let bytes = min(size, stateBytes - shard * size)
            guard let served = stays[peer]?.servedBytes, hasPulled(peer, step),
                served + bytes <= policy.mostBytes ?? MessageLimits.greatestNumber
            else {
                actions.append(.send(.gone(step: step), to: peer))
                break
            }
            stays[peer]?.servedBytes += bytes
            actions.append(.sendShard(step: step, shardSize: size, shard: shard, to: peer))
        case .pullDigests(let step, let size, let first, let count):
            guard first + count <= shards(ofSize: size) else {
                actions.append(.refused(.shard(first), from: peer))
                break
            }
            actions.append(
                hasPulled(peer, step)
                    ? .sendDigests(step: step, shardSize: size, first: first, count: count, to: peer)
                    : .send(.gone(step: step), to: peer))
        case .offer, .refusal, .snapshot, .digests, .shard, .gone: break
        }
        return finish(now)
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        return finish(now)
    }

    // MARK: Answers

    private func shards(ofSize size: Int) -> Int { (stateBytes + size - 1) / size }

    private func answer(to peer: NodeID) -> ReplicationMessage {
        guard view?.role(of: node) == .member else { return .refusal(.noState) }
        guard policy.audience.contains(peer) else { return .refusal(.policy) }
        // A snapshot that is held for this peer takes no further memory: if the peer is admitted again, another snapshot
        // takes its place.
        let others = Set(stays.filter { $0.key != peer && links.contains($0.key) }.values.compactMap(\.step))
        guard stays[peer]?.step != nil || others.count < policy.mostSnapshots else { return .refusal(.memory) }
        let quality = qualities[peer] ?? .unmeasured
        return .offer(
            Offer(
                stateBytes: stateBytes, bandwidth: [quality.bandwidth, policy.bandwidth].compactMap { $0 }.min(),
                latency: quality.roundTrip, ready: ready, overhead: policy.overhead, limit: policy.mostBytes))
    }

    /// Whether there is that snapshot for the peer; if so, it need not be told of it any more.
    private mutating func hasPulled(_ peer: NodeID, _ step: Int) -> Bool {
        guard stays[peer]?.step == step else { return false }
        stays[peer]?.snapshot = .pulled(step: step)
        return true
    }

    /// Draws the consequences, and hands over the actions.
    private mutating func finish(_ now: Int) -> [Action] {
        var next: Int?
        for (learner, stay) in stays.sorted(by: { $0.key < $1.key }) where links.contains(learner) {
            guard case .announced(let step, var due) = stay.snapshot else { continue }
            if now >= due {
                actions.append(.send(.snapshot(admitted: stay.admitted, begun: stay.begun, step: step), to: learner))
                due = now + retry
                stays[learner]?.snapshot = .announced(step: step, againAt: due)
            }
            next = min(next ?? due, due)
        }
        if let next, next != armed {
            armed = next
            actions.append(.wake(at: next))
        }
        stopIfBroken(unless: defect)
        defer { actions.removeAll() }
        return actions
    }
}
