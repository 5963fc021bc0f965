import ChaosDocuments
import ChaosModel
import ChaosSolver
import ChaosText

/// A plan as lanes of time, one a neighbour and one a group with shards: ready, latency, shards; with the makespan and
/// the fluid lower bound.
/// Pictures round; the exact times stand beside them.
public struct GanttChart: Sendable {
    /// The lane of a neighbour or a group.
    struct Lane: Sendable {
        let name: String
        let count: Int
        /// r_i and a_i = r_i + l_i in ns; of a group both are a_g.
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
    private let span: Int128
    /// The name of the lane that ends last.
    let last: String?

    /// Lanes beyond this many are left out of the picture, which says so.
    static let mostLanes = 200

    public init(_ assignment: ShardAssignment, of instance: Instance) {
        self.init(
            instance, shardSize: assignment.shardSize, makespan: assignment.makespan,
            runs: zip(instance.neighbors, assignment.counts).lazy.filter { $0.1 > 0 }.map { neighbor, count in
                (neighbor, count, CompletionTime.of(count, shardsOf: assignment.shardSize, from: neighbor))
            }, groups: instance.groupCompletions(of: assignment.counts, shardsOf: assignment.shardSize))
    }

    /// - Throws: `Mismatch` if the plan is for another instance or names a neighbour that the instance lacks. The rest
    ///   is for the checker: a wrong plan is drawn as it says, without groups if it has too many shards.
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
        let total = runs.reduce(Int128(0)) { $0 + Int128($1.1) }
        let groups =
            total <= Int128(instance.state.shardCount(ofSize: plan.shardSize))
            ? instance.groupCompletions(of: plan.assignment(of: instance).counts, shardsOf: plan.shardSize) : []
        self.init(instance, shardSize: plan.shardSize, makespan: plan.makespan, runs: runs, groups: groups)
    }

    private init(
        _ instance: Instance, shardSize: Int, makespan: ExactTime, runs: some Sequence<(Neighbor, Int, ExactTime)>,
        groups: [GroupCompletion]
    ) {
        var lanes: [Lane] = []
        var (hidden, shards) = (0, Int128(0))
        var last: Lane?
        func add(_ lane: Lane) {
            if last.map({ $0.finish < lane.finish }) ?? true { last = lane }
            if lanes.count < Self.mostLanes { lanes.append(lane) } else { hidden += 1 }
        }
        for (neighbor, count, finish) in runs {
            shards += Int128(count)
            add(
                Lane(
                    name: SingleLine.of(neighbor.id), count: count, ready: neighbor.ready, start: neighbor.start,
                    finish: finish))
        }
        for group in groups {
            let name = "group " + SingleLine.of(instance.groups[group.group].id)
            add(Lane(name: name, count: group.count, ready: group.start, start: group.start, finish: group.finish))
        }
        title = SingleLine.of(instance.name ?? "plan")
        self.lanes = lanes
        span = Self.span(of: lanes, makespan)
        self.hidden = hidden
        self.makespan = makespan
        self.shardSize = shardSize
        self.shards = Int(clamping: shards)
        self.last = last?.name
        // The bound is exact arithmetic with large numbers: left out where it would take long.
        fluidBound =
            instance.neighbors.count <= 5000
            ? FluidBound.time(FixedSizeProblem(instance, shardSize: shardSize)) : nil
    }

    /// What a unit of width stands for: the makespan or the end of the last lane, whichever is later. In a wrong plan a
    /// lane may end before it starts.
    private static func span(of lanes: [Lane], _ makespan: ExactTime) -> Int128 {
        lanes.reduce(max(1, makespan.nanoseconds)) { max($0, $1.finish.nanoseconds, Int128($1.start)) } + 1
    }

    /// The place of a time on an axis of `width` units; a time beyond the axis is at its end.
    func position(_ time: Int128, width: Int) -> Int { Int(min(time, span) * Int128(width) / span) }

    /// What the picture says above the lanes.
    var heading: String {
        "\(Readable.count(shards)) shards of \(shardSize) bytes" + (last.map { ", completed by \($0)" } ?? "")
            + (fluidBound.map { "; fluid lower bound \($0.readable)" } ?? "")
    }

    /// The chart for a terminal.
    public func lines(_ style: TextStyle, width: Int) -> [String] {
        let names = lanes.map { TextWidth.columns($0.name) }.max() ?? 0
        let shown = min(names, 28)
        let notes = lanes.map { "\(Readable.count($0.count)) × \(Readable.bytes(shardSize)), \($0.finish.readable)" }
        let noteWidth = notes.map(\.count).max() ?? 0
        let axis = max(20, width - shown - noteWidth - 4)
        let end = position(makespan.nanoseconds, width: axis)
        let bound = fluidBound.map { position($0.nanoseconds, width: axis) }
        var lines = [
            style.strong(title),
            "makespan \(style.strong(makespan.readable)) = \(makespan) ns, " + heading,
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
            let name = TextWidth.padded(TextWidth.cut(lane.name, to: shown), to: shown)
            lines.append("\(name)  \(cells.joined())  \(style.faint(note))")
        }
        if hidden > 0 { lines.append(style.faint("and \(Readable.count(hidden)) lanes more")) }
        return lines
    }
}
