import BigInt
import ChaosModel

/// A time in nanoseconds as a fraction of big integers, not reduced: the oracle that `ExactTime` is held against. It
/// shares nothing with it.
public struct BigTime: Comparable, Sendable {
    public let numerator: BigInt
    /// Positive.
    public let denominator: BigInt

    public init(_ numerator: BigInt, over denominator: BigInt = 1) {
        precondition(denominator > 0)
        self.numerator = numerator
        self.denominator = denominator
    }

    public init(_ time: ExactTime) {
        self.init(
            BigInt(time.nanoseconds) * BigInt(time.denominator) + BigInt(time.remainder), over: BigInt(time.denominator)
        )
    }

    public static func < (left: BigTime, right: BigTime) -> Bool {
        left.numerator * right.denominator < right.numerator * left.denominator
    }

    public static func == (left: BigTime, right: BigTime) -> Bool {
        left.numerator * right.denominator == right.numerator * left.denominator
    }

    /// a + n·(o + 8·10^9·s / b), written down as section 2 of the model has it; 0 for no shard.
    public static func completion(
        of count: Int, size: Int, start: Int, overhead: Int, bandwidth: Int
    ) -> BigTime {
        if count == 0 { return BigTime(0) }
        let b = BigInt(bandwidth)
        let onLink = BigInt(count) * 8_000_000_000 * BigInt(size)
        return BigTime((BigInt(start) + BigInt(count) * BigInt(overhead)) * b + onLink, over: b)
    }

    /// max { n : completion(n) ≤ self }, or of completion(n) < self.
    public func completions(
        strictlyBefore: Bool, size: Int, start: Int, overhead: Int, bandwidth: Int
    ) -> BigInt {
        let b = BigInt(bandwidth)
        let wait = (numerator - BigInt(start) * denominator) * b
        let each = (BigInt(overhead) * b + 8_000_000_000 * BigInt(size)) * denominator
        if wait < 0 || (strictlyBefore && wait == 0) { return 0 }
        let (count, rest) = wait.quotientAndRemainder(dividingBy: each)
        return strictlyBefore && rest == 0 ? count - 1 : count
    }
}
