import ChaosModel

/// The fluid relaxation below a node of the forest, in fixed point: shards are divisible, and node v delivers
/// clamp((T - a_v) / p_v, 0, limit). Its optimum is a first guess of T, and its slope turns a lack of shards into a
/// step of time. Guesses need not be exact: `ThresholdSearch` checks each one and is right whatever comes from here.
struct FluidEstimate {
    private let base: Int
    private let problem: FixedSizeProblem
    /// Shards per tick of node `base` + k at place k, times 2^`fraction`; below 2^32.
    private var rates: [Int64]
    private var supply: [Int128]
    private var slope: [Int128]
    /// 13 … 40, so that a supply of 2^53 shards at 10^7 neighbours stays below 2^117.
    private let fraction: Int
    /// A tick is 2^`tick` ns, coarse when all rates are tiny, so that they keep their digits; not negative.
    private let tick: Int

    init(below v: Int, in problem: FixedSizeProblem) {
        base = v
        self.problem = problem
        let nodes = Int(problem.forest.end[v]) - v
        rates = [Int64](repeating: 0, count: nodes)
        var exponents = [Int16](repeating: 0, count: nodes)
        var largest = Int16.min
        // b / D with a mantissa of 31 bits: one 64-bit division each.
        for k in 1..<max(1, nodes) {
            let law = problem.laws[v + k]
            let costShift = 128 - law.shardCost.leadingZeroBitCount - 31
            let bandwidthShift = law.bandwidth.leadingZeroBitCount - 2
            rates[k] = (Int64(law.bandwidth) << bandwidthShift) / Int64(law.shardCost >> costShift)
            exponents[k] = Int16(-bandwidthShift - costShift)
            largest = max(largest, exponents[k])
        }
        // The largest rate gets about 2^30: with 40 digits behind the point, a thousandth of a shard in a tick.
        let shift = -Int(max(largest, -128))
        fraction = min(shift, 40)
        tick = shift - fraction
        for k in 1..<max(1, nodes) {
            let move = Int(exponents[k]) + shift
            rates[k] = move >= 0 ? rates[k] << move : rates[k] >> min(-move, 63)
        }
        supply = [Int128](repeating: 0, count: nodes)
        slope = supply
    }

    /// The time that `shards` more take at the slope where the fluid was last evaluated, in units of 2^-`bits` ns;
    /// nil where it is flat.
    func wait(for shards: Int, bits: Int) -> Int128? {
        guard slope[0] > 0 else { return nil }
        let amount = Int128(shards.magnitude) << fraction
        let up = min(bits + tick, amount.leadingZeroBitCount - 2)
        let wait = shifted((amount << up) / slope[0], by: bits + tick - up)
        return shards < 0 ? -wait : wait
    }

    /// The time at which the fluid has delivered `shards`, within [low, high], in whole ns: Newton's method where it
    /// makes progress, bisection where it does not. Cost: one to a few cheap passes as a rule, 40 at worst.
    mutating func time(for shards: Int, low: Int128, high: Int128) -> Int128 {
        var (low, high) = (low, high)
        let target = Int128(shards) << fraction
        // Rounding costs each node up to a shard: closer than the root of that is not worth a pass.
        let tolerance = Int128(rates.count.squareRootAbove) << fraction
        var time = min(max(timeWithAllAtWork(for: shards, low: low), low), high)
        for round in 0..<40 {
            let gap = target - evaluate(at: time)
            if gap <= 0 { high = min(high, time) } else { low = max(low, time) }
            if high - low <= 1 || gap.magnitude <= max(tolerance, slope[0]).magnitude { break }
            let newton = slope[0] > 0 ? time + shifted(gap / slope[0], by: tick) : low
            time = newton > low && newton < high && round % 4 < 3 ? newton : low + (high - low) / 2
        }
        return time
    }

    /// The time if every node delivered from its start on and never ran into a limit: right unless some are late or
    /// limited, and found in one pass.
    private mutating func timeWithAllAtWork(for shards: Int, low: Int128) -> Int128 {
        // Here `supply` holds Σ rate · (start - low), what the late starts cost.
        reset()
        for k in stride(from: rates.count - 1, to: 0, by: -1) {
            let u = base + k
            if isLeaf(u) || slope[k] > rates[k] {
                slope[k] = Int128(rates[k])
                supply[k] = ((Int128(problem.laws[u].start) - low) >> tick) * slope[k]
            }
            let parent = Int(problem.forest.parent[u]) - base
            slope[parent] += slope[k]
            supply[parent] += supply[k]
        }
        guard slope[0] > 0 else { return low }
        return low + shifted((Int128(shards) << fraction + supply[0]) / slope[0], by: tick)
    }

    /// The supply at a time in ns; leaves its slope behind.
    private mutating func evaluate(at time: Int128) -> Int128 {
        reset()
        for k in stride(from: rates.count - 1, to: 0, by: -1) {
            let u = base + k
            let law = problem.laws[u]
            let wait = (time - Int128(law.start)) >> tick
            guard wait > 0 else { continue }
            var gradient = Int128(rates[k])
            var delivered = Int128(law.most) << fraction
            // A product beyond 2^120 is beyond any limit.
            if wait.leadingZeroBitCount + rates[k].leadingZeroBitCount >= 72, wait * gradient < delivered {
                delivered = wait * gradient
            } else {
                gradient = 0
            }
            if !isLeaf(u), supply[k] < delivered {
                delivered = supply[k]
                gradient = slope[k]
            }
            let parent = Int(problem.forest.parent[u]) - base
            supply[parent] += delivered
            slope[parent] += gradient
        }
        return supply[0]
    }

    private func isLeaf(_ u: Int) -> Bool { Int(problem.forest.end[u]) == u + 1 }

    private mutating func reset() {
        for k in supply.indices {
            supply[k] = 0
            slope[k] = 0
        }
    }

    /// Shifts left as far as there is room.
    private func shifted(_ value: Int128, by bits: Int) -> Int128 {
        let room = Int128(value.magnitude).leadingZeroBitCount - 4
        return value << min(bits, max(room, 0))
    }
}

extension Int {
    /// A power of two at or above the square root.
    var squareRootAbove: Int {
        var root = 1
        while root * root < self { root += root }
        return root
    }
}
