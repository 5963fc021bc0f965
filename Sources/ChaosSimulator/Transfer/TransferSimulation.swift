import ChaosDocuments
import ChaosModel

/// Plays a plan of an instance on a `FluidNetwork`: each neighbour, once it is ready and asked, serves its run of shards
/// in their order, each with its overhead. The last shard of the state is charged in full, as in the model.
///
/// Without groups every neighbour finishes at C_i(n_i) exactly, so a correct plan at its makespan. With groups no plan
/// finishes before its makespan, since C_i and C_g bound every way to share the capacities; `FluidNetwork` keeps that
/// exact. That a plan may well finish later is what this is for: see Documentation/MODEL.md, section 2.
public struct TransferSimulation: Sendable {
    public let instance: Instance
    public let latency: LatencySplit

    public init(_ instance: Instance, latency: LatencySplit = .request) {
        self.instance = instance
        self.latency = latency
    }

    /// The most elementary operations behind groups that a run is begun with: some minutes.
    public static let mostOperations = 10_000_000_000

    /// Cost: O(n log n) for n runs without groups, whatever their counts. Behind groups as in `FluidNetwork`; a run there
    /// has one event if its neighbour has no overhead, and two for each shard if it has.
    /// - Throws: every fault that keeps the plan from being played: a run of no neighbour or of one that has a run
    ///   already, a count or a total that is out of range, more events behind groups than `mostOperations` allows. Whether
    ///   the plan is right in all it says is for `PlanChecker`.
    public func run(_ plan: Plan) throws(InvalidInput) -> TransferReport {
        let senders = try senders(of: plan)
        var network = FluidNetwork<Int>(groups: instance.groups)
        var begins: [Int] = []
        var links: [FluidLink] = []
        for i in senders {
            let neighbor = instance.neighbors[i]
            let (request, response) = latency.parts(of: neighbor.latency)
            begins.append(neighbor.ready + request)
            links.append(
                network.addLink(bandwidth: neighbor.bandwidth, latency: response, group: neighbor.group))
        }
        for k in senders.indices.sorted(by: { (begins[$0], $0) < (begins[$1], $1) }) {
            network.enqueue(
                k, bytes: plan.shardSize, overhead: instance.neighbors[senders[k]].overhead,
                count: plan.assignments[k].count, on: links[k], at: begins[k])
        }
        var finishes = [ExactTime](repeating: .zero, count: senders.count)
        while let completion = network.popCompletion() { finishes[completion.payload] = completion.arrival }
        return TransferReport(
            transfers: senders.indices.map { k in
                let (run, neighbor) = (plan.assignments[k], instance.neighbors[senders[k]])
                return TransferReport.Transfer(
                    neighbor: neighbor.id, bytes: bytes(of: run, size: plan.shardSize), ready: neighbor.ready,
                    begin: begins[k], finish: finishes[k])
            })
    }

    private func bytes(of run: Plan.Run, size: Int) -> Int {
        let state = Int128(instance.state.bytes)
        let (first, end) = (Int128(run.first) * Int128(size), (Int128(run.first) + Int128(run.count)) * Int128(size))
        return Int(max(0, min(end, state) - first))
    }

    /// The neighbour of each run. Cost: O(|N|).
    private func senders(of plan: Plan) throws(InvalidInput) -> [Int] {
        var faults = FaultList()
        if !(1...ModelRange.mostBytes).contains(plan.shardSize) {
            faults.add("shard_size", "\(plan.shardSize)", allowed: "1 … 2^53 bytes")
        }
        try faults.throwIfAny()
        let shards = instance.state.shardCount(ofSize: plan.shardSize)
        let numbers = Dictionary(uniqueKeysWithValues: instance.neighbors.enumerated().map { ($1.id, $0) })
        var first: [Int: Int] = [:]
        var senders: [Int] = []
        var total: Int128 = 0
        for (k, run) in plan.assignments.enumerated() {
            if !(1...shards).contains(run.count) {
                faults.add("assignments[\(k)].count", "\(run.count)", allowed: "1 … \(shards), the shards of the state")
            }
            if !(0..<shards).contains(run.first) {
                faults.add(
                    "assignments[\(k)].first", "\(run.first)", allowed: "0 … \(shards - 1), the shards of the state")
            }
            total += Int128(run.count)
            guard let i = numbers[run.neighbor] else {
                faults.add("assignments[\(k)].neighbor", "\"\(run.neighbor)\"", allowed: "a neighbor of the instance")
                continue
            }
            if let earlier = first.updateValue(k, forKey: i) {
                faults.add(
                    "assignments[\(k)].neighbor", "\"\(run.neighbor)\", as in assignments[\(earlier)]",
                    allowed: "one run a neighbor")
            }
            senders.append(i)
        }
        try faults.throwIfAny()
        if total > Int128(shards) {
            faults.add("assignments", "\(total) shards", allowed: "at most \(shards), those of the state")
        }
        let operations = operations(of: plan, senders)
        if operations > Int128(Self.mostOperations) {
            faults.add(
                "assignments", "\(operations) operations to simulate behind groups",
                allowed: "at most \(Self.mostOperations)")
        }
        try faults.throwIfAny()
        return senders
    }

    /// About how many elementary operations the sharing takes: events, times the links below each group.
    private func operations(of plan: Plan, _ senders: [Int]) -> Int128 {
        guard !instance.groups.isEmpty else { return 0 }
        let forest = Forest(instance)
        var depths = [Int128](repeating: 0, count: forest.count)
        var depthOfNeighbor = [Int128](repeating: 0, count: instance.neighbors.count)
        for v in 1..<forest.count {
            depths[v] = depths[Int(forest.parent[v])] + 1
            if let i = forest.neighbor(at: v) { depthOfNeighbor[i] = depths[v] }
        }
        var (events, links): (Int128, Int128) = (0, 0)
        for (run, i) in zip(plan.assignments, senders) where instance.neighbors[i].group != nil {
            links += depthOfNeighbor[i]
            events += instance.neighbors[i].overhead == 0 ? 2 : 2 * Int128(run.count)
        }
        return events * (links + Int128(instance.groups.count))
    }
}
