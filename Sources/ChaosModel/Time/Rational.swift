import BigInt

/// A rational number of any size, in lowest terms: the coefficients of programs and certificates. The solver does
/// without it; see `ExactTime`.
public struct Rational: Sendable, Hashable {
    public let numerator: BigInt
    /// Positive.
    public let denominator: BigInt

    /// - Precondition: `denominator` is not 0.
    public init(_ numerator: BigInt, _ denominator: BigInt = 1) {
        precondition(!denominator.isZero, "a rational number has a denominator other than 0")
        let isNegative = denominator < 0
        let divisor = Self.greatestCommonDivisor(numerator, denominator)
        let (p, q) = divisor == 1 ? (numerator, denominator) : (numerator / divisor, denominator / divisor)
        self.init(lowestTerms: isNegative ? -p : p, isNegative ? -q : q)
    }

    /// - Precondition: the numbers have no common divisor and the denominator is positive.
    private init(lowestTerms numerator: BigInt, _ denominator: BigInt) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The divisor of numbers that fit 64 bits, which most do, costs a fraction of that of any numbers.
    private static func greatestCommonDivisor(_ a: BigInt, _ b: BigInt) -> BigInt {
        guard var small = UInt(exactly: a.magnitude), var large = UInt(exactly: b.magnitude) else {
            return a.greatestCommonDivisor(with: b)
        }
        while small != 0 { (small, large) = (large % small, small) }
        return BigInt(large)
    }

    public init(_ value: some BinaryInteger) { self.init(lowestTerms: BigInt(value), 1) }

    /// A time in nanoseconds.
    public init(_ time: ExactTime) {
        self.init(
            BigInt(time.nanoseconds) * BigInt(time.denominator) + BigInt(time.remainder), BigInt(time.denominator))
    }

    /// Reads "p", "-p", "p/q" or a decimal such as "-1.25e-3", exactly.
    /// - Returns: nil if the text has another form or the exponent is beyond ±10 000.
    public init?(_ text: some StringProtocol) {
        let isDigits = { (part: Substring) in !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } }
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let fraction = rest.split(separator: "/", omittingEmptySubsequences: false)
        var value: Rational
        if fraction.count == 2 {
            guard isDigits(fraction[0]), isDigits(fraction[1]), let p = BigInt(fraction[0], radix: 10),
                let q = BigInt(fraction[1], radix: 10), !q.isZero
            else { return nil }
            value = Rational(p, q)
        } else {
            let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
            guard let mantissa = parts.first, parts.count == 1 || parts[1].count <= 6,
                let exponent = parts.count == 1 ? 0 : Int(parts[1]), abs(exponent) <= 10_000
            else { return nil }
            let digits = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard digits.allSatisfy(isDigits), let significand = BigInt(digits.joined(), radix: 10) else { return nil }
            let power = exponent - (digits.count == 2 ? digits[1].count : 0)
            let scale = BigInt(10).power(abs(power))
            value = power >= 0 ? Rational(significand * scale) : Rational(significand, scale)
        }
        self = isNegative ? -value : value
    }

    public static let zero = Rational(0)
    public static let one = Rational(1)

    public var isWhole: Bool { denominator == 1 }

    /// ⌊x⌋.
    public var floor: BigInt {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// ⌈x⌉.
    public var ceiling: BigInt { -(-self).floor }
}

extension Rational: Comparable, SignedNumeric {
    public typealias IntegerLiteralType = Int
    public typealias Magnitude = Rational

    public init(integerLiteral value: Int) { self.init(BigInt(value)) }

    public init?<T: BinaryInteger>(exactly source: T) { self.init(BigInt(source)) }

    public var magnitude: Rational { numerator < 0 ? -self : self }

    public static func < (a: Rational, b: Rational) -> Bool {
        if a.denominator == b.denominator { return a.numerator < b.numerator }
        return a.numerator * b.denominator < b.numerator * a.denominator
    }

    public static func + (a: Rational, b: Rational) -> Rational {
        if a.isWhole && b.isWhole { return Rational(lowestTerms: a.numerator + b.numerator, 1) }
        return Rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
    }

    public static func - (a: Rational, b: Rational) -> Rational {
        a + -b
    }

    public static func * (a: Rational, b: Rational) -> Rational {
        if a.isWhole && b.isWhole { return Rational(lowestTerms: a.numerator * b.numerator, 1) }
        return Rational(a.numerator * b.numerator, a.denominator * b.denominator)
    }

    /// - Precondition: the divisor is not 0.
    public static func / (a: Rational, b: Rational) -> Rational {
        Rational(a.numerator * b.denominator, a.denominator * b.numerator)
    }

    public static prefix func - (a: Rational) -> Rational { Rational(lowestTerms: -a.numerator, a.denominator) }

    public static func *= (a: inout Rational, b: Rational) { a = a * b }
    public static func += (a: inout Rational, b: Rational) { a = a + b }
    public static func -= (a: inout Rational, b: Rational) { a = a - b }
}

extension Rational: CustomStringConvertible {
    /// "p" or "p/q" in lowest terms.
    public var description: String { isWhole ? "\(numerator)" : "\(numerator)/\(denominator)" }
}
