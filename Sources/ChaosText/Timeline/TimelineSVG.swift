import ChaosModel

extension TimelineChart {
    private static let (left, axis, laneHeight, transferHeight) = (150.0, 780.0, 24.0, 13.0)

    /// The chart as an SVG document. Exact figures appear where the pointer rests.
    public var svg: String {
        let (left, axis) = (Self.left, Self.axis)
        let top = 102.0
        let heights = lanes.map { lane in
            Self.laneHeight + Double(min(lane.transfers.count, Self.mostTransfers)) * Self.transferHeight
        }
        func stepLabel(_ time: Int128) -> String? { step(Int(time)).map { "step \(Readable.count($0))" } }
        let ticks = AxisTicks.fitting(to: Int128(end), width: axis, size: 11, note: stepLabel)
        let steps = ticks.map { stepLabel($0.time) }
        let bottom = top + heights.reduce(0, +)
        // Where the marks are told.
        let words = bottom + (steps.contains { $0 != nil } ? 14 : 0)
        // A label of three digits has room.
        let groups = groups(width: Int(axis), gap: 26)
        let lines = lines(of: groups)
        let rows = (lines.count + 1) / 2
        var svg = SVGDocument(
            width: 1180, height: Int(words) + 58 + 17 * rows + (hiddenLanes + hiddenMarks > 0 ? 20 : 0))
        let x = { (time: Int) in left + Double(self.position(time, width: 78_000)) / 78_000 * axis }
        svg.text(16, 26, title, size: 16, isBold: true)
        drawKey(&svg, 44)
        for (tick, step) in zip(ticks, steps) {
            let at = x(Int(tick.time))
            svg.line(at, top - 4, at, bottom + 4, stroke: "#ddd")
            svg.text(at, bottom + 18, tick.label, size: 11, anchor: .middle, fill: "#555")
            guard let step else { continue }
            svg.text(
                at, bottom + 32, step, size: 11, anchor: .middle, fill: "#555")
        }
        var y = top
        var places: [Double] = []
        for (lane, height) in zip(lanes, heights) {
            places.append(y)
            draw(lane, at: y, x, &svg)
            y += height
        }
        draw(groups, places: places, top: top, bottom: bottom, x, &svg)
        write(lines, rows: max(1, rows), below: words + 46, &svg)
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
            at += 34 + TextMetrics.width(label, size: 11)
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
        at = 16
        for kind in Mark.Kind.allCases where marks.contains(where: { $0.kind == kind }) {
            kind.draw(at + 6, y + 14, title: nil, &svg)
            svg.text(at + 17, y + 18, kind.name, size: 11)
            at += 34 + TextMetrics.width(kind.name, size: 11)
        }
    }

    private static let transferFill = "#6aa66c"

    private func draw(_ lane: Lane, at y: Double, _ x: (Int) -> Double, _ svg: inout SVGDocument) {
        let height = Self.laneHeight
        svg.text(Self.left - 8, y + 16, lane.name, anchor: .end)
        svg.rectangle(Self.left, y + 3, Self.axis, height - 6, fill: Activity.outside.fill)
        // The graver on top, or one that is too short for a pixel would lie under the next.
        let spans = lane.spans.filter { $0.activity != .outside }
        for span in spans.sorted(by: { $0.activity.gravity < $1.activity.gravity }) {
            let width = max(1, x(span.end) - x(span.start))
            svg.rectangle(
                x(span.start), y + 3, width, height - 6, fill: span.activity.fill,
                title: "\(lane.name): \(span.activity) from \(span.start) to \(span.end) ns"
                    + (span.note.isEmpty ? "" : ", \(span.note)"))
            if let label = span.activity.label, width > TextMetrics.width(label, size: 10) + 6 {
                svg.text(x(span.start) + 4, y + 16, label, size: 10, fill: "white")
            }
        }
        for (k, transfer) in lane.transfers.prefix(Self.mostTransfers).enumerated() {
            let row = y + height + Double(k) * Self.transferHeight
            svg.text(
                Self.left - 8, row + 8, "from \(transfer.source)", size: 10, anchor: .end,
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

    /// A number over the axis for each group of marks, a symbol for each mark in its lane, and for what concerns all a line
    /// through all lanes.
    private func draw(
        _ groups: [MarkGroup], places: [Double], top: Double, bottom: Double, _ x: (Int) -> Double,
        _ svg: inout SVGDocument
    ) {
        for (number, group) in groups.enumerated() {
            let weighty = group.marks.min { $0.kind.rank < $1.kind.rank } ?? group.marks[0]
            svg.text(
                x(group.marks[0].time), top - 8, "\(number + 1)", size: 11, anchor: .middle, fill: weighty.kind.fill,
                isBold: weighty.kind.isWeighty)
            for mark in group.marks {
                let tip = "\(words(of: mark)) at \(mark.time) ns"
                let at = x(mark.time)
                if let lane = mark.lane, places.indices.contains(lane) {
                    // What weighs less leaves the words on the bar legible.
                    let y = places[lane] + Self.laneHeight - (mark.kind.isWeighty ? Self.laneHeight / 2 : 3)
                    mark.kind.draw(at, y, title: tip, &svg)
                } else {
                    svg.rectangle(
                        at - 0.5, top - 4, mark.kind.isWeighty ? 2 : 1, bottom + 4 - (top - 4), fill: mark.kind.fill,
                        title: tip)
                }
            }
        }
    }

    private static let column = 570.0

    /// What the numbers stand for, in lines of one column.
    private func lines(of groups: [MarkGroup]) -> [(number: String, mark: Mark?, text: String)] {
        groups.enumerated().flatMap { number, group in
            group.marks.enumerated().flatMap { k, mark in
                TextMetrics.wrapped(
                    "\(Self.readable(mark.time))  \(words(of: mark))", to: Self.column - 60, size: 11,
                    isBold: mark.kind.isWeighty, lines: 3
                ).enumerated().map { line, text in
                    (k == 0 && line == 0 ? "\(number + 1)" : "", line == 0 ? mark : nil, text)
                }
            }
        }
    }

    private func write(
        _ lines: [(number: String, mark: Mark?, text: String)], rows: Int, below y: Double, _ svg: inout SVGDocument
    ) {
        var kind = Mark.Kind.news
        for (index, line) in lines.enumerated() {
            let left = 16 + Self.column * Double(index / rows)
            let base = y + 17 * Double(index % rows)
            svg.text(left + 22, base, line.number, size: 11, anchor: .end, fill: "#555")
            if let mark = line.mark {
                kind = mark.kind
                kind.draw(left + 36, base - 4, title: nil, &svg)
            }
            svg.text(
                left + 48, base, line.text, size: 11, fill: kind == .news ? "#777" : "#222", isBold: kind.isWeighty,
                within: Self.column - 56)
        }
    }
}

extension TimelineChart.Mark.Kind {
    fileprivate var isWeighty: Bool { self == .event || self == .loss }

    fileprivate var fill: String {
        switch self {
        case .event: "#222"
        case .loss, .trouble: "#c0392b"
        case .change: "#3b78b0"
        case .plan: "#b8860b"
        case .news: "#999"
        }
    }

    fileprivate var name: String {
        switch self {
        case .event: "event"
        case .loss: "node gone"
        case .change: "view"
        case .plan: "plan"
        case .trouble: "trouble"
        case .news: "news"
        }
    }

    fileprivate func draw(_ x: Double, _ y: Double, title: String?, _ svg: inout SVGDocument) {
        let r = 4.5
        switch self {
        case .event: svg.polygon([(x - r, y - r), (x + r, y - r), (x, y + r)], fill: fill, title: title)
        case .loss:
            let (a, b) = (r - 1.5, r)
            svg.polygon(
                [
                    (x - b, y - a), (x - a, y - b), (x, y - b + a), (x + a, y - b), (x + b, y - a), (x + b - a, y),
                    (x + b, y + a), (x + a, y + b), (x, y + b - a), (x - a, y + b), (x - b, y + a), (x - b + a, y),
                ], fill: fill, stroke: "white", title: title)
        case .change: svg.rectangle(x - 1, y - r, 2, 2 * r, fill: fill, title: title)
        case .plan:
            svg.polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], fill: "white", stroke: fill, title: title)
        case .trouble: svg.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill: fill, title: title)
        case .news: svg.rectangle(x - 1.5, y - 1.5, 3, 3, fill: fill, title: title)
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
