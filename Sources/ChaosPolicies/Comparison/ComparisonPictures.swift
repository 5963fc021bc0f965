import ChaosModel
import ChaosText
import Foundation

/// Comparisons as SVG: a row a policy. Pictures round; the exact figures are in the documents.
public enum ComparisonPictures {
    private static let (left, right, top, rowHeight) = (190.0, 60.0, 84.0, 26.0)
    private static let width = 920.0
    private static let (blue, red, green, grey, faint) = ("#3b78b0", "#c0392b", "#2e8b57", "#555", "#ddd")

    /// One join: until the state is whole, until the first gradient, and for how long training halts.
    public static func svg(of comparison: InstanceComparison) -> String {
        let rows = comparison.rows
        let longest = Double(rows.map(\.delay).max() ?? 1)
        var svg = frame(
            comparison.name ?? comparison.file, rows.map(\.title),
            legend: [
                (blue, "until the state is whole"), ("#9dbfdd", "until the first gradient"), (red, "training halts"),
            ])
        let x = { (value: Double) in left + value / longest * (width - left - right) }
        ticks(&svg, rows.count, to: longest / 1e9, "s") { x($0 * 1e9) }
        if let fluid = comparison.fluid {
            svg.line(x(Double(fluid)), top - 6, x(Double(fluid)), bottom(rows.count), stroke: grey, dash: "4 3")
            svg.text(x(Double(fluid)) + 4, top - 8, "fluid bound", size: 11, fill: grey)
        }
        for (k, row) in rows.enumerated() {
            let y = top + Double(k) * rowHeight
            svg.rectangle(
                left, y + 3, x(Double(row.delay)) - left, 12, fill: "#9dbfdd",
                title: "\(row.title): first gradient after \(ComparisonText.time(row.delay))")
            svg.rectangle(
                left, y + 3, x(Double(row.whole)) - left, 12, fill: blue,
                title: "\(row.title): the state is whole after \(ComparisonText.time(row.whole))")
            if row.halted > 0 {
                svg.rectangle(
                    left, y + 17, x(Double(row.halted)) - left, 5, fill: red,
                    title: "\(row.title): training halts for \(ComparisonText.time(row.halted))")
            }
        }
        return svg.text
    }

    /// Many joins: the ratio of the scale-out delay to ours, from the least to the greatest, with a mark at the median.
    public static func svg(of summaries: [RatioSummary], instances: Int) -> String {
        let rows = summaries.filter { !$0.delays.isEmpty }
        let values = rows.flatMap(\.delays).map { max(1, Double($0)) / 1000 }
        let (low, high) = (floor(log10(values.min() ?? 1)), ceil(log10(max(values.max() ?? 10, 10))))
        var svg = frame(
            "Scale-out delay, times that of Chaos, over \(instances) instances", rows.map(\.title),
            legend: [(blue, "from the least to the greatest"), ("#222", "median")])
        let x = { (value: Double) in left + (log10(value) - low) / (high - low) * (width - left - right) }
        for decade in stride(from: low, through: high, by: 1) {
            // Where there is room.
            for factor in [1.0, 2, 5] where factor == 1 || decade < high && high - low <= 3 {
                let value = factor * pow(10, decade)
                svg.line(x(value), top - 6, x(value), bottom(rows.count), stroke: value == 1 ? grey : faint)
                svg.text(x(value), bottom(rows.count) + 16, decimal(value), size: 11, anchor: .middle, fill: grey)
            }
        }
        for (k, row) in rows.enumerated() {
            let y = top + Double(k) * rowHeight + 11
            let (least, greatest) = (Double(max(1, row.delays[0])) / 1000, Double(max(1, row.delays.last!)) / 1000)
            let median = Double(max(1, row.delays.median!)) / 1000
            svg.line(x(least), y, x(greatest), y, stroke: blue, width: 5)
            svg.rectangle(
                x(median) - 2, y - 8, 4, 16, fill: "#222",
                title: "\(row.title): \(ComparisonText.ratio(row.delays.median)) times ours in the median")
            svg.text(width - right + 8, y + 4, ComparisonText.ratio(row.delays.median), size: 11, fill: grey)
        }
        return svg.text
    }

    /// A scenario, over time, a strip a policy: how many members were idle, the goodput up to then, and a mark where a joiner
    /// began to contribute.
    public static func svg(of records: [PolicyRecord], name: String) -> String {
        let longest = Double(max(1, records.map(\.duration).max() ?? 1))
        let most = Double(max(1, records.flatMap(\.idleMembers).map(\.count).max() ?? 1))
        var svg = frame(
            "\(name): members that are idle, and goodput", records.map(\.title),
            legend: [
                (red, "idle members, up to \(Int(most))"), (blue, "a joiner contributes"),
                (green, "goodput up to then, from 0 to 100 %"),
            ])
        let x = { (value: Double) in left + value / longest * (width - left - right) }
        ticks(&svg, records.count, to: longest / 1e9, "s") { x($0 * 1e9) }
        for (k, record) in records.enumerated() {
            let base = top + Double(k + 1) * rowHeight - 3
            for (place, idle) in record.idleMembers.enumerated() where idle.count > 0 {
                let end = place + 1 < record.idleMembers.count ? record.idleMembers[place + 1].time : record.duration
                let height = max(2, Double(idle.count) / most * (rowHeight - 6))
                svg.rectangle(
                    x(Double(idle.time)), base - height, max(0.7, x(Double(end)) - x(Double(idle.time))), height,
                    fill: red,
                    title: "\(idle.count) members idle for \(ComparisonText.time(end - idle.time))")
            }
            for join in record.joins {
                guard let contributed = join.contributed else { continue }
                svg.line(x(Double(contributed)), base - 8, x(Double(contributed)), base, stroke: blue, width: 1.5)
            }
            svg.line(left, base, width - right, base, stroke: faint)
            let curve = record.goodputs.map { time, goodput in
                let height = Double(min(max(0, goodput), 1_000_000)) / 1e6 * (rowHeight - 6)
                return (x: x(Double(time)), y: base - height)
            }
            svg.polyline(curve, stroke: green, width: 1.2, isDotted: false)
            svg.text(
                width - right + 8, base - 5, Readable.share(record.goodput, of: 1_000_000), size: 11, fill: grey)
        }
        return svg.text
    }

    private static func bottom(_ rows: Int) -> Double { top + Double(rows) * rowHeight + 2 }

    private static func frame(_ title: String, _ rows: [String], legend: [(color: String, text: String)]) -> SVGDocument
    {
        var svg = SVGDocument(width: Int(width), height: Int(bottom(rows.count)) + 34)
        svg.text(16, 28, title, size: 16, isBold: true)
        var at = 16.0
        for (color, text) in legend {
            svg.rectangle(at, 44, 12, 12, fill: color)
            svg.text(at + 18, 54, text, size: 12, fill: grey)
            at += 40 + TextMetrics.width(text, size: 12)
        }
        for (k, row) in rows.enumerated() {
            svg.text(left - 10, top + Double(k) * rowHeight + 15, row, anchor: .end, within: left - 20)
        }
        return svg
    }

    private static func ticks(
        _ svg: inout SVGDocument, _ rows: Int, to end: Double, _ unit: String, _ x: (Double) -> Double
    ) {
        guard end > 0 else { return }
        let power = pow(10, floor(log10(end)))
        let step = end / power >= 5 ? power : end / power >= 2 ? power / 2 : power / 5
        for k in 0...Int(end / step) {
            let value = Double(k) * step
            svg.line(x(value), top - 6, x(value), bottom(rows), stroke: faint)
            svg.text(x(value), bottom(rows) + 16, "\(decimal(value)) \(unit)", size: 11, anchor: .middle, fill: grey)
        }
    }

    /// Up to three decimals, without zeros at the end.
    private static func decimal(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let rest = thousandths % 1000
        if rest == 0 { return "\(thousandths / 1000)" }
        var digits = String("\(1000 + rest)".dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(thousandths / 1000).\(digits)"
    }
}
