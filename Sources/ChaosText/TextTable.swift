import ChaosDocuments

/// A table in a terminal: columns as wide as their widest cell, numbers to the right.
public struct TextTable: Sendable {
    public enum Alignment: Sendable { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// - Parameter columns: the title and alignment of each column.
    public init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    /// Adds a row.
    /// - Parameters:
    ///   - cells: texts, from files perhaps: control characters are shown as escapes, overlong texts are cut.
    ///   - mark: a last cell that stands as it is, colours included.
    public mutating func add(_ cells: [String], mark: String? = nil) {
        rows.append(cells.map { TextWidth.cut(SingleLine.of($0), to: Self.mostColumns) } + [mark].compactMap { $0 })
    }

    /// The columns of the widest cell.
    private static let mostColumns = 120

    /// The lines of the table, the title first.
    public func lines(_ style: TextStyle = .plain) -> [String] {
        var widths = [Int](repeating: 0, count: alignments.count)
        for row in rows {
            for (k, cell) in row.enumerated() { widths[k] = max(widths[k], TextWidth.columns(cell)) }
        }
        return rows.enumerated().map { index, row in
            var line = ""
            for (k, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[k] - TextWidth.columns(cell))
                line += (k > 0 ? "  " : "") + (alignments[k] == .right ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return index == 0 ? style.faint(line) : line
        }
    }
}

/// A horizontal bar of eighths of characters.
public enum TextBar {
    /// - Parameter width: the characters that `whole` takes.
    public static func bar(_ part: Int128, of whole: Int128, width: Int) -> String {
        guard whole > 0, part > 0 else { return "" }
        let eighths = Int(min(part, whole) * Int128(8 * width) / whole)
        let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let text = String(repeating: "█", count: eighths / 8) + rest
        return text.isEmpty ? "▏" : text
    }
}

/// Colours and weights on a terminal, or plain text.
public struct TextStyle: Sendable {
    public let hasColor: Bool

    public init(hasColor: Bool) { self.hasColor = hasColor }

    public static let plain = TextStyle(hasColor: false)

    public func good(_ text: String) -> String { wrap(text, "32") }
    public func bad(_ text: String) -> String { wrap(text, "1;31") }
    public func warning(_ text: String) -> String { wrap(text, "33") }
    public func strong(_ text: String) -> String { wrap(text, "1") }
    public func faint(_ text: String) -> String { wrap(text, "2") }
    public func bar(_ text: String) -> String { wrap(text, "36") }

    private func wrap(_ text: String, _ code: String) -> String {
        // A text that a file brings along could hold codes of its own.
        let text = SingleLine.of(text, most: .max)
        return hasColor && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
