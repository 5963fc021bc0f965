import ChaosModel

/// Finds the least time T at which the children of a node can have completed Q shards together, Σ F_child(T) ≥ Q
/// (Documentation/MODEL.md, section 5).
///
/// A bracket (low, high] is narrowed by exact evaluations of F at times that the fluid relaxation suggests, until few
/// completions lie inside it; T is one of those and is selected among them. Every decision is made by exact counts: the
/// fluid only chooses where to look, and where it misleads, bisection takes over.
///
/// Cost: a handful of passes over the subtree as a rule, O(log T) passes at worst, and O(n) expected for the selection;
/// with groups below, that takes O(log n) passes more.
struct ThresholdSearch {
    private let problem: FixedSizeProblem
    private let target: Int
    private let isFlat: Bool
    /// F at the lower end: Σ < Q.
    private var low: CapacityPass
    /// F at the upper end: Σ ≥ Q once it has been evaluated.
    private var high: CapacityPass
    private var highIsKnown = false
    private var spare: CapacityPass
    /// The ends in ticks of 2^-20 ns. A shard takes at least 8·10^9 / 2^50 > 2^-18 ns, so a node completes at most one
    /// shard in a tick: a bracket of one tick holds few completions whatever the instance.
    private var lowTick: Int128
    private var highTick: Int128

    private static let tickBits = 20

    /// - Parameters:
    ///   - v: the node whose children are to complete the shards.
    ///   - target: Q ≥ 1, at most what the children can serve.
    ///   - bound: no later time is looked at; at most 2^76 ns.
    init(below v: Int, in problem: FixedSizeProblem, target: Int, bound: ExactTime) {
        self.problem = problem
        self.target = target
        isFlat = problem.forest.isFlat(below: v)
        low = CapacityPass(below: v, in: problem.forest)
        high = low
        spare = low
        lowTick = Int128(problem.laws[v].start) << Self.tickBits
        highTick = (bound.nanoseconds + (bound.isWhole ? 0 : 1)) << Self.tickBits
    }

    /// - Returns: T, or nil if Q is not reached by the bound.
    mutating func leastTime() -> ExactTime? {
        guard lowTick < highTick else { return nil }
        guard bracketFromFluid() else { return nil }
        narrow()
        return leastCompletion()
    }

    /// Steps out from the fluid's guess until F is known on both sides of Q.
    /// - Returns: false if Q is not reached by the bound.
    private mutating func bracketFromFluid() -> Bool {
        let nodes = low.reached.count
        var fluid = FluidEstimate(below: low.base, in: problem)
        let guess = fluid.time(for: target, low: lowTick >> Self.tickBits, high: highTick >> Self.tickBits)
        var next = min(max(guess << Self.tickBits, lowTick + 1), highTick)
        // Around a good guess the rounded counts scatter like the root of their number.
        var margin = 2 * nodes.squareRootAbove + 2
        for attempt in 0... {
            let lack = evaluate(atTick: next)
            if lack > 0, next == highTick { return false }
            let hasBothSides = highIsKnown && low.reached[0] > 0
            if hasBothSides || (highIsKnown && (attempt >= 4 || highTick - lowTick <= 1)) { return true }
            // Aim at the other side of T, a margin away from where it should be; where the slope does not help, take
            // the bound above, and half of what is left below.
            let step =
                attempt < 8 ? fluid.wait(for: lack > 0 ? lack + margin : lack - margin, bits: Self.tickBits) : nil
            next = min(max(next + (step ?? (highTick - lowTick)), lowTick + (highTick - lowTick) / 64), highTick)
            if highIsKnown, next >= highTick { next = lowTick + (highTick - lowTick) / 2 }
            if margin < 1 << 40 { margin *= 4 }
        }
        return true
    }

    /// Moves the ends of the bracket towards T, the farther one each time, to where F should be a little on its side of
    /// Q if F rose evenly between the ends. Where that does not halve the bracket in two steps, the third bisects it.
    private mutating func narrow() {
        let nodes = low.reached.count
        var widthBefore = highTick - lowTick
        var steps = 0
        while highTick - lowTick > 1 {
            let inside = completionsInside
            // A selection among that many costs less than the passes that would make them fewer; a nested node pays a
            // pass for each halving. With many equal completion times no bracket has fewer than nodes.
            let few = isFlat ? nodes / 4 + 64 : 16
            if inside <= few || (steps >= 12 && inside <= 2 * nodes + 16) { return }
            let rise = high.reached[0] - low.reached[0]
            let gap = target - low.reached[0]
            let margin = min(rise.squareRootAbove, rise / 4)
            let aim = 2 * gap >= rise ? max(gap - margin - 1, 1) : min(gap + margin, rise - 1)
            let width = highTick - lowTick
            var next = lowTick + (rise < 8 ? width / 2 : Self.part(aim, of: rise, width: width))
            if steps % 3 == 2 {
                if width * 2 > widthBefore { next = lowTick + width / 2 }
                widthBefore = width
            }
            _ = evaluate(atTick: min(max(next, lowTick + 1), highTick - 1))
            steps += 1
        }
    }

    /// width · part / whole, rounded somehow: a place to look.
    private static func part(_ part: Int, of whole: Int, width: Int128) -> Int128 {
        let ratio = (Int128(max(part, 0)) << 30) / Int128(max(whole, 1))
        return (width >> 30) * ratio + ((width & (1 << 30 - 1)) * ratio) >> 30
    }

    /// Evaluates F exactly and moves one end of the bracket there.
    /// - Returns: how many shards are missing; not positive if Q is reached.
    private mutating func evaluate(atTick tick: Int128) -> Int {
        spare.evaluate(at: Self.time(ofTick: tick), in: problem)
        let lack = target - spare.reached[0]
        if lack > 0 {
            swap(&low, &spare)
            lowTick = tick
        } else {
            swap(&high, &spare)
            highTick = tick
            highIsKnown = true
        }
        return lack
    }

    private static func time(ofTick tick: Int128) -> ExactTime {
        ExactTime(
            nanoseconds: tick >> tickBits, remainder: UInt64(tick & (1 << tickBits - 1)), denominator: 1 << tickBits)
    }

    /// The completions of the law of node `base` + k that can be T: those in the bracket, by n. What a group passes on
    /// from below is counted there: only its own capacity counts here, or a chain of h groups would multiply by h.
    private func inside(_ k: Int) -> Range<Int> {
        let (from, to) = (low.reached[k], high.reached[k])
        let u = low.base + k
        guard from < to, Int(problem.forest.end[u]) > u + 1 else { return from..<to }
        let complete = problem.laws[u].capacity(by: Self.time(ofTick: lowTick)).count
        return min(max(from, complete), to)..<to
    }

    /// How many completions below the base lie in the bracket; saturating.
    private var completionsInside: Int {
        var sum = 0
        for k in 1..<low.reached.count {
            let (total, overflow) = sum.addingReportingOverflow(inside(k).count)
            if overflow { return .max }
            sum = total
        }
        return sum
    }

    /// T among the completions in the bracket: where F rises to Q, a neighbour completes a shard or a group's capacity
    /// does. Selection by halves; a flat node needs only ranks, a nested one an exact pass for each half.
    private mutating func leastCompletion() -> ExactTime {
        var candidates: [ExactTime] = []
        for k in 1..<low.reached.count {
            for n in inside(k) { candidates.append(problem.completion(of: n + 1, at: low.base + k)) }
        }
        var least = Self.time(ofTick: highTick)
        var rank = low.reached[0]
        while !candidates.isEmpty {
            let pivot = Self.pivot(of: candidates)
            var earlier: [ExactTime] = []
            var later: [ExactTime] = []
            for time in candidates {
                if time < pivot { earlier.append(time) } else if pivot < time { later.append(time) }
            }
            let upToPivot = rank + candidates.count - later.count
            let isReached: Bool
            if isFlat {
                isReached = upToPivot >= target
            } else {
                spare.evaluate(at: pivot, in: problem)
                isReached = spare.reached[0] >= target
            }
            if isReached {
                least = pivot
                candidates = earlier
            } else {
                rank = upToPivot
                candidates = later
            }
        }
        return least
    }

    /// The median of up to nine elements spread over the list.
    private static func pivot(of times: [ExactTime]) -> ExactTime {
        let step = max(1, times.count / 9)
        let sample = stride(from: 0, to: times.count, by: step).prefix(9).map { times[$0] }.sorted()
        return sample[sample.count / 2]
    }
}
