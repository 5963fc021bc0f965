import ChaosControl
import ChaosDocuments
import ChaosModel
import ChaosProtocol
import Logging

/// What a node writes down of getting the state.
struct JoinRecord {
    /// The transfer of a snapshot.
    struct Pull {
        let admitted: Int
        let step: Int
        let stateBytes: Int
        /// Nanoseconds on `Clock.now`.
        let began: Int
        /// When it was complete, and how it was then; nil: it is not.
        var end: (time: Int, figures: TransferFigures?)?
    }

    let instance: Instance
    let plan: Plan
    var plansAnew = 0
    /// The last one; nil before the first.
    var pull: Pull?
}

extension Node {
    /// The admission under which the state comes.
    var admission: Int {
        if case .learner(let admitted) = cluster.negotiation.role { return admitted }
        return cluster.pulling?.admitted ?? 0
    }

    /// News of a join.
    func note(_ news: Receiver.Action, _ now: Int) {
        logger.info("join", metadata: ["news": "\(news)"])
        switch news {
        case .solved(let instance, let plan):
            join = JoinRecord(instance: instance, plan: plan)
            journal?.write(
                .planned(
                    shards: plan.shards, shardSize: plan.shardSize, makespan: plan.makespan.roundedUp), at: now)
        case .replanned(let instance, let plan):
            join?.plansAnew += 1
            let count = join?.plansAnew ?? 0
            let files =
                count > Self.mostPlansAnew ? nil : write(instance, plan, as: "\(joinName).again-\(count)")
            journal?.write(
                .replanned(
                    shards: plan.shards, makespan: plan.makespan.roundedUp, instance: files?.instance,
                    plan: files?.plan), at: now)
        case .suspect(let peer, let suspicion):
            journal?.write(.suspected(peer, reason: "\(suspicion)"), at: now)
            logger.warning("suspected", metadata: ["peer": "\(peer)", "why": "\(suspicion)"])
        case .abandoned(let failure):
            endTransfer(isComplete: false, now)
            journal?.write(.abandoned(reason: "\(failure)"), at: now)
        default: journal?.write(.news("\(news)"), at: now)
        }
    }

    /// The state begins to come: the instance and the plan are written under the number of the admission.
    func beginTransfer(_ step: Int, _ bytes: Int, _ now: Int) {
        join?.pull = JoinRecord.Pull(admitted: admission, step: step, stateBytes: bytes, began: now)
        let files = join.flatMap { write($0.instance, $0.plan, as: joinName) }
        journal?.write(
            .receiving(
                admitted: admission, step: step, stateBytes: bytes, instance: files?.instance, plan: files?.plan),
            at: now)
    }

    /// How many of one transfer are written at most.
    private static let mostPlansAnew = 64

    private var joinName: String { "join-\(config.node)-\(join?.pull?.admitted ?? admission)" }

    /// - Returns: where they are; nil if nothing is written.
    private func write(_ instance: Instance, _ plan: Plan, as name: String) -> (instance: String, plan: String)? {
        guard let folder = config.plans else { return nil }
        let files = (instance: "\(folder)/\(name).instance.json", plan: "\(folder)/\(name).plan.json")
        do {
            try DocumentIO.write(files.instance) { try instance.writeJSON(to: $0) }
            try DocumentIO.write(files.plan) { try plan.writeJSON(to: $0) }
            troubles.note("plans", nil)
            return files
        } catch {
            troubles.note("plans", "\(error)")
            return nil
        }
    }

    /// Planned beside measured times.
    func endTransfer(isComplete: Bool, _ now: Int) {
        guard join?.pull != nil else { return }
        join?.pull?.end = isComplete ? (now, cluster.receiver.figures) : nil
        guard isComplete, let folder = config.plans, let transfer = makeTransfer() else { return }
        do {
            try DocumentIO.write("\(folder)/\(joinName).transfer.json") { sink in
                try transfer.line.withUnsafeBytes { try sink($0) }
            }
        } catch {
            logger.error("the times cannot be written", metadata: ["folder": "\(folder)", "error": "\(error)"])
        }
    }

    /// How far the transfer at hand is, or how the last one ended.
    func makeTransfer() -> NodeStatus.Transfer? {
        guard let join, let pull = join.pull,
            let figures = pull.end == nil ? cluster.receiver.figures : pull.end?.figures
        else { return nil }
        let planned = Dictionary(join.plan.assignments.map { ($0.neighbor, $0) }) { first, _ in first }
        let neighbors = join.instance.neighbors.compactMap { neighbor -> NodeStatus.Transfer.Neighbor? in
            guard let node = UInt64(neighbor.id).map({ NodeID($0) }) else { return nil }
            let run = planned[neighbor.id]
            let end = run.map { min(pull.stateBytes, ($0.first + $0.count) * join.plan.shardSize) } ?? 0
            let measured = figures.neighbors[node]
            return NodeStatus.Transfer.Neighbor(
                node: node, plannedBytes: max(0, end - (run?.first ?? 0) * join.plan.shardSize),
                bytes: measured?.bytes ?? 0, plannedRate: neighbor.bandwidth, measuredRate: measured?.rate,
                plannedFinish: run?.finish.roundedUp ?? 0,
                lastArrival: measured?.lastArrival.map { max(0, $0 - pull.began) })
        }
        let bytes = figures.neighbors.values.reduce(0) { $0 + $1.bytes } - figures.bytesTwice
        return NodeStatus.Transfer(
            admitted: pull.admitted, step: pull.step, stateBytes: pull.stateBytes, shardSize: join.plan.shardSize,
            bytes: bytes, began: pull.began, ended: pull.end?.time,
            plannedMakespan: join.plan.makespan.roundedUp, plansAnew: join.plansAnew, neighbors: neighbors)
    }
}

extension TransferFigures.Neighbor {
    /// In bit/s; nil while too little has come.
    fileprivate var rate: Int? {
        guard shards > 1, let first = firstArrival, let last = lastArrival, last > first else { return nil }
        // The first shard was on its way before it came.
        return Int(clamping: Int128(bytes - bytes / shards) * 8_000_000_000 / Int128(last - first))
    }
}
