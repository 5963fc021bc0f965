import ChaosModel
import ChaosText

/// Comparisons as tables.
public enum ComparisonText {
    /// Nanoseconds with a unit.
    static func time(_ value: Int?) -> String {
        value.map { ExactTime(nanoseconds: Int128($0)).readable } ?? "-"
    }

    /// Thousandths as a decimal fraction.
    static func ratio(_ thousandths: Int?) -> String {
        guard let value = thousandths else { return "-" }
        let rest = "\(value % 1000)"
        return "\(value / 1000)." + String((String(repeating: "0", count: 3 - rest.count) + rest).prefix(2))
    }

    public static func lines(of comparison: InstanceComparison, _ style: TextStyle) -> [String] {
        let ours = comparison.row(Policies.ours.name)
        var table = TextTable([
            ("policy", .left), ("state whole", .right), ("first gradient", .right), ("times ours", .right),
            ("of the fluid bound", .right), ("training halts", .right), ("idle, all members", .right),
        ])
        for row in comparison.rows {
            let ratio = ours.map { RatioSummary.thousandths(row.delay, of: $0.delay) }
            let bound = comparison.fluid.map { RatioSummary.thousandths(row.whole, of: $0) }
            table.add([
                row.title, time(row.whole), time(row.delay), Self.ratio(ratio), Self.ratio(bound), time(row.halted),
                time(row.idle),
            ])
        }
        let state = Readable.bytes(comparison.instance.state.bytes)
        let title =
            "\(comparison.name ?? comparison.file): \(state) from \(comparison.instance.neighbors.count) neighbors"
        return [style.strong(title)] + table.lines(style)
            + [style.faint("fluid bound of the transfer alone: \(time(comparison.fluid))")]
    }

    public static func lines(of summaries: [RatioSummary], instances: Int, _ style: TextStyle) -> [String] {
        var table = TextTable([
            ("policy", .left), ("instances", .right), ("first gradient, times ours: median", .right), ("least", .right),
            ("greatest", .right),
            ("state whole, times ours: median", .right), ("halt, median", .right), ("ahead of ours", .right),
        ])
        for summary in summaries {
            table.add([
                summary.title, "\(summary.delays.count)", ratio(summary.delays.median), ratio(summary.delays.first),
                ratio(summary.delays.last),
                ratio(summary.wholes.median), time(summary.halted.median), "\(summary.ahead)",
            ])
        }
        return [style.strong("\(instances) instances")] + table.lines(style)
    }

    public static func lines(of records: [PolicyRecord], name: String, _ style: TextStyle) -> [String] {
        let ours = records.first { $0.policy == Policies.ours.name }
        var table = TextTable([
            ("policy", .left), ("joined", .right), ("delay, median", .right), ("longest", .right),
            ("times ours", .right),
            ("idle a member and hour", .right), ("handled: leave", .right), ("crash", .right), ("link lost", .right),
            ("link added", .right), ("steps", .right), ("again", .right), ("goodput", .right), ("bytes", .right),
            ("twice", .right),
        ])
        for record in records {
            let delays = record.delays
            let ratio = ours?.delays.median.flatMap { ours in
                delays.median.map { RatioSummary.thousandths($0, of: ours) }
            }
            table.add([
                record.title, "\(delays.count) of \(record.joins.count)", time(delays.median), time(delays.last),
                Self.ratio(ratio), time(record.idlePerMemberAndHour),
                time(record.handlingTimes(of: .leave).median), time(record.handlingTimes(of: .crash).median),
                time(record.handlingTimes(of: .cut).median), time(record.handlingTimes(of: .mend).median),
                "\(record.steps)", "\(record.stepsAgain)", Readable.share(record.goodput, of: 1_000_000),
                Readable.bytes(record.bytes), Readable.bytes(record.bytesTwice),
            ])
        }
        var lines = [style.strong("\(name): \(time(records.first?.duration))")] + table.lines(style)
        if let left = records.first?.leftOut, left > 0 {
            lines.append(style.faint("\(left) events are left out: policies are not asked about them"))
        }
        return lines
    }

    /// Scale-out delays, a row a policy and a column a value.
    /// - Parameters:
    ///   - sweep: whose values the columns are.
    ///   - titles: of the policies.
    ///   - medians: for each value that of each policy.
    ///   - seeds: how many instances each is of.
    ///   - style: of the table.
    public static func lines(
        ofSweep sweep: Sweep, _ titles: [String], _ medians: [[Int]], seeds: Int, _ style: TextStyle
    ) -> [String] {
        var table = TextTable([("policy", .left)] + sweep.values.map { ("\($0)", .right) })
        for (k, title) in titles.enumerated() { table.add([title] + medians.map { time($0[k]) }) }
        return [style.strong("Scale-out delay by \(sweep.axis), median of \(seeds) instances each")]
            + table.lines(style)
    }

    /// Clusters with churn, a row a policy and a column a size.
    /// - Parameters:
    ///   - sizes: of the columns.
    ///   - runs: for each size, for each seed the record of each policy.
    ///   - style: of the table.
    public static func lines(ofChurn sizes: [Int], _ runs: [[[PolicyRecord]]], _ style: TextStyle) -> [String] {
        let seeds = runs.first?.count ?? 1
        func table(_ title: String, _ tell: (Int?) -> String, _ figure: (PolicyRecord) -> Int?) -> [String] {
            var table = TextTable([("policy", .left)] + sizes.map { ("\($0) nodes", .right) })
            for (k, record) in (runs.first?.first ?? []).enumerated() {
                table.add([record.title] + runs.map { run in SeedSpread(run.map { figure($0[k]) }).text(tell) })
            }
            let spread = seeds == 1 ? "" : ": median (least … greatest) of \(seeds) seeds"
            return [style.strong(title + spread)] + table.lines(style) + [""]
        }
        func share(_ millionths: Int?) -> String { millionths.map { Readable.share($0, of: 1_000_000) } ?? "-" }
        return table("Idle time a member and hour", time) { $0.idlePerMemberAndHour }
            + table("Scale-out delay, median", time) { $0.delays.median }
            + table("Steps, of those without any loss", share) { $0.goodput }
    }

    /// What the baselines take as given.
    public static func lines(of settings: PolicySettings, _ style: TextStyle) -> [String] {
        [style.faint("taken as given: " + settings.list.map { "\($0.name) \($0.value)" }.joined(separator: ", "))]
    }
}

extension PolicyRecord {
    /// Ascending, of those that have joined.
    public var delays: [Int] { joins.compactMap(\.delay).sorted() }

    /// From an event until all has been done about it and training goes on; ascending.
    public func handlingTimes(of event: Situation.Event) -> [Int] {
        handled.filter { $0.event == event }.map(\.time).sorted()
    }

    /// In ns.
    public var idlePerMemberAndHour: Int {
        memberTime == 0 ? 0 : Int(clamping: Int128(idle) * 3_600_000_000_000 / Int128(memberTime))
    }
}
