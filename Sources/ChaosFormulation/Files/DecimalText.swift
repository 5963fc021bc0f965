import BigInt
import ChaosModel

/// A rational number as a decimal number of at most 17 significant digits, the most that a Double can tell apart.
///
/// Exact where 17 digits suffice; otherwise correctly rounded, half to even, and marked as such. Whole numbers up to
/// 17 digits stand without an exponent, others with one where that is shorter.
struct DecimalText: Equatable {
    static let mostDigits = 17

    let text: String
    /// True if the text is the number itself.
    let isExact: Bool

    init(_ value: Rational) {
        if value.isWhole, let whole = Int(exactly: value.numerator), whole.magnitude < Self.tenTo17 {
            (text, isExact) = (String(whole), true)
            return
        }
        let p = value.numerator.magnitude
        let q = value.denominator.magnitude
        // The decimal exponent, give or take two, for numbers of sane size: log10(2) is about 1233/4096.
        var exponent = ((p.bitWidth - q.bitWidth) * 1233) >> 12
        var digits = BigUInt(0)
        var isExact = false
        // Each correction moves towards the one exponent that gives 17 digits.
        while true {
            let shift = Self.mostDigits - 1 - exponent
            let scaled = shift >= 0 ? p * Self.power(shift) : p
            let divisor = shift >= 0 ? q : q * Self.power(-shift)
            let (quotient, rest) = scaled.quotientAndRemainder(dividingBy: divisor)
            if quotient >= Self.tenTo17Big {
                exponent += 1
                continue
            }
            if quotient < Self.tenTo16Big {
                exponent -= 1
                continue
            }
            isExact = rest.isZero
            let twice = rest << 1
            let roundsUp = twice > divisor || (twice == divisor && quotient & 1 == 1)
            digits = roundsUp ? quotient + 1 : quotient
            break
        }
        if digits == Self.tenTo17Big {
            digits = Self.tenTo16Big
            exponent += 1
        }
        var shown = String(digits).utf8.map { $0 }
        while shown.count > 1, shown.last == UInt8(ascii: "0") { shown.removeLast() }
        let sign = value < 0 ? "-" : ""
        self.text = sign + Self.place(String(decoding: shown, as: UTF8.self), exponent)
        self.isExact = isExact
    }

    /// d.ddd·10^exponent with the point where it makes the shorter text.
    private static func place(_ digits: String, _ exponent: Int) -> String {
        let point = exponent + 1
        if point > 0, point <= mostDigits {
            if digits.count <= point { return digits + String(repeating: "0", count: point - digits.count) }
            let cut = digits.index(digits.startIndex, offsetBy: point)
            return digits[..<cut] + "." + digits[cut...]
        }
        if point <= 0, point > -4 { return "0." + String(repeating: "0", count: -point) + digits }
        let rest = digits.dropFirst()
        return digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + String(exponent)
    }

    private static let tenTo17: UInt = 100_000_000_000_000_000
    private static let tenTo17Big = BigUInt(tenTo17)
    private static let tenTo16Big = BigUInt(tenTo17 / 10)
    private static let powers: [BigUInt] = (0...64).map { BigUInt(10).power($0) }
    private static func power(_ exponent: Int) -> BigUInt {
        exponent < powers.count ? powers[exponent] : BigUInt(10).power(exponent)
    }
}
