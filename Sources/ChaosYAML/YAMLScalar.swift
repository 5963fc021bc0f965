/// What a scalar of a YAML document is.
///
/// YAML itself has grown several answers: to some readers `no` is false, `0o17` and `017` are numbers, and `12:30` is
/// 750. Here a scalar without quotes is what JSON would take it for: a whole number as JSON writes it, `true`, `false`,
/// and nothing, `null` or `~` for null. All else is text, as is all in quotes: `1e3`, `1.5`, `0x10`, `007`, `1_000`,
/// `yes` and `True` too.
enum YAMLScalar: Equatable {
    case text
    case number
    case boolean(Bool)
    case null

    init(_ text: String, isPlain: Bool) {
        switch text {
        case _ where !isPlain: self = .text
        case "true": self = .boolean(true)
        case "false": self = .boolean(false)
        case "", "null", "~": self = .null
        default: self = Self.isWholeNumber(text) ? .number : .text
        }
    }

    /// Whether the text is a whole number as JSON writes them: without plus, leading zeros, point and exponent.
    private static func isWholeNumber(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard let first = digits.first, digits.allSatisfy({ (48...57).contains($0) }) else { return false }
        return first != UInt8(ascii: "0") || digits.count == 1
    }
}
