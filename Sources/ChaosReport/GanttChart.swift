import ChaosModel
import ChaosSolver

/// A plan as lanes of time, one a neighbour: ready, latency, shards; with the makespan and the fluid lower bound.
/// Pictures round; the exact times stand beside them.
public struct GanttChart: Sendable {
    /// One neighbour's lane.
    struct Lane: Sendable {
        let name: String
        let count: Int
        /// r_i and a_i = r_i + l_i in ns.
        let ready: Int
        let start: Int
        let finish: ExactTime
    }

    /// A plan that does not fit the instance that it is drawn with.
    public struct Mismatch: Error, CustomStringConvertible {
        public let description: String
    }

    let title: String
    let lanes: [Lane]
    let hidden: Int
    let makespan: ExactTime
    let fluidBound: ExactTime?
    let shardSize: Int
    let shards: Int

    /// Lanes beyond this many are left out of the picture, which says so.
    static let mostLanes = 200

    public init(_ assignment: ShardAssignment, of instance: Instance) {
        self.init(
            instance, shardSize: assignment.shardSize, makespan: assignment.makespan,
            runs: zip(instance.neighbors, assignment.counts).lazy.filter { $0.1 > 0 }.map { neighbor, count in
                (neighbor, count, CompletionTime.of(count, shardsOf: assignment.shardSize, from: neighbor))
            })
    }

    /// - Throws: `Mismatch` if the plan is for another instance or names a neighbour that the instance lacks. The rest
    ///   is for the checker: a wrong plan is drawn as it says.
    public init(_ plan: Plan, of instance: Instance) throws {
        guard plan.instance.sha256 == instance.sha256 else {
            throw Mismatch(
                description: "instance.sha256: the plan is for another instance; allowed: \(instance.sha256)")
        }
        let byName = Dictionary(instance.neighbors.map { ($0.id, $0) }) { first, _ in first }
        let runs = try plan.assignments.enumerated().map { k, run in
            guard let neighbor = byName[run.neighbor] else {
                throw Mismatch(
                    description: "assignments[\(k)].neighbor: \"\(run.neighbor)\" is no neighbor of the instance; "
                        + "allowed: the ids of its neighbors")
            }
            return (neighbor, run.count, run.finish)
        }
        self.init(instance, shardSize: plan.shardSize, makespan: plan.makespan, runs: runs)
    }

    private init(
        _ instance: Instance, shardSize: Int, makespan: ExactTime, runs: some Sequence<(Neighbor, Int, ExactTime)>
    ) {
        var lanes: [Lane] = []
        var (hidden, shards) = (0, 0)
        for (neighbor, count, finish) in runs {
            shards += count
            guard lanes.count < Self.mostLanes else {
                hidden += 1
                continue
            }
            lanes.append(
                Lane(name: neighbor.id, count: count, ready: neighbor.ready, start: neighbor.start, finish: finish))
        }
        title = instance.name ?? "plan"
        self.lanes = lanes
        self.hidden = hidden
        self.makespan = makespan
        self.shardSize = shardSize
        self.shards = shards
        // The bound is exact arithmetic with large numbers: left out where it would take long.
        fluidBound =
            instance.neighbors.count <= 5000
            ? FluidBound.time(FixedSizeProblem(instance, shardSize: shardSize)) : nil
    }

    /// What a unit of width stands for: the makespan or the last lane, whichever is later.
    var span: Int128 {
        max(1, lanes.map(\.finish.nanoseconds).max() ?? 1, makespan.nanoseconds) + 1
    }

    /// The place of a time on an axis of `width` units.
    func position(_ time: Int128, width: Int) -> Int { Int(time * Int128(width) / span) }

    /// The chart for a terminal.
    public func lines(_ style: TextStyle, width: Int) -> [String] {
        let names = lanes.map(\.name.count).max() ?? 0
        let shown = min(names, 28)
        let notes = lanes.map { "\(Readable.count($0.count)) × \(Readable.bytes(shardSize)), \($0.finish.readable)" }
        let noteWidth = notes.map(\.count).max() ?? 0
        let axis = max(20, width - shown - noteWidth - 4)
        let end = position(makespan.nanoseconds, width: axis)
        let bound = fluidBound.map { position($0.nanoseconds, width: axis) }
        var lines = [
            style.strong(title),
            "makespan \(style.strong(makespan.readable)) = \(makespan) ns, "
                + "\(Readable.count(shards)) shards of \(shardSize) bytes"
                + (fluidBound.map { "; fluid lower bound \($0.readable)" } ?? ""),
            style.faint("· ready   ─ latency   █ shards   │ makespan   ┊ fluid lower bound"),
        ]
        for (lane, note) in zip(lanes, notes) {
            let ready = position(Int128(lane.ready), width: axis)
            let start = position(Int128(lane.start), width: axis)
            let finish = max(start + 1, position(lane.finish.nanoseconds, width: axis))
            var cells = (0..<axis).map { x in
                x < ready ? "·" : x < start ? "─" : x < finish ? style.bar("█") : " "
            }
            if let bound, bound < axis, cells[bound] == " " { cells[bound] = style.faint("┊") }
            if end < axis, cells[end] == " " { cells[end] = style.faint("│") }
            let name =
                lane.name.count > shown
                ? lane.name.prefix(shown - 1) + "…" : lane.name + String(repeating: " ", count: shown - lane.name.count)
            lines.append("\(name)  \(cells.joined())  \(style.faint(note))")
        }
        if hidden > 0 { lines.append(style.faint("and \(Readable.count(hidden)) neighbors more")) }
        return lines
    }
}
