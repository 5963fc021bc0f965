import ChaosDocuments
import ChaosModel
import ChaosSolver
import ChaosText

/// The text of a solved instance: what was solved, the plan per neighbour, and what is known of each size.
public struct SolutionReport {
    private let instance: Instance
    private let result: ChainSearch.Result
    private let algorithm: String
    private let style: TextStyle

    /// - Parameter title: the name under which the user knows the instance.
    public init(_ instance: Instance, _ result: ChainSearch.Result, algorithm: String, style: TextStyle) {
        self.instance = instance
        self.result = result
        self.algorithm = algorithm
        self.style = style
    }

    /// Rows shown of a long table; the plan file has all.
    public static let mostRows = 40

    /// Columns shown of a long name.
    private static let mostColumns = 40

    public func lines(title: String) -> [String] {
        var lines = [style.strong(title) + "  " + summary]
        if let best = result.best {
            let groups = instance.groupCompletions(of: best.counts, shardsOf: best.shardSize)
            lines.append(
                "makespan    \(style.strong("\(best.makespan) ns"))  (\(best.makespan.readable)), completed by "
                    + last(best, groups))
            lines.append(
                "shard size  \(best.shardSize) bytes, \(Readable.count(best.counts.reduce(0, +))) shards; "
                    + optimality)
            lines.append("")
            lines += assignmentLines(best, groups)
        } else {
            lines.append(style.bad(result.isInfeasible ? "infeasible" : "beyond the range of times, 2^76 ns"))
        }
        lines.append("")
        lines += sizeLines
        return lines
    }

    /// What the algorithm proves: other sizes of the chain may be better if they were not looked at.
    private var optimality: String {
        let chain = instance.shardSizes.sizes.count
        guard result.coversChain(of: instance) else {
            return style.warning("optimal at this size") + " by \(algorithm), one of \(count(chain, "size"))"
        }
        return style.good("optimal") + " by \(algorithm) over \(count(chain, "size"))"
    }

    private var summary: String {
        var parts = [Readable.bytes(instance.state.bytes)]
        if let model = instance.state.model { parts.append(name(model)) }
        parts.append(count(instance.neighbors.count, "neighbor"))
        if !instance.groups.isEmpty { parts.append(count(instance.groups.count, "group")) }
        if let joiner = instance.joiner { parts.append("joiner " + name(joiner)) }
        return parts.joined(separator: ", ")
    }

    private func count(_ value: Int, _ noun: String) -> String {
        "\(Readable.count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// The name of what completes last: a neighbour, or a group if only groups complete then.
    private func last(_ best: ShardAssignment, _ groups: [GroupCompletion]) -> String {
        for (neighbor, count) in zip(instance.neighbors, best.counts)
        where CompletionTime.of(count, shardsOf: best.shardSize, from: neighbor) == best.makespan {
            return name(neighbor.id)
        }
        let group = groups.first { $0.finish == best.makespan }
        return group.map { "group " + name(instance.groups[$0.group].id) } ?? "nobody"
    }

    /// A name as it is shown.
    private func name(_ id: String) -> String { TextWidth.cut(SingleLine.of(id), to: Self.mostColumns) }

    private func assignmentLines(_ best: ShardAssignment, _ groups: [GroupCompletion]) -> [String] {
        var table = TextTable([
            ("neighbor", .left), ("shards", .right), ("share", .right), ("bytes", .right), ("finish", .right),
            ("finish, ns", .right), ("", .left),
        ])
        let plan = best.counts
        let total = plan.reduce(0, +)
        let most = plan.max() ?? 1
        var first = 0
        var shown = 0
        let busy = plan.count { $0 > 0 }
        for (neighbor, count) in zip(instance.neighbors, plan) {
            if count == 0, busy > 0, plan.count > Self.mostRows { continue }
            guard shown < Self.mostRows else { break }
            shown += 1
            let end = min(instance.state.bytes, (first + count) * best.shardSize)
            let finish = CompletionTime.of(count, shardsOf: best.shardSize, from: neighbor)
            table.add(
                [
                    name(neighbor.id), Readable.count(count), Readable.share(count, of: total),
                    count == 0 ? "–" : Readable.bytes(end - first * best.shardSize),
                    count == 0 ? "–" : finish.readable, count == 0 ? "–" : finish.description,
                ], mark: style.bar(TextBar.bar(Int128(count), of: Int128(most), width: 20)))
            first += count
        }
        for completion in groups.prefix(Self.mostRows) {
            table.add(
                [
                    "group " + name(instance.groups[completion.group].id), Readable.count(completion.count),
                    Readable.share(completion.count, of: total), "", completion.finish.readable,
                    completion.finish.description,
                ], mark: completion.finish == best.makespan ? "◀ last" : "")
        }
        var lines = table.lines(style)
        if groups.count > Self.mostRows {
            lines.append(style.faint("and \(count(groups.count - Self.mostRows, "group")) more"))
        }
        if shown < plan.count, busy > shown || plan.count > Self.mostRows {
            lines.append(
                style.faint(
                    "\(Readable.count(busy)) of \(Readable.count(plan.count)) neighbors send shards, "
                        + "\(shown) are shown; the plan file has all"))
        }
        return lines
    }

    private var sizeLines: [String] {
        var table = TextTable([("size", .right), ("shards", .right), ("makespan", .right), ("", .left)])
        for report in result.sizes {
            let mark = report.shardSize == result.best?.shardSize ? "◀ best" : ""
            let (readable, detail) = Self.text(of: report)
            table.add(["\(report.shardSize)", Readable.count(report.shards), readable, mark.isEmpty ? detail : mark])
        }
        return table.lines(style)
    }

    /// What is known of a size, as a time and a remark.
    static func text(of report: ChainSearch.SizeReport) -> (time: String, remark: String) {
        switch report.finding {
        case .makespan(let time):
            return (time.readable, "\(time) ns")
        case .cannotBeat(let incumbent, let size, let reached):
            return (
                "> \(incumbent.readable)",
                "cannot beat size \(size): by its makespan at most \(reached) of \(report.shards) shards are complete"
            )
        case .infeasible(let shortage):
            return ("–", "infeasible: \(Readable.count(shortage.missing)) short")
        case .beyondRange:
            return ("–", "beyond 2^76 ns, to which times are computed")
        }
    }
}
