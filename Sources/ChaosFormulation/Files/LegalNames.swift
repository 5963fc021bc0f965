/// Readable names made legal in a file format, and unique.
///
/// A character that the format does not allow becomes `_`; a name that must not begin as it does gets an `_` before it;
/// a long name is cut; and of names that have become equal the later ones get `_2`, `_3` and so on.
struct LegalNames {
    /// What a format allows.
    struct Rule: Sendable {
        /// Whether the byte may stand in a name.
        let allows: @Sendable (UInt8) -> Bool
        /// Whether the name, of allowed bytes, may stand as it is: no number, no keyword.
        let accepts: @Sendable ([UInt8]) -> Bool
        /// In bytes.
        let mostBytes: Int
        /// Whether `n[x]` is written as `n_x`.
        let flattensBrackets: Bool
    }

    let rule: Rule
    private var taken: Set<String> = []
    /// For a name that was taken, the suffix to try next: without it 10^5 equal names would cost 10^10 tries.
    private var nextSuffix: [String: Int] = [:]

    init(_ rule: Rule, reserved: [String] = []) {
        self.rule = rule
        taken = Set(reserved)
    }

    /// The legal names, in the same order.
    static func make(_ names: some Sequence<String>, _ rule: Rule, reserved: [String] = []) -> [String] {
        var table = LegalNames(rule, reserved: reserved)
        return names.map { table.add($0) }
    }

    /// The legal name for the next name.
    mutating func add(_ name: String) -> String {
        let legal = String(decoding: legalBytes(name), as: UTF8.self)
        if taken.insert(legal).inserted { return legal }
        var suffix = nextSuffix[legal] ?? 2
        while true {
            let end = "_\(suffix)"
            let candidate = legal.prefix(rule.mostBytes - end.utf8.count) + end
            suffix += 1
            if taken.insert(String(candidate)).inserted {
                nextSuffix[legal] = suffix
                return String(candidate)
            }
        }
    }

    private func legalBytes(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in name.utf8.prefix(4 * rule.mostBytes) {
            // The second and later bytes of a character beyond ASCII: one `_` stands for the character.
            if byte & 0xC0 == 0x80 { continue }
            if rule.flattensBrackets, byte == UInt8(ascii: "]") { continue }
            bytes.append(rule.allows(byte) ? byte : UInt8(ascii: "_"))
        }
        if bytes.isEmpty || !rule.accepts(bytes) { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return Array(bytes.prefix(rule.mostBytes))
    }
}

extension UInt8 {
    var isASCIILetter: Bool { (65...90).contains(self & ~0x20) }
    var isASCIIDigit: Bool { (48...57).contains(self) }
}
