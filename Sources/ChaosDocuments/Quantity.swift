import BigInt

/// A physical quantity of the instance file: its base unit and the units that a text may name
/// (Documentation/MODEL.md, section 6).
public enum Quantity: Sendable, CaseIterable {
    /// Base unit byte.
    case bytes
    /// Base unit bit/s.
    case bandwidth
    /// Base unit nanosecond.
    case time

    /// What one of each unit is in the base unit.
    public var units: KeyValuePairs<String, Int> {
        switch self {
        case .bytes:
            [
                "byte": 1, "bytes": 1, "B": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
                "TB": 1_000_000_000_000, "PB": 1_000_000_000_000_000,
                "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
            ]
        case .bandwidth:
            [
                "bit/s": 1, "kbit/s": 1000, "Mbit/s": 1_000_000, "Gbit/s": 1_000_000_000,
                "Tbit/s": 1_000_000_000_000,
                "Kibit/s": 1 << 10, "Mibit/s": 1 << 20, "Gibit/s": 1 << 30,
                "B/s": 8, "kB/s": 8000, "MB/s": 8_000_000, "GB/s": 8_000_000_000,
                "KiB/s": 8 << 10, "MiB/s": 8 << 20, "GiB/s": 8 << 30,
            ]
        case .time:
            [
                "ns": 1, "us": 1000, "\u{B5}s": 1000, "\u{3BC}s": 1000, "ms": 1_000_000, "s": 1_000_000_000,
                "min": 60_000_000_000,
                "h": 3_600_000_000_000,
            ]
        }
    }

    /// The name of the base unit.
    public var baseUnit: String {
        switch self {
        case .bytes: "bytes"
        case .bandwidth: "bit/s"
        case .time: "ns"
        }
    }

    /// The values that an instance may have, for messages: the range of the model. A limit may be 0 bytes too.
    var range: String {
        switch self {
        case .bytes: "1 … 2^53 bytes"
        case .bandwidth: "1 … 2^50 bit/s"
        case .time: "0 … 2^50 ns"
        }
    }

    /// Why a text is no quantity.
    public enum Refusal: Error, Sendable, Equatable {
        /// Not a decimal number, a space and a unit.
        case malformed
        case unknownUnit(String)
        /// The value is not a whole number of base units: nothing is rounded silently.
        case notWhole
        /// Beyond 2^62 base units.
        case tooLarge
    }

    /// Reads a text such as "4.5 Gbit/s", exactly.
    /// - Returns: the value in base units, 0 … 2^62.
    public func parse(_ text: String) throws(Refusal) -> Int {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2 else { throw .malformed }
        guard let unit = units.first(where: { $0.key == parts[1] })?.value else {
            throw .unknownUnit(String(parts[1]))
        }
        let number = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard number.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
            throw .malformed
        }
        var decimals = number.count == 2 ? number[1] : ""
        while decimals.hasSuffix("0") { decimals.removeLast() }
        let digits = (number[0] + decimals).drop { $0 == "0" }
        guard !digits.isEmpty else { return 0 }
        guard digits.count - decimals.count <= 19 else { throw .tooLarge }
        // A unit is at most 2^50 in its powers of two and less in those of five: whole only with up to 50 decimals.
        guard decimals.count <= 50 else { throw .notWhole }
        guard let mantissa = BigInt(digits, radix: 10) else { throw .malformed }
        let (value, rest) = (mantissa * BigInt(unit)).quotientAndRemainder(
            dividingBy: BigInt(10).power(decimals.count))
        guard rest.isZero else { throw .notWhole }
        guard value <= 1 << 62 else { throw .tooLarge }
        return Int(value)
    }

    /// What a text for this quantity may look like, for messages.
    var allowedForm: String {
        let example =
            switch self {
            case .bytes: "1.5 GiB"
            case .bandwidth: "4.5 Gbit/s"
            case .time: "12.3 ms"
            }
        return "a whole number, \(range), or a text such as \"\(example)\" that is one exactly"
    }

    /// Why a text was refused and what is allowed, for messages: the first half follows the quoted text.
    public func explanation(of refusal: Refusal) -> (why: String, allowed: String) {
        switch refusal {
        case .malformed: (" is no number with a unit", allowedForm)
        case .unknownUnit(let unit):
            (" has the unit \"\(unit)\"", "the units \(units.map(\.key).joined(separator: ", "))")
        case .notWhole: (" is no whole number of \(baseUnit)", "a whole number of \(baseUnit): nothing is rounded")
        case .tooLarge: (" is beyond 2^62 \(baseUnit)", range)
        }
    }
}
