import ChaosDocuments

/// How the tables of an import are written, where not as CSV is by rights.
public struct TableForm: Sendable, Equatable {
    public var dialect = CSVTable.Dialect()
    /// True: figures are as in "1,5", and a point in one is a fault.
    public var hasDecimalComma = false
    /// What a field holds, beside nothing, where nothing was measured; for figures only, letter by letter.
    public var missing: [String] = []

    public init() {}

    /// Reads a separator: one character, or "tab".
    public static func separator(_ text: String) throws(SettingRefusal) -> UInt8 {
        if ["tab", "\\t", "\t"].contains(text) { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first, (0x20..<0x7F).contains(byte),
            byte != UInt8(ascii: "\""), !text.allSatisfy({ $0.isLetter || $0.isNumber })
        else {
            throw SettingRefusal(
                "\"\(text)\" is no separator; allowed: tab, or one ASCII character but a letter, a digit or a quote")
        }
        return byte
    }

    func isMissing(_ field: String) -> Bool { field.isEmpty || missing.contains(field) }

    /// - Returns: the figure with a decimal point; nil if it has one where a comma belongs.
    func decimal(_ field: String) -> String? {
        guard hasDecimalComma else { return field }
        return field.contains(".") ? nil : field.replacing(",", with: ".")
    }

    /// For messages.
    var namesOfMissing: String { (["nothing"] + missing.map { "\"\($0)\"" }).joined(separator: " or ") }
}
