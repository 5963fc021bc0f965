import BigInt
import ChaosModel

/// A decimal number of seconds, as a file has it beside an exact time.
enum DecimalSeconds {
    /// More digits than a time has at 2^-52 of 2^76 ns, the last that a double holds.
    private static let mostDigits = 400

    /// Whether the number is the time, up to its own precision: within one unit of its last digit, for it may be rounded
    /// or cut, or within 2^-52 of the time, for it may have gone through a double.
    /// - Parameter text: a number in JSON's form.
    static func isClose(_ text: String, to time: ExactTime) -> Bool {
        let parts =
            text.split(separator: "e", omittingEmptySubsequences: false).count == 2
            ? text.split(separator: "e") : text.split(separator: "E")
        guard let mantissa = parts.first, mantissa.count <= mostDigits else { return false }
        let exponent = parts.count > 1 ? Int(parts[1].hasPrefix("+") ? parts[1].dropFirst() : parts[1]) : 0
        guard let exponent, abs(exponent) <= mostDigits else { return false }
        let digits = mantissa.filter { $0 != "." }
        let places = mantissa.firstIndex(of: ".").map { mantissa.distance(from: $0, to: mantissa.endIndex) - 1 } ?? 0
        guard let number = BigInt(String(digits)) else { return false }
        let scale = exponent - places
        let unit = scale < 0 ? Rational(1, BigInt(10).power(-scale)) : Rational(BigInt(10).power(scale))
        let exact = Rational(time) / Rational(1_000_000_000)
        let difference = Rational(number) * unit - exact
        let allowed = max(unit, exact / Rational(BigInt(1) << 52))
        return -allowed <= difference && difference <= allowed
    }
}
