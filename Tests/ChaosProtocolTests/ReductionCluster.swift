import ChaosProtocol

/// A small cluster of reductions with a shell round each that knows numbers by symbols only: which positions are in a
/// sum, and in which order it was made. Views are decided from outside; the network is the caller's.
struct ReductionCluster {
    /// Stands for the numbers of a chunk.
    struct Numbers: Hashable {
        let step: Int
        let chunk: Int
        /// Of all gradients in it, a position as often as it is in it.
        var positions: [Int]
        /// View, members and order of the sum: equal for what is equal to the bit.
        var making: String
    }

    struct Parcel {
        let source: NodeID
        let destination: NodeID
        let message: ReductionMessage
        let numbers: Numbers?
    }

    /// A part of a gradient.
    struct Computation: Hashable {
        let view: Int
        let step: Int
        let positions: RangeSet<Int>
    }

    struct Snapshot {
        let begun: Int
        let step: Int
        let replica: [String]
    }

    /// A node: the protocol, and what its shell keeps.
    struct Machine {
        var reduction: Reduction
        /// The parts of the gradient, in the order in which they were asked for.
        var ordered: [Computation] = []
        /// Those of them that are computed.
        var gradient: [Computation] = []
        var kept: [Int: [Int: [NodeID: Numbers]]] = [:]
        var sums: [Int: Numbers] = [:]
        var updates: [Int: [Int: Numbers]] = [:]
        /// The makings of all updates that it has taken.
        var replica: [String]?
        var snapshots: [View.Learner: Snapshot] = [:]
        var wakeAt: Int?
        var hasCaughtUp = false
        var isLost = false
        var laterViewHeard = false
    }

    let settings: ReductionSettings
    let defect: PlantedDefect?
    var machines: [NodeID: Machine] = [:]
    var waiting: [Parcel] = []
    /// Ordered and not finished, void ones included.
    var computing: [(node: NodeID, Computation)] = []
    var now = 0
    /// The first promise that was broken.
    private(set) var violation: String?
    /// The replica with which each view began.
    private var beginnings: [Int: [String]] = [:]
    /// The last of them, and its view.
    private var history: [String] = []
    private var lastBegun: View?
    private(set) var log: [String] = []
    var isLogging = false

    init(settings: ReductionSettings, defect: PlantedDefect? = nil) {
        self.settings = settings
        self.defect = defect
    }

    mutating func start(_ id: NodeID, isFounder: Bool) {
        let reduction = Reduction(node: id, applied: isFounder ? 0 : nil, settings: settings, defect: defect)
        machines[id] = Machine(reduction: reduction, replica: isFounder ? [] : nil)
    }

    // MARK: Events

    mutating func install(_ view: View, at id: NodeID) {
        if view.role(of: id) != machines[id]?.reduction.view?.role(of: id) { machines[id]?.isLost = false }
        act(id) { $0.onView(view, at: $1) }
    }

    mutating func deliver(_ parcel: Parcel) {
        guard machines[parcel.destination] != nil else { return }
        note("  \(parcel.source) -> \(parcel.destination): \(parcel.message)")
        act(parcel.destination, at: parcel.numbers) { $0.onMessage(parcel.message, from: parcel.source, at: $1) }
    }

    mutating func wake(_ id: NodeID) {
        machines[id]?.wakeAt = nil
        act(id) { $0.onWake(at: $1) }
    }

    /// Finishes what `computing` has at this place, be it still wanted or not.
    mutating func finish(_ index: Int, in time: Int = 1_000_000) {
        let (id, computation) = computing.remove(at: index)
        guard machines[id] != nil else { return }
        if machines[id]!.ordered.contains(computation) { machines[id]!.gradient.append(computation) }
        guard let last = machines[id]!.ordered.last, machines[id]!.gradient.count == machines[id]!.ordered.count
        else { return }
        act(id) { $0.onGradient(view: last.view, step: last.step, computeTime: time, at: $1) }
    }

    /// The learner has pulled the snapshot of a server.
    mutating func bringState(to id: NodeID, admitted: Int, from server: NodeID) {
        guard let snapshot = machines[server]?.snapshots[View.Learner(id, admitted: admitted)] else { return }
        machines[id]?.replica = snapshot.replica
        act(id) { $0.onState(step: snapshot.step, begun: snapshot.begun, admitted: admitted, at: $1) }
    }

    mutating func act(
        _ id: NodeID, at numbers: Numbers? = nil, _ event: (inout Reduction, Int) -> [Reduction.Action]
    ) {
        guard machines[id] != nil else { return }
        for action in event(&machines[id]!.reduction, now) {
            note("    \(id): \(action)")
            carryOut(action, at: id, numbers)
        }
    }

    // MARK: Actions

    private mutating func carryOut(_ action: Reduction.Action, at id: NodeID, _ numbers: Numbers?) {
        switch action {
        case .send(let message, let peer): send(message, from: id, to: peer)
        case .wake(let time): machines[id]!.wakeAt = time
        case .engine(let action): carryOut(action, at: id, numbers)
        case .caughtUp: machines[id]!.hasCaughtUp = true
        case .lost: machines[id]!.isLost = true
        case .uneven: break
        case .laterView: machines[id]!.laterViewHeard = true
        case .refused(let fault, let peer): expect(false, "\(id) refuses a message of \(peer): \(fault)")
        }
    }

    private mutating func send(_ message: ReductionMessage, from id: NodeID, to peer: NodeID) {
        let numbers = payload(of: message, at: id)
        waiting.append(Parcel(source: id, destination: peer, message: message, numbers: numbers))
    }

    private mutating func carryOut(_ action: EngineAction, at id: NodeID, _ numbers: Numbers?) {
        expect((numbers != nil) || !action.takesPayload, "\(id) has no numbers to \(action)")
        switch action {
        case .send(let message, let peer): send(message, from: id, to: peer)
        case .begun(let view, let step): begin(view, step, at: id)
        case .compute(let view, let step, let positions, let isAdded):
            let computation = Computation(view: view, step: step, positions: positions)
            if !isAdded { (machines[id]!.ordered, machines[id]!.gradient) = ([], []) }
            machines[id]!.ordered.append(computation)
            machines[id]!.kept = machines[id]!.kept.filter { $0.key >= step }
            machines[id]!.sums = [:]
            computing.append((id, computation))
        case .stop:
            (machines[id]!.ordered, machines[id]!.gradient) = ([], [])
            (machines[id]!.kept, machines[id]!.sums) = ([:], [:])
        case .keep(let step, let chunk, let child):
            expect(numbers?.step == step && numbers?.chunk == chunk, "\(id) keeps \(step).\(chunk) of something else")
            machines[id]!.kept[step, default: [:]][chunk, default: [:]][child] = numbers
        case .sum(let step, let chunk, let children, let isTotal): sum(step, chunk, children, isTotal, at: id)
        case .store(let step, let chunk):
            expect(numbers?.step == step && numbers?.chunk == chunk, "\(id) stores \(step).\(chunk) of something else")
            machines[id]!.updates[step, default: [:]][chunk] = numbers
        case .apply(let step, let samples): apply(step, samples, at: id)
        case .release(let step):
            let update = machines[id]!.updates.removeValue(forKey: step)
            expect(update != nil, "\(id) releases \(step), which it does not keep")
        case .forget:
            machines[id]!.replica = nil
            machines[id]!.updates = [:]
            (machines[id]!.ordered, machines[id]!.gradient) = ([], [])
            (machines[id]!.hasCaughtUp, machines[id]!.isLost) = (false, false)
        case .takeSnapshot, .makeRoom, .write, .complete: expect(false, "\(id), a reduction, says \(action)")
        }
    }

    private mutating func payload(of message: ReductionMessage, at id: NodeID) -> Numbers? {
        switch message {
        case .partial(_, let step, let chunk, _):
            let sum = machines[id]!.sums[chunk]
            expect(sum?.step == step, "\(id) sends partial \(step).\(chunk), which it does not have")
            return sum
        case .total(_, let step, let chunk, _):
            let numbers = machines[id]!.updates[step]?[chunk]
            expect(numbers != nil, "\(id) sends total \(step).\(chunk), which it does not have")
            return numbers
        default: return nil
        }
    }

    private mutating func sum(_ step: Int, _ chunk: Int, _ children: [NodeID], _ isTotal: Bool, at id: NodeID) {
        let gradient = machines[id]!.gradient
        guard !gradient.isEmpty, gradient.count == machines[id]!.ordered.count,
            gradient.allSatisfy({ $0.step == step })
        else { return expect(false, "\(id) sums \(step).\(chunk) without a gradient") }
        var numbers = Numbers(
            step: step, chunk: chunk, positions: gradient.flatMap { $0.positions.ranges.flatMap(Array.init) },
            making: "\(id)" + gradient.map { "@\($0.view)" }.joined())
        for child in children {
            guard let other = machines[id]!.kept[step]?[chunk]?[child] else {
                return expect(false, "\(id) sums \(step).\(chunk) without what \(child) has")
            }
            numbers.positions += other.positions
            numbers.making += "(\(other.making))"
        }
        machines[id]!.sums[chunk] = numbers
        if isTotal { machines[id]!.updates[step, default: [:]][chunk] = numbers }
    }

    private mutating func apply(_ step: Int, _ samples: Int, at id: NodeID) {
        guard let replica = machines[id]!.replica else { return expect(false, "\(id) applies \(step) to nothing") }
        expect(replica.count == step, "\(id) applies \(step) after \(replica.count) updates")
        let chunks = machines[id]!.updates[step] ?? [:]
        expect(chunks.count == settings.chunks, "\(id) applies \(step) with chunks \(chunks.keys.sorted())")
        let positions = 0..<settings.batch(ofStep: step)
        for numbers in chunks.values {
            let isAll = numbers.positions.sorted() == Array(positions)
            let areSome = Set(numbers.positions).count == samples && numbers.positions.allSatisfy(positions.contains)
            expect(
                numbers.positions.count == samples && (settings.lost == .dropped ? areSome : isAll),
                "\(id) applies \(step) of \(samples) samples with positions \(numbers.positions.sorted())")
        }
        // Each chunk has its tree.
        let makings = chunks.sorted { $0.key < $1.key }.map(\.value.making)
        machines[id]!.replica!.append("\(step): \(makings.joined(separator: ", "))")
    }

    private mutating func begin(_ number: Int, _ step: Int, at id: NodeID) {
        let view = machines[id]!.reduction.view!
        expect(view.number == number, "\(id) begins view \(number) under view \(view.number)")
        guard let replica = machines[id]!.replica, !machines[id]!.isLost else { return }
        checkHistory(replica, of: view, at: id)
        guard view.role(of: id) == .member else { return }
        expect(replica.count == step, "\(id) begins view \(number) with step \(step) after \(replica.count) updates")
        if let other = beginnings[number] {
            expect(replica == other, "\(id) begins view \(number) with another state: \(replica), \(other)")
        }
        beginnings[number] = replica
        for learner in view.learners where machines[id]!.snapshots[learner] == nil {
            machines[id]!.snapshots[learner] = Snapshot(begun: number, step: step, replica: replica)
        }
    }

    /// What a view began with is never taken back, unless no member is left that was there.
    private mutating func checkHistory(_ replica: [String], of view: View, at id: NodeID) {
        let last = lastBegun ?? view
        guard view.number >= last.number else { return }
        let isMember = view.role(of: id) == .member
        if isMember, !view.members.contains(where: last.members.contains) { history = [] }
        let common = isMember ? history.count : min(history.count, replica.count)
        expect(
            history.prefix(common).elementsEqual(replica.prefix(common)),
            "\(id) begins view \(view.number) with another history")
        if isMember { (history, lastBegun) = (replica, view) }
    }

    /// All nodes of the view, learners included, have taken the same updates, as far as they have.
    mutating func compareReplicas(in view: View) {
        let replicas = view.everyone.sorted().compactMap { machines[$0]?.replica }
        guard let longest = replicas.max(by: { $0.count < $1.count }) else { return }
        for replica in replicas where !longest.starts(with: replica) {
            expect(false, "in view \(view.number) there are \(replica) and \(longest)")
        }
    }

    mutating func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
        if !condition, violation == nil { violation = otherwise() }
    }

    mutating func note(_ line: @autoclosure () -> String) {
        if isLogging { log.append(line()) }
    }

    mutating func takeLog() -> [String] {
        defer { log = [] }
        return log
    }
}
