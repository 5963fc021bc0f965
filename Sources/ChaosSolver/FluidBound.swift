import BigInt
import ChaosModel

/// A lower bound of T*(s) from the fluid relaxation: shards may be cut to pieces, so that neighbour v delivers
/// (T - a_v)·b_v / D_v shards by T, within its limit, and a group no more than its capacity.
public enum FluidBound {
    /// The last whole nanosecond at which the fluid has delivered fewer than K(s) shards: T*(s) is later. At that
    /// precision it is the fluid optimum. Cost: about 80 passes with large integers; meant for pictures and reports.
    /// - Returns: nil if the size is infeasible or the bound beyond 2^76 ns.
    public static func time(_ problem: FixedSizeProblem) -> ExactTime? {
        guard problem.shortage == nil else { return nil }
        let laws = problem.laws()
        var (low, high) = (Int128(0), ModelRange.longestMakespan)
        guard reaches(problem, laws, by: high) else { return nil }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if reaches(problem, laws, by: middle) { high = middle } else { low = middle }
        }
        return ExactTime(nanoseconds: low)
    }

    /// Whether the fluid can have delivered K(s) shards, with every delivery rounded up at 64 binary digits: a time
    /// that is refused is too early beyond doubt.
    private static func reaches(_ problem: FixedSizeProblem, _ laws: [CompletionLaw], by time: Int128) -> Bool {
        let forest = problem.forest
        var supply = [BigInt](repeating: 0, count: forest.count)
        let needed = BigInt(problem.shards) << 64
        for v in stride(from: forest.count - 1, through: 1, by: -1) {
            let law = laws[v]
            let wait = time - Int128(law.start)
            guard wait > 0 else { continue }
            let cost = BigInt(law.shardCost)
            var delivered = min(
                (BigInt(wait) * BigInt(law.bandwidth) << 64 + cost - 1) / cost, BigInt(law.most) << 64)
            if forest.neighbor(at: v) == nil { delivered = min(delivered, supply[v]) }
            supply[Int(forest.parent[v])] += delivered
        }
        return supply[Forest.root] >= needed
    }
}
