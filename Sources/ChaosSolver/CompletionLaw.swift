import ChaosModel

/// The completion times of one neighbour or group at a fixed shard size, C(n) = a + n·(o + 8·10^9·s / b), and their
/// inverse cap(T) = max { n : C(n) ≤ T } (Documentation/MODEL.md, section 4).
struct CompletionLaw: Sendable {
    /// a in ns.
    let start: Int
    /// o in ns.
    let overhead: Int
    /// b in bit/s.
    let bandwidth: Int
    /// The limit in shards; at most K(s).
    let most: Int
    /// D = o·b + 8·10^9·s, so that one shard takes D / b ns. Below 2^101.
    let shardCost: UInt128

    init(start: Int, overhead: Int, bandwidth: Int, size: Int, most: Int) {
        self.start = start
        self.overhead = overhead
        self.bandwidth = bandwidth
        self.most = most
        self.shardCost =
            UInt128(overhead) * UInt128(bandwidth) + UInt128(ModelRange.bitNanosecondsPerByte) * UInt128(size)
    }

    /// cap(T), and whether C(cap(T)) = T exactly.
    ///
    /// n·D/b ≤ T - a, so n = ⌊(T - a)·b / D⌋. For a whole T that is one division. A fraction r/d of T adds r·b/d to the
    /// numerator: either it cannot lift the quotient by more than one (D ≥ b: a shard takes a nanosecond or more), or D
    /// is below 2^50 and the exact quotient of all fits 128 bits.
    /// - Precondition: T is at most 2^76 ns, so that (T - a)·b is below 2^126.
    func capacity(by time: ExactTime) -> (count: Int, isHit: Bool) {
        let wait = time.nanoseconds - Int128(start)
        if wait < 0 { return (0, false) }
        let b = UInt128(bandwidth)
        let product = UInt128(wait) * b
        var (count, rest) = product.quotientAndRemainder(dividingBy: shardCost)
        var isHit = rest == 0 && time.isWhole
        if !time.isWhole {
            let (r, d) = (UInt128(time.remainder), UInt128(time.denominator))
            if shardCost >= b {
                let missing = shardCost - rest
                // The next shard completes missing/b ns after the whole part of T.
                if missing <= b, missing * d <= r * b {
                    isHit = missing * d == r * b
                    count += 1
                }
            } else {
                let more = (rest * d + r * b).quotientAndRemainder(dividingBy: shardCost * d)
                count += more.quotient
                isHit = more.remainder == 0
            }
        }
        if count > UInt128(most) { return (most, false) }
        return (Int(count), isHit && count > 0)
    }
}
