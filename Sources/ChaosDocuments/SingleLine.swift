/// Texts from files, such as names, made fit for a line of a terminal.
package enum SingleLine {
    /// The text with control characters, line ends and invisible marks of direction as escapes, cut to `most` scalars.
    package static func of(_ text: String, most: Int = 400) -> String {
        var line = String.UnicodeScalarView()
        for (length, scalar) in text.unicodeScalars.enumerated() {
            if length == most { return String(line) + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: line.append(scalar)
            }
        }
        return String(line)
    }
}
