/// A non-negative rational number of nanoseconds: whole nanoseconds and a proper fraction.
///
/// The model's completion times are a + n·(o + 8·10^9·s / b): their denominator divides a bandwidth, so it is at most
/// 2^50, and a comparison costs one 128-bit cross product of the fractions (Documentation/MODEL.md, section 5).
/// Two values compare as the rational numbers they stand for, whatever their denominators.
public struct ExactTime: Sendable {
    /// The whole nanoseconds, ⌊t⌋; not negative.
    public let nanoseconds: Int128
    /// The numerator of the fraction that is left, below `denominator`.
    public let remainder: UInt64
    /// The denominator, 1 … 2^50.
    public let denominator: UInt64

    /// - Precondition: `nanoseconds` is not negative, `remainder < denominator`, `denominator` is at most 2^50.
    public init(nanoseconds: Int128, remainder: UInt64 = 0, denominator: UInt64 = 1) {
        precondition(nanoseconds >= 0 && remainder < denominator && denominator <= 1 << 50)
        self.nanoseconds = nanoseconds
        self.remainder = remainder
        self.denominator = denominator
    }

    public static let zero = ExactTime(nanoseconds: 0)

    /// Whole, or has a fraction.
    public var isWhole: Bool { remainder == 0 }

    /// The value as a fraction p/q in lowest terms. Cost: one greatest common divisor of 64-bit numbers.
    /// - Precondition: the value is at most 2^77 ns.
    public var fraction: (numerator: Int128, denominator: Int128) {
        var (a, b) = (denominator, remainder)
        while b != 0 { (a, b) = (b, a % b) }
        let q = Int128(denominator / a)
        return (nanoseconds * q + Int128(remainder / a), q)
    }

    /// The value in seconds as a decimal text, cut to ten digits after the point (a tenth of a nanosecond) and rounded
    /// half up. For reading only.
    public var decimalSeconds: String {
        let tenths = nanoseconds * 10 + (Int128(remainder) * 20 + Int128(denominator)) / (Int128(denominator) * 2)
        let scale: Int128 = 10_000_000_000
        var decimals = String("\(scale + tenths % scale)".dropFirst())
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(tenths / scale)" + (decimals.isEmpty ? "" : "." + decimals)
    }
}

extension ExactTime: Comparable {
    @inlinable
    public static func < (left: ExactTime, right: ExactTime) -> Bool {
        if left.nanoseconds != right.nanoseconds { return left.nanoseconds < right.nanoseconds }
        return UInt128(left.remainder) * UInt128(right.denominator)
            < UInt128(right.remainder) * UInt128(left.denominator)
    }

    @inlinable
    public static func == (left: ExactTime, right: ExactTime) -> Bool {
        left.nanoseconds == right.nanoseconds
            && UInt128(left.remainder) * UInt128(right.denominator)
                == UInt128(right.remainder) * UInt128(left.denominator)
    }
}

extension ExactTime: CustomStringConvertible {
    /// "p" or "p/q" in lowest terms, in nanoseconds: the form of plan files (Documentation/MODEL.md, section 7).
    public var description: String {
        // A plan that is far from optimal can take longer than any makespan that is computed.
        if nanoseconds >= ModelRange.longestMakespan { return Rational(self).description }
        let (p, q) = fraction
        return q == 1 ? "\(p)" : "\(p)/\(q)"
    }

    /// Reads "p" or "p/q", the exact form that `description` writes: digits without leading zeros, lowest terms.
    /// - Returns: nil if the text has another form, q is beyond 2^50, or the value is beyond 2^76 ns.
    public init?(_ text: String) {
        func whole(_ digits: Substring) -> Int128? {
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), digits == "0" || digits.first != "0" else {
                return nil
            }
            return Int128(digits)
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let p = whole(parts[0]) else { return nil }
        var q: Int128 = 1
        if parts.count == 2 {
            guard let given = whole(parts[1]), given > 1, given <= 1 << 50 else { return nil }
            q = given
        }
        let time = ExactTime(nanoseconds: p / q, remainder: UInt64(p % q), denominator: UInt64(q))
        guard
            time.nanoseconds < ModelRange.longestMakespan
                || (time.isWhole && time.nanoseconds == ModelRange.longestMakespan),
            time.fraction == (p, q)
        else { return nil }
        self = time
    }

    /// The time for reading, with a unit that fits and six significant digits at most: "1.23543 s", "3 min 12.5 s".
    public var readable: String { ReadableTime.text(of: self) }
}
