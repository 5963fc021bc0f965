/// Times for reading: a unit that fits, rounded half up to six significant digits. The one way in which the project
/// prints a time that is not exact; the exact one is `ExactTime.description`.
enum ReadableTime {
    private static let minute: Int128 = 60_000_000_000

    static func text(of time: ExactTime) -> String {
        if time == .zero { return "0 s" }
        // From 59.99995 s on, six digits would read "60 s".
        if time.nanoseconds >= minute - 50_000 { return long(time) }
        return short(time)
    }

    private static func long(_ time: ExactTime) -> String {
        let tenths = (time.nanoseconds + 50_000_000) / 100_000_000
        let (minutes, rest) = (tenths / 600, tenths % 600)
        if minutes < 60 { return "\(minutes) min \(rest / 10).\(rest % 10) s" }
        if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
        if minutes < 800 * 1440 { return "\(minutes / 1440) d \(minutes / 60 % 24) h" }
        return "\(minutes / 525_960) years"
    }

    /// Below a minute: t = m·10^e ns with a six-digit m; the unit follows from the size.
    private static func short(_ time: ExactTime) -> String {
        // Below 2^36 ns and with a denominator up to 2^50, the numerator and ten times it fit 128 bits.
        var numerator = UInt128(time.nanoseconds) * UInt128(time.denominator) + UInt128(time.remainder)
        var denominator = UInt128(time.denominator)
        var exponent = 0
        while numerator < denominator * 100_000 {
            numerator *= 10
            exponent -= 1
        }
        while numerator >= denominator * 1_000_000 {
            denominator *= 10
            exponent += 1
        }
        var digits = (numerator * 2 + denominator) / (denominator * 2)
        if digits == 1_000_000 {
            digits = 100_000
            exponent += 1
        }
        // The power of ten of the first digit.
        let magnitude = exponent + 5
        switch magnitude {
        case 9...: return decimal(digits, exponent - 9) + " s"
        case 6...8: return decimal(digits, exponent - 6) + " ms"
        case 3...5: return decimal(digits, exponent - 3) + " µs"
        case -3...2: return decimal(digits, exponent) + " ns"
        default: return decimal(digits, -5) + "e\(magnitude) ns"
        }
    }

    /// digits·10^exponent without trailing zeros behind the point; the exponent is -8 … 0.
    private static func decimal(_ digits: UInt128, _ exponent: Int) -> String {
        var scale: UInt128 = 1
        for _ in 0..<(-exponent) { scale *= 10 }
        var decimals = String("\(scale + digits % scale)".dropFirst())
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(digits / scale)" + (decimals.isEmpty ? "" : "." + decimals)
    }
}
