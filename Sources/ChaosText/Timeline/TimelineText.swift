extension TimelineChart {
    /// The chart for a terminal: a line a node, a column a slice of time. A slice in which a node did several things
    /// shows the gravest.
    public func lines(_ style: TextStyle, width: Int) -> [String] {
        let labels = lanes.flatMap { [$0.name] + $0.transfers.prefix(Self.mostTransfers).map { "  from \($0.source)" } }
        let shown = min(24, labels.map { TextWidth.columns($0) }.max() ?? 0)
        let notes = lanes.flatMap { $0.transfers.prefix(Self.mostTransfers).map(\.summary) }
        let noteWidth = notes.map { TextWidth.columns($0) }.max().map { $0 + 2 } ?? 0
        let axis = max(20, width - shown - noteWidth - 2)
        func label(_ text: String) -> String { TextWidth.padded(TextWidth.cut(text, to: shown), to: shown) + "  " }
        let indent = label("")

        var lines = [style.strong(title), key(style)]
        // So many letters there are.
        let groups = groups(width: axis, gap: max(1, (axis + Self.letters.count - 2) / (Self.letters.count - 1)))
        if !marks.isEmpty { lines.append(trimmed(indent + row(of: groups, axis))) }
        for lane in lanes {
            lines.append(label(lane.name) + row(of: lane, axis, style))
            for transfer in lane.transfers.prefix(Self.mostTransfers) {
                lines.append(
                    style.faint(label("  from \(transfer.source)")) + bar(of: transfer, axis, style) + "  "
                        + style.faint(transfer.summary))
            }
            let hidden = lane.transfers.count - Self.mostTransfers
            if hidden > 0 { lines.append(style.faint("  and \(hidden) transfers more")) }
        }
        if hiddenLanes > 0 { lines.append(style.faint("and \(Readable.count(hiddenLanes)) lanes more")) }
        lines.append(style.faint(trimmed(indent + axisRow(axis))))
        for (letter, group) in zip(Self.letters, groups) {
            for mark in group.marks {
                let line = "\(letter)  \(Self.readable(mark.time))  \(mark.kind.character) \(words(of: mark))"
                lines.append(mark.kind.paint(line, style))
            }
        }
        if hiddenMarks > 0 { lines.append(style.faint("and \(Readable.count(hiddenMarks)) events more")) }
        return lines
    }

    private func key(_ style: TextStyle) -> String {
        var parts = ["0…9 training under the view with that last digit"]
        let seen = Set(lanes.lazy.flatMap(\.spans).map(\.activity))
        for activity in Activity.others {
            guard seen.contains(activity) || activity == .outside else { continue }
            parts.append("\(activity.character) \(activity)")
        }
        if lanes.contains(where: { !$0.transfers.isEmpty }) { parts.append("━ transfer, ┊ planned end") }
        return style.faint(parts.joined(separator: "   "))
    }

    private func row(of lane: Lane, _ axis: Int, _ style: TextStyle) -> String {
        var cells = [Activity](repeating: .outside, count: axis)
        for span in lane.spans where span.end > span.start || span.activity != .outside {
            let first = min(axis - 1, position(span.start, width: axis))
            // A span that ends where a column begins has no part in it.
            let last = position(max(span.start, span.end - 1), width: axis)
            for x in first...max(first, min(axis - 1, last)) where cells[x].gravity < span.activity.gravity {
                cells[x] = span.activity
            }
        }
        return cells.map { activity in
            switch activity {
            case .outside: style.faint(activity.character)
            case .training: activity.character
            case .catchingUp, .pulling: style.bar(activity.character)
            case .paused: style.warning(activity.character)
            case .pullingInVain, .halted: style.bad(activity.character)
            }
        }.joined()
    }

    private func bar(of transfer: Transfer, _ axis: Int, _ style: TextStyle) -> String {
        let first = min(axis - 1, position(transfer.start, width: axis))
        let last = min(axis - 1, position(max(transfer.start, transfer.end - 1), width: axis))
        let planned = transfer.planned.map { min(axis - 1, position($0, width: axis)) }
        return (0..<axis).map { x in
            x == planned ? style.strong("┊") : (first...last).contains(x) ? style.bar("━") : " "
        }.joined()
    }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

    private func row(of groups: [MarkGroup], _ axis: Int) -> String {
        var cells = [Character](repeating: " ", count: axis)
        for (letter, group) in zip(Self.letters, groups) { cells[min(axis - 1, group.place)] = letter }
        return String(cells)
    }

    private func axisRow(_ axis: Int) -> String {
        var row = ""
        for tick in AxisTicks.labelled(to: Int128(end), most: max(1, axis / 14)) {
            let x = position(Int(tick.time), width: axis)
            let text = "╵\(tick.label)"
            guard x >= TextWidth.columns(row), x + TextWidth.columns(text) <= axis + 8 else { continue }
            row = TextWidth.padded(row, to: x) + text
        }
        return row
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension TimelineChart.Mark.Kind {
    fileprivate var character: String {
        switch self {
        case .event: "▼"
        case .loss: "✕"
        case .change: "│"
        case .plan: "◇"
        case .trouble: "!"
        case .news: "·"
        }
    }

    /// What was done stands out, and what follows from it does not.
    fileprivate func paint(_ line: String, _ style: TextStyle) -> String {
        switch self {
        case .event: style.strong(line)
        case .loss, .trouble: style.bad(line)
        case .change, .plan: line
        case .news: style.faint(line)
        }
    }
}

extension TimelineChart.Activity {
    fileprivate var character: String {
        switch self {
        case .outside: "·"
        case .training(let view): "\(abs(view % 10))"
        case .paused: "="
        case .catchingUp: "░"
        case .pulling: "▒"
        case .pullingInVain: "x"
        case .halted: "!"
        }
    }
}
