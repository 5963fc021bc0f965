/// Texts from files, such as names, made fit for a line of a terminal.
package enum SingleLine {
    /// The text with control characters, line ends and invisible marks of direction as escapes, cut to `most` scalars.
    package static func of(_ text: String, most: Int = 400) -> String {
        var line = String.UnicodeScalarView()
        for (length, scalar) in text.unicodeScalars.enumerated() {
            if length == most { return String(line) + "…" }
            if let escape = escape(of: scalar) {
                line.append(contentsOf: escape.unicodeScalars)
            } else {
                line.append(scalar)
            }
        }
        return String(line)
    }

    /// The text of several lines with what else would not show, or do something to a terminal, as escapes.
    /// - Parameter keepsColors: whether the codes of colours and weights stay, which `TextStyle` makes.
    package static func ofEach(_ text: String, keepsColors: Bool = false) -> String {
        // Nearly every text: nothing to escape.
        if !text.unicodeScalars.contains(where: { $0 != "\n" && escape(of: $0) != nil }) { return text }
        var lines = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if keepsColors, let code = colorCode(at: rest) {
                lines.append(contentsOf: code)
                rest = rest[code.endIndex...]
                continue
            }
            if scalar != "\n", let escape = escape(of: scalar) {
                lines.append(contentsOf: escape.unicodeScalars)
            } else {
                lines.append(scalar)
            }
            rest.removeFirst()
        }
        return String(lines)
    }

    /// ESC [ digits and semicolons m.
    private static func colorCode(at rest: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView? {
        guard rest.starts(with: "\u{1B}[".unicodeScalars) else { return nil }
        let numbers = rest.dropFirst(2).prefix { ("0"..."9").contains($0) || $0 == ";" }
        guard numbers.endIndex < rest.endIndex, rest[numbers.endIndex] == "m" else { return nil }
        return rest[...numbers.endIndex]
    }

    /// How a scalar is shown that is none to be shown; nil: as it is. A byte of a file name that is no UTF-8 is shown in
    /// hexadecimal.
    package static func escape(of scalar: Unicode.Scalar) -> String? {
        if scalar.isASCII { return (0x20..<0x7F).contains(scalar.value) ? nil : hexadecimal(scalar) }
        if let byte = FileName.byte(of: scalar) { return "\\x\(String(byte, radix: 16))" }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: hexadecimal(scalar)
        default: nil
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        "\\u{\(String(scalar.value, radix: 16))}"
    }
}
