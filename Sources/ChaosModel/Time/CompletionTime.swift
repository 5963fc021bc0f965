/// C_i(n) and C_g(n), the definitions of Documentation/MODEL.md, section 2, as they stand there, for solvers, plans and
/// reports. The checker of ChaosCertificate has its own.
public enum CompletionTime {
    /// C_i(n) = a_i + n·(o_i + 8·10^9·s / b_i), and 0 for no shard. The limit is not looked at.
    /// - Parameters:
    ///   - count: n, 0 … 2^53 with n·s at most 2^54.
    ///   - size: s in bytes.
    ///   - neighbor: i, with a_i, o_i and b_i.
    public static func of(_ count: Int, shardsOf size: Int, from neighbor: Neighbor) -> ExactTime {
        affine(count, size, start: neighbor.start, overhead: neighbor.overhead, bandwidth: neighbor.bandwidth)
    }

    /// C_g(n) = a_g + n·8·10^9·s / B_g, and 0 for no shard.
    /// - Parameters:
    ///   - count: n, 0 … 2^53 with n·s at most 2^54.
    ///   - size: s in bytes.
    ///   - group: g, with B_g.
    ///   - start: a_g, the least start of the neighbours below the group, in ns.
    public static func of(_ count: Int, shardsOf size: Int, through group: CapacityGroup, start: Int) -> ExactTime {
        affine(count, size, start: start, overhead: 0, bandwidth: group.bandwidth)
    }

    /// a + n·(o + 8·10^9·s / b): below 2^104 whole nanoseconds and a fraction over b.
    @inlinable
    public static func affine(_ count: Int, _ size: Int, start: Int, overhead: Int, bandwidth: Int) -> ExactTime {
        if count == 0 { return .zero }
        let bits = UInt128(count) * UInt128(size) * UInt128(ModelRange.bitNanosecondsPerByte)
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: UInt128(bandwidth))
        return ExactTime(
            nanoseconds: Int128(start) + Int128(count) * Int128(overhead) + Int128(whole),
            remainder: UInt64(rest), denominator: UInt64(bandwidth))
    }
}
