import ChaosModel

extension TimelineChart {
    private static let (left, axis, laneHeight, transferHeight) = (150.0, 780.0, 24.0, 13.0)

    /// The chart as an SVG document. Exact figures appear where the pointer rests.
    public var svg: String {
        let (left, axis) = (Self.left, Self.axis)
        let top = 92.0
        let heights = lanes.map { lane in
            Self.laneHeight + Double(min(lane.transfers.count, Self.mostTransfers)) * Self.transferHeight
        }
        let times = ticks(most: 9)
        let steps = times.map(step)
        let bottom = top + heights.reduce(0, +)
        // Where the marks are told.
        let words = bottom + (steps.contains { $0 != nil } ? 14 : 0)
        let rows = (marks.count + 2) / 3
        var svg = SVGDocument(
            width: 1180, height: Int(words) + 58 + 17 * rows + (hiddenLanes + hiddenMarks > 0 ? 20 : 0))
        let x = { (time: Int) in left + Double(self.position(time, width: 78_000)) / 78_000 * axis }
        svg.text(16, 26, title, size: 16, isBold: true)
        drawKey(&svg, 44)
        for (tick, step) in zip(times, steps) {
            svg.line(x(tick), top - 4, x(tick), bottom + 4, stroke: "#ddd")
            svg.text(x(tick), bottom + 18, Self.readable(tick), size: 11, anchor: .middle, fill: "#555")
            guard let step else { continue }
            svg.text(
                x(tick), bottom + 32, "step \(Readable.count(step))", size: 11, anchor: .middle, fill: "#555")
        }
        var y = top
        var places: [Double] = []
        for (lane, height) in zip(lanes, heights) {
            places.append(y)
            draw(lane, at: y, x, &svg)
            y += height
        }
        draw(marks, places: places, top: top, bottom: bottom, words: words, x, &svg)
        var note: [String] = []
        if hiddenLanes > 0 { note.append("\(Readable.count(hiddenLanes)) lanes more") }
        if hiddenMarks > 0 { note.append("\(Readable.count(hiddenMarks)) events more") }
        if !note.isEmpty {
            svg.text(16, words + 56 + 17 * Double(rows), "and " + note.joined(separator: ", "), size: 11)
        }
        return svg.text
    }

    private func drawKey(_ svg: inout SVGDocument, _ y: Double) {
        var at = 16.0
        func entry(_ fill: String, _ label: String) {
            svg.rectangle(at, y - 10, 12, 12, fill: fill)
            svg.text(at + 17, y, label, size: 11)
            at += 34 + 6.2 * Double(TextWidth.columns(label))
        }
        entry(Activity.training(view: 1).fill, "training, the views in turn in two shades")
        let seen = Set(lanes.lazy.flatMap(\.spans).map(\.activity))
        for activity in Activity.others {
            if seen.contains(activity) || activity == .outside { entry(activity.fill, "\(activity)") }
        }
        if lanes.contains(where: { !$0.transfers.isEmpty }) {
            entry(Self.transferFill, "transfer")
            entry("#222", "planned end")
        }
    }

    private static let transferFill = "#6aa66c"

    private func draw(_ lane: Lane, at y: Double, _ x: (Int) -> Double, _ svg: inout SVGDocument) {
        let height = Self.laneHeight
        svg.text(Self.left - 8, y + 16, TextWidth.cut(lane.name, to: 22), anchor: .end)
        svg.rectangle(Self.left, y + 3, Self.axis, height - 6, fill: Activity.outside.fill)
        // The graver on top, or one that is too short for a pixel would lie under the next.
        let spans = lane.spans.filter { $0.activity != .outside }
        for span in spans.sorted(by: { $0.activity.gravity < $1.activity.gravity }) {
            let width = max(1, x(span.end) - x(span.start))
            svg.rectangle(
                x(span.start), y + 3, width, height - 6, fill: span.activity.fill,
                title: "\(lane.name): \(span.activity) from \(span.start) to \(span.end) ns"
                    + (span.note.isEmpty ? "" : ", \(span.note)"))
            if let label = span.activity.label, width > 6.5 * Double(label.count) + 6 {
                svg.text(x(span.start) + 4, y + 16, label, size: 10, fill: "white")
            }
        }
        for (k, transfer) in lane.transfers.prefix(Self.mostTransfers).enumerated() {
            let row = y + height + Double(k) * Self.transferHeight
            svg.text(
                Self.left - 8, row + 8, TextWidth.cut("from \(transfer.source)", to: 26), size: 10, anchor: .end,
                fill: "#555")
            svg.rectangle(
                x(transfer.start), row, max(1, x(transfer.end) - x(transfer.start)), 8, fill: Self.transferFill,
                title: "\(transfer.bytes) bytes from \(transfer.source) to \(lane.name), \(transfer.start) to "
                    + "\(transfer.end) ns" + (transfer.planned.map { ", planned \($0) ns" } ?? ""))
            if let planned = transfer.planned {
                svg.rectangle(x(planned) - 0.75, row - 2, 1.5, 12, fill: "#222", title: "planned \(planned) ns")
            }
            svg.text(Self.left + Self.axis + 8, row + 8, transfer.summary, size: 10, fill: "#555")
        }
        let hidden = lane.transfers.count - Self.mostTransfers
        if hidden > 0 {
            svg.text(Self.left + Self.axis + 8, y + 16, "and \(hidden) transfers more", size: 10, fill: "#555")
        }
    }

    /// A line with a letter for each mark, and what the letters stand for below, in three columns.
    private func draw(
        _ marks: [Mark], places: [Double], top: Double, bottom: Double, words: Double, _ x: (Int) -> Double,
        _ svg: inout SVGDocument
    ) {
        let rows = (marks.count + 2) / 3
        // Letters that would lie on each other move up to a second row, or are left out where there is none.
        var ends = [-Double.infinity, -Double.infinity]
        for (index, mark) in marks.enumerated() {
            let at = x(mark.time)
            let lane = mark.lane.flatMap { places.indices.contains($0) ? $0 : nil }
            let tip = "\(lane.map { "\(lanes[$0].name): " } ?? "")\(mark.text) at \(mark.time) ns"
            let (from, to) = lane.map { (places[$0] + 1, places[$0] + Self.laneHeight - 1) } ?? (top - 4, bottom + 4)
            svg.rectangle(at - 0.75, from, 1.5, to - from, fill: "#222", title: tip)
            if let row = ends.firstIndex(where: { $0 <= at }) {
                svg.text(at, top - 8 - 13 * Double(row), Self.letter(index), size: 11, anchor: .middle, fill: "#222")
                ends[row] = at + 9
            }
            let column = Double(index / max(1, rows))
            let line = words + 46 + 17 * Double(index % max(1, rows))
            let text =
                "\(Self.letter(index))  \(Self.readable(mark.time))  "
                + (lane.map { "\(lanes[$0].name): " } ?? "") + mark.text
            svg.text(16 + column * 385, line, TextWidth.cut(text, to: 60), size: 11)
        }
    }
}

extension TimelineChart.Activity {
    fileprivate var fill: String {
        switch self {
        case .outside: "#ececec"
        case .training(let view): view % 2 == 0 ? "#5b93c5" : "#3b78b0"
        case .paused: "#8e5aa8"
        case .catchingUp: "#f0c36d"
        case .pulling: "#e08a2b"
        case .pullingInVain: "#a0522d"
        case .halted: "#c0392b"
        }
    }

    /// What is written on a bar that has room for it.
    fileprivate var label: String? {
        switch self {
        case .outside: nil
        case .training(let view): "view \(view)"
        case .paused, .catchingUp, .pulling, .pullingInVain, .halted: description
        }
    }
}
