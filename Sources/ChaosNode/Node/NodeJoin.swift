import ChaosControl
import ChaosDocuments
import ChaosModel
import ChaosProtocol
import Logging

/// What a node writes down of getting the state.
struct JoinRecord {
    var instance: Instance
    var plan: Plan
    /// Of the transfer, once it has begun.
    var admitted: Int?
    var step = 0
    var stateBytes = 0
    var began = 0
    var ended: Int?
    var figures: TransferFigures?
    var plansAnew = 0
}

extension Node {
    /// The admission under which the state comes.
    var admission: Int {
        if case .learner(let admitted) = cluster.negotiation.role { return admitted }
        return cluster.pulling?.admitted ?? 0
    }

    /// News of a join.
    func take(_ news: Receiver.Action, _ now: Int) {
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
        join?.admitted = admission
        join?.step = step
        join?.stateBytes = bytes
        join?.began = now
        join?.ended = nil
        let files = join.flatMap { write($0.instance, $0.plan, as: joinName) }
        journal?.write(
            .receiving(
                admitted: admission, step: step, stateBytes: bytes, instance: files?.instance, plan: files?.plan),
            at: now)
    }

    /// Of one transfer so many are written.
    private static let mostPlansAnew = 64

    private var joinName: String { "join-\(config.node)-\(join?.admitted ?? admission)" }

    /// - Returns: where they are; nil if nothing is written.
    private func write(_ instance: Instance, _ plan: Plan, as name: String) -> (instance: String, plan: String)? {
        guard let folder = config.plans else { return nil }
        let files = (instance: "\(folder)/\(name).instance.json", plan: "\(folder)/\(name).plan.json")
        do {
            try DocumentIO.write(files.instance) { try instance.writeJSON(to: $0) }
            try DocumentIO.write(files.plan) { try plan.writeJSON(to: $0) }
            return files
        } catch {
            logger.error("the plan cannot be written", metadata: ["folder": "\(folder)", "error": "\(error)"])
            return nil
        }
    }

    /// Planned beside measured times.
    func endTransfer(isComplete: Bool, _ now: Int) {
        guard join?.admitted != nil else { return }
        join?.ended = isComplete ? now : nil
        join?.figures = cluster.receiver.figures
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
        guard let join, let admitted = join.admitted,
            let figures = join.ended == nil ? cluster.receiver.figures : join.figures
        else { return nil }
        let planned = Dictionary(join.plan.assignments.map { ($0.neighbor, $0) }) { first, _ in first }
        var neighbors: [NodeStatus.Transfer.Neighbor] = []
        for neighbor in join.instance.neighbors {
            guard let node = UInt64(neighbor.id).map({ NodeID($0) }) else { continue }
            let run = planned[neighbor.id]
            let end = run.map { min(join.stateBytes, ($0.first + $0.count) * join.plan.shardSize) } ?? 0
            let measured = figures.neighbors[node]
            var rate: Int?
            if let measured, measured.shards > 1, let first = measured.firstArrival, let last = measured.lastArrival,
                last > first
            {
                // The first shard was on its way before it came.
                let bytes = measured.bytes - measured.bytes / measured.shards
                rate = Int(clamping: Int128(bytes) * 8_000_000_000 / Int128(last - first))
            }
            neighbors.append(
                NodeStatus.Transfer.Neighbor(
                    node: node, plannedBytes: max(0, end - (run?.first ?? 0) * join.plan.shardSize),
                    bytes: measured?.bytes ?? 0, plannedRate: neighbor.bandwidth, measuredRate: rate,
                    plannedFinish: run?.finish.roundedUp ?? 0,
                    lastArrival: measured?.lastArrival.map { max(0, $0 - join.began) }))
        }
        let bytes = figures.neighbors.values.reduce(0) { $0 + $1.bytes } - figures.bytesTwice
        return NodeStatus.Transfer(
            admitted: admitted, step: join.step, stateBytes: join.stateBytes, shardSize: join.plan.shardSize,
            bytes: bytes, began: join.began, ended: join.ended,
            plannedMakespan: join.plan.makespan.roundedUp, plansAnew: join.plansAnew, neighbors: neighbors)
    }
}
