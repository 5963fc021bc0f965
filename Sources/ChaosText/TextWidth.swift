/// How many columns of a terminal a text takes. Names may be in any script.
package enum TextWidth {
    /// Two columns each, by Unicode's East Asian Width (UAX #11, wide and fullwidth), in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
        0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]

    private static func columns(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        return isWide(first) ? 2 : 1
    }

    package static func isWide(_ scalar: Unicode.Scalar) -> Bool { wide.contains { $0.contains(scalar.value) } }

    package static func columns(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + columns($1) } }

    /// The text, cut with an ellipsis to at most `most` columns.
    package static func cut(_ text: String, to most: Int) -> String {
        guard columns(text) > most else { return text }
        var (kept, width) = ("", 0)
        for character in text {
            width += columns(character)
            guard width < most else { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// The text with spaces behind it up to `width` columns.
    package static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(text)))
    }
}
