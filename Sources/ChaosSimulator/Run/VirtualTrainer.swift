import ChaosJudgement
import ChaosProtocol

/// The training engine of a simulated node: it does with symbols what a real one does with numbers, and notices what no
/// real one would.
struct VirtualTrainer: Sendable {
    /// A shard of a state.
    struct Shard: Hashable, Sendable {
        /// The identity of the state that it is of.
        let state: UInt64
        /// Whether its bytes are other than those of the state.
        let isWrong: Bool
        let bytes: Int

        func digest(_ size: Int, _ index: Int) -> Digest {
            Digest(words: SIMD4(state, isWrong ? 1 : 0, UInt64(size), UInt64(index)))
        }
    }

    /// What is wrong with an action that the node was told.
    struct Finding: Error {
        let invariant: Invariant
        let text: String
    }

    /// The replica: the same for the same updates in the same order, and hardly ever for different ones; nil: none.
    private(set) var state: UInt64?
    /// How many updates it has taken.
    private(set) var applied = 0
    private(set) var snapshots: [Int: UInt64] = [:]
    /// Tells a computation from those that were given up.
    private(set) var computation = 0
    private(set) var stepsApplied = 0

    /// The gradient of the step at hand, in the order in which its parts were ordered.
    private var own: [SymbolicSum.Part] = []
    /// How many parts of it have been computed and told.
    private var told = 0
    /// When those that were ordered are all computed.
    private var busyUntil = 0
    private var kept: [Int: [NodeID: [Int: SymbolicSum]]] = [:]
    private var sums: [Int: SymbolicSum] = [:]
    private var updates: [Int: [Int: SymbolicSum]] = [:]
    /// What has been pulled of a state.
    private(set) var received: [Int: Shard] = [:]
    private var room = (stateBytes: 0, shardSize: 1)

    /// - Parameter isFounder: founders begin with the same state.
    init(isFounder: Bool) { state = isFounder ? 1 : nil }

    // MARK: Steps

    /// - Returns: when the whole gradient is there.
    mutating func compute(_ part: SymbolicSum.Part, isAdded: Bool, for time: Int, at now: Int) -> Int {
        if !isAdded { dropGradient() }
        dropSums(before: part.step)
        own.append(part)
        busyUntil = max(busyUntil, now) + time
        return busyUntil
    }

    /// What is to be computed, or was and has not been told.
    var awaited: RangeSet<Int> { own[told...].reduce(into: RangeSet()) { $0.formUnion($1.positions) } }

    /// All that is in the gradient, or will be.
    var positions: RangeSet<Int> { own.reduce(into: RangeSet()) { $0.formUnion($1.positions) } }

    mutating func noteTold() { told = own.count }

    mutating func stop() {
        dropSums(before: .max)
        dropGradient()
    }

    private mutating func dropGradient() {
        own = []
        (told, busyUntil) = (0, 0)
    }

    private mutating func dropSums(before step: Int) {
        computation += 1
        kept = kept.filter { $0.key >= step }
        sums = [:]
    }

    mutating func keep(_ sum: SymbolicSum, step: Int, chunk: Int, from child: NodeID) {
        kept[step, default: [:]][child, default: [:]][chunk] = sum
    }

    mutating func sum(step: Int, chunk: Int, of children: [NodeID], isTotal: Bool) throws(Finding) {
        guard let first = own.first, told == own.count else { throw missing("its own gradient of step \(step)") }
        var sum = SymbolicSum(first)
        for part in own.dropFirst() { sum.add(SymbolicSum(part)) }
        for child in children {
            guard let part = kept[step]?[child]?[chunk] else {
                throw missing("chunk \(chunk) of step \(step) from \(child)")
            }
            sum.add(part)
        }
        sums[chunk] = sum
        if isTotal { store(sum, step: step, chunk: chunk) }
    }

    mutating func store(_ sum: SymbolicSum, step: Int, chunk: Int) { updates[step, default: [:]][chunk] = sum }

    /// - Parameters:
    ///   - step: whose update it is.
    ///   - chunks: of an update.
    ///   - samples: of which it is made, as the protocol says.
    ///   - batch: how many samples the step has.
    ///   - lost: whether some may be missing.
    ///   - whole: the sums that have been found without fault, for all nodes apply the same.
    mutating func apply(
        step: Int, chunks: Int, samples: Int, of batch: Int, _ lost: LostSamples, whole: inout Set<UInt64>
    ) throws(Finding) {
        guard let state else { throw missing("a replica to apply step \(step) to") }
        guard step == applied else {
            throw Finding(invariant: .updatesOnce, text: "applies step \(step) to a replica with \(applied) updates")
        }
        var next = Mixing.of(state, UInt64(step))
        for chunk in 0..<chunks {
            guard let sum = updates[step]?[chunk] else { throw missing("chunk \(chunk) of update \(step)") }
            let name = Mixing.of(sum.identity, UInt64(step), UInt64(samples))
            if !whole.contains(name) {
                if let fault = sum.fault(ofStep: step, samples: samples, of: batch, lost) {
                    throw Finding(invariant: .samplesOnce, text: "applies step \(step): \(fault)")
                }
                whole.insert(name)
            }
            next = Mixing.of(next, sum.identity)
        }
        self.state = next
        applied += 1
        stepsApplied += 1
    }

    mutating func release(step: Int) { updates[step] = nil }

    mutating func forget() {
        state = nil
        updates = [:]
        stop()
    }

    // MARK: The state

    mutating func takeSnapshot(step: Int) throws(Finding) {
        guard let state, step == applied else {
            throw Finding(
                invariant: .sameState, text: "takes a snapshot of step \(step) of a replica with \(applied) updates")
        }
        snapshots[step] = state
    }

    mutating func freeSnapshot(step: Int) { snapshots[step] = nil }

    mutating func makeRoom(stateBytes: Int) {
        room.stateBytes = stateBytes
        received = [:]
    }

    /// Whether all shards have come, right or wrong.
    var hasAllShards: Bool { received.count == (room.stateBytes + room.shardSize - 1) / room.shardSize }

    /// Whether a shard is missing or wrong.
    func needs(_ index: Int) -> Bool { received[index]?.isWrong ?? true }

    mutating func write(_ shard: Shard, at index: Int, shardSize: Int) {
        room.shardSize = shardSize
        received[index] = shard
    }

    mutating func complete(step: Int) throws(Finding) {
        let count = (room.stateBytes + room.shardSize - 1) / room.shardSize
        guard hasAllShards, let first = received.values.first,
            received.values.allSatisfy({ $0.state == first.state && !$0.isWrong })
        else {
            let wrong = received.filter(\.value.isWrong).keys.sorted()
            throw Finding(
                invariant: .verifiedState,
                text: "takes \(received.count) of \(count) shards for the state of step \(step), wrong are \(wrong)")
        }
        received = [:]
        state = first.state
        applied = step
    }

    // MARK: Payloads

    func partial(_ chunk: Int) throws(Finding) -> SymbolicSum {
        guard let sum = sums[chunk] else { throw missing("the sum of chunk \(chunk)") }
        return sum
    }

    func update(_ step: Int, _ chunk: Int) throws(Finding) -> SymbolicSum {
        guard let sum = updates[step]?[chunk] else { throw missing("chunk \(chunk) of update \(step)") }
        return sum
    }

    func snapshot(_ step: Int) throws(Finding) -> UInt64 {
        guard let state = snapshots[step] else { throw missing("the snapshot of step \(step)") }
        return state
    }

    private func missing(_ what: String) -> Finding {
        Finding(invariant: .correctMessages, text: "is told to use what it does not have: \(what)")
    }
}
