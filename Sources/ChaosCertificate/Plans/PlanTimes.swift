import ChaosModel

/// Section 2 of Documentation/MODEL.md as the checker has it: K(s), a_i and C(n), written down from there a second time,
/// because the solvers use those of `ChaosModel`. A slip in either shows as a difference between the two.
enum PlanTimes {
    /// K(s) = ⌈S/s⌉.
    static func shardCount(of state: TrainingState, size: Int) -> Int {
        let (full, rest) = state.bytes.quotientAndRemainder(dividingBy: size)
        return rest == 0 ? full : full + 1
    }

    /// a_i = r_i + l_i in ns.
    static func start(of neighbor: Neighbor) -> Int { neighbor.ready + neighbor.latency }

    /// C_i(n) of a neighbour.
    /// - Parameters:
    ///   - count: n, with n·s at most 2^54.
    ///   - size: s in bytes.
    static func completion(of count: Int, size: Int, from neighbor: Neighbor) -> ExactTime {
        completion(
            of: count, size: size, start: start(of: neighbor), overhead: neighbor.overhead,
            bandwidth: neighbor.bandwidth)
    }

    /// a + n·(o + 8·10^9·s / b), and 0 for no shard: n times the time of one shard, o + ⌊8·10^9·s / b⌋ whole nanoseconds
    /// and r/b of one. n·r stays below 2^103, n times the whole ones below 2^105. Without overhead it is C_g(n).
    static func completion(of count: Int, size: Int, start: Int, overhead: Int, bandwidth: Int) -> ExactTime {
        if count == 0 { return .zero }
        let (n, b) = (UInt128(count), UInt128(bandwidth))
        let onLink = (8_000_000_000 * UInt128(size)).quotientAndRemainder(dividingBy: b)
        let parts = (n * onLink.remainder).quotientAndRemainder(dividingBy: b)
        let whole = UInt128(start) + n * (UInt128(overhead) + onLink.quotient) + parts.quotient
        return ExactTime(
            nanoseconds: Int128(whole), remainder: UInt64(parts.remainder), denominator: UInt64(bandwidth))
    }
}
