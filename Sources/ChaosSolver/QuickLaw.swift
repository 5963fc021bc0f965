import ChaosModel

/// A completion law prepared for passes over many of them: b / D as a binary fraction, so that nearly every count is one
/// multiplication in the place of a division of 128 bits.
///
/// R·2^-E ≤ b / D < (R + 10)·2^-E in shards a nanosecond. So a product with R bounds a count from both sides, and where
/// the bounds have the same whole part, that is the count; elsewhere, about once in 2^58 / count times,
/// `CompletionLaw.capacity` divides. Nothing is rounded that is not checked.
struct QuickLaw: Sendable {
    /// a in ns.
    let start: Int
    /// The limit in shards; at most K(s).
    let most: Int
    /// R, 2^62 … 2^64 - 1.
    let rate: UInt64
    /// E, 45 … 163.
    let exponent: Int32
    /// The node of the forest, by which ties are broken.
    let node: Int32

    init(_ law: CompletionLaw, node: Int32) {
        start = law.start
        most = law.most
        self.node = node
        // b is moved to 62 binary digits and D to 63, so that the quotient has 63 or 64. Of a longer D the end is cut
        // and one is added, which makes the quotient less by at most 2^64 / 2^62, and its own end is cut as well.
        let bandwidth = UInt64(law.bandwidth)
        let up = bandwidth.leadingZeroBitCount - 2
        let length = 128 - law.shardCost.leadingZeroBitCount
        let divisor =
            length <= 63
            ? UInt64(law.shardCost) << UInt64(63 - length)
            : UInt64(truncatingIfNeeded: law.shardCost >> UInt128(length - 63)) + 1
        rate = divisor.dividingFullWidth((bandwidth << UInt64(up), 0)).quotient
        exponent = Int32(1 + up + length)
    }

    /// cap(T), a number of shards of which the last is complete strictly before T; nil where this precision does not tell.
    /// - Parameters:
    ///   - wait: T - a in whole ticks, at least 1.
    ///   - shift: how many binary digits to cut of it, so that less than 2^60 is left.
    @inline(__always)
    func count(after wait: Int128, cutting shift: Int) -> Int? {
        // T - a lies in [w, w + 1) times 2^shift ticks, and (w + 1)·(R + 10) is less than w·R + 2^65. So in units of the
        // product's upper half the count is at least `product` and less than `product` + 3.
        let w = UInt64(truncatingIfNeeded: wait &>> Int128(shift))
        let product = w.multipliedFullWidth(by: rate).high
        let down = Int(exponent) - shift - (64 - PassTime.tickBits)
        guard down >= 0 else { return nil }
        let places = UInt64(min(down, 63))
        let count = (product &+ 2) &>> places
        guard (product &- 1) &>> places == count else { return nil }
        return min(Int(count), most)
    }

    /// b / D in units of 2^(26 - `least`) shards a nanosecond, cut. The sum of 10^7 neighbours stays below 2^62; a group that
    /// is held back has a rate below that of those inside it, so that it may be larger than any of theirs by as much.
    /// - Parameter least: the least exponent of all neighbours.
    @inline(__always)
    func slope(least: Int32) -> UInt64 { rate &>> UInt64(min(max(2, 26 + exponent - least), 63)) }
}

/// A time at which a pass counts.
struct PassTime {
    let exact: ExactTime
    /// The whole ticks of it. A tick is 2^-20 ns; a shard takes at least 8·10^9 / 2^50 > 2^-18 ns, so in a tick nobody
    /// completes more than one.
    let tick: Int128
    /// How many binary digits of a number of ticks up to this one to cut, so that less than 2^60 is left.
    let shift: Int

    static let tickBits = 20

    init(_ exact: ExactTime) {
        self.exact = exact
        let part = (UInt128(exact.remainder) << UInt128(Self.tickBits)) / UInt128(exact.denominator)
        tick = exact.nanoseconds << Int128(Self.tickBits) + Int128(part)
        shift = Self.shift(of: tick)
    }

    init(tick: Int128) {
        exact = ExactTime(
            nanoseconds: tick >> Int128(Self.tickBits), remainder: UInt64(tick & (1 << Int128(Self.tickBits) - 1)),
            denominator: 1 << UInt64(Self.tickBits))
        self.tick = tick
        shift = Self.shift(of: tick)
    }

    private static func shift(of tick: Int128) -> Int { max(0, 128 - tick.leadingZeroBitCount - 60) }

    /// The ticks from a start in ns on.
    @inline(__always)
    func wait(from start: Int) -> Int128 { tick &- (Int128(start) &<< Int128(Self.tickBits)) }
}
