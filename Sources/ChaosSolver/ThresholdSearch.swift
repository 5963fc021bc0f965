import ChaosModel

/// Finds, for a node with Q shards to give, the least time T at which its children can have completed them together,
/// Σ F_child(T) ≥ Q, and what each of them gives (Documentation/MODEL.md, section 5).
///
/// Passes over all below the node narrow a bracket (low, high] to where few completions lie inside, at times that Newton's
/// method suggests; from then on `CompletionSearch` works on what is left of the tree. Every decision is made by exact
/// counts: slopes only choose where to look, and where they mislead, bisection takes over.
///
/// Cost: a handful of passes over what is below the node and not known to be held back; O(log T) passes at worst.
struct ThresholdSearch {
    private let tree: PassTree
    private var heldGroups: HeldGroups
    private(set) var settled: SettledShares
    /// The counts at both ends of the bracket, where its visits went, and room for another pass.
    private var (low, high, spare): (PassTree.Counts, PassTree.Counts, PassTree.Counts)
    private var (lowIsCounted, highIsCounted) = (false, false)
    private var visits: [Int32] = []
    /// The tick from which on these visits are enough.
    private var visitsSince: Int128 = 0
    private var visitedUnits = 0
    private var places: [Int32]

    init(_ tree: PassTree) {
        self.tree = tree
        heldGroups = HeldGroups(inner: tree.innerCount)
        settled = SettledShares(leaves: tree.leafCount)
        low = PassTree.Counts(of: tree)
        high = PassTree.Counts(of: tree)
        spare = PassTree.Counts(of: tree)
        places = [Int32](repeating: 0, count: tree.innerCount)
    }

    /// What is known of a node's share once it is divided.
    struct Found {
        let time: ExactTime
        /// A tick not before it.
        let end: Int128
        /// The groups below the node whose share is to be divided by a time of their own, which is not after `end`.
        let held: [SettledShares.Held]
    }

    /// Divides a node's share among all below it, but for groups that are held back.
    /// - Parameters:
    ///   - share: Q ≥ 1, at most what its children can serve.
    ///   - base: the node.
    ///   - end: a tick by which Q is complete, if one is known.
    /// - Returns: nil if Q is not complete by 2^76 ns.
    mutating func divide(_ share: Int, below base: Int, by end: Int128? = nil) -> Found? {
        let start = Int128(tree.laws[tree.unit(ofInner: base)].start) << Int128(PassTime.tickBits)
        let last = end ?? ModelRange.longestMakespan << Int128(PassTime.tickBits)
        guard start < last else { return nil }
        var bracket = Bracket(target: share, start: start, end: last)
        visitsSince = .max
        guard step(base, &bracket, knownEnd: end) else { return nil }
        narrow(base, &bracket)
        let ends = (low: PassTime(tick: bracket.low), high: PassTime(tick: bracket.high))
        let rest = Contraction(of: tree, low, high, ends: ends, visits, places: &places, &settled)
        var search = CompletionSearch(rest, bracket)
        let time = search.leastTime(&settled)
        search.divide(share, at: time, &settled)
        return Found(time: time, end: bracket.high, held: settled.takeHeld(tree.end))
    }

    /// Nobody below the node gives anything.
    mutating func divideNothing(below base: Int) {
        settled.settleNothing(Int(tree.firstLeaf[base])..<Int(tree.firstLeaf[Int(tree.end[base])]))
    }

    /// Steps from a first place to look until the sum is known on both sides of Q, or at least above.
    /// - Returns: false if Q is not reached by the end.
    private mutating func step(_ base: Int, _ bracket: inout Bracket, knownEnd: Int128?) -> Bool {
        var next = knownEnd ?? min(max(guess(bracket, below: base), bracket.low + 1), bracket.high)
        var margin = 0
        for attempt in 0..<16 {
            let isLast = bracket.highSum == nil && next == bracket.high
            let (sum, slope) = evaluate(base, next, &bracket)
            if isLast, sum < bracket.target { return false }
            let isKnown = bracket.highSum != nil
            if isKnown, bracket.low > bracket.start || attempt >= 4 || bracket.width <= 1 { return true }
            // Around a good guess the rounded counts scatter like the root of their number: aim that far beyond T.
            margin = attempt == 0 ? 2 * visitedUnits.squareRootAbove + 2 : min(4 * margin, 1 << 40)
            let lack = bracket.target - sum
            guard let step = tree.ticks(for: lack > 0 ? lack + margin : lack - margin, at: slope) else { break }
            next = min(max(next + step, bracket.low + 1), isKnown ? bracket.high - 1 : bracket.high)
            if attempt == 0, knownEnd != nil { survey(base, bracket, next) }
        }
        return bracket.highSum != nil || evaluate(base, bracket.high, &bracket).sum >= bracket.target
    }

    /// The time at which Q would be complete if every neighbour were at work from its start on, shards were divisible, and
    /// there were no limits and no groups.
    private func guess(_ bracket: Bracket, below base: Int) -> Int128 {
        let start = tree.laws[tree.unit(ofInner: base)].start
        var (slope, late) = (UInt64(0), Int128(0))
        for k in Int(tree.firstLeaf[base])..<Int(tree.firstLeaf[Int(tree.end[base])]) {
            let own = tree.laws[k].slope(least: tree.leastExponent)
            slope &+= own
            late += Int128(own) * Int128(tree.laws[k].start - start)
        }
        guard let ticks = tree.ticks(for: bracket.target, at: slope) else { return bracket.high }
        return bracket.start + (late / Int128(slope)) << Int128(PassTime.tickBits) + ticks
    }

    /// Has the groups below a node surveyed at times around that at which its search is going to look, if nobody has yet.
    private mutating func survey(_ base: Int, _ bracket: Bracket, _ next: Int128) {
        // Few groups cost less than a survey of them.
        guard heldGroups.surveyed[base] > next, Int(tree.end[base]) - base >= 8 else { return }
        heldGroups.survey(
            below: base, in: tree, from: bracket.start + (next - bracket.start) / 2, to: bracket.high)
        visitsSince = .max
    }

    /// Moves the ends of the bracket towards T until a pass costs more than it saves, and counts at both of them.
    private mutating func narrow(_ base: Int, _ bracket: inout Bracket) {
        while bracket.width > 1, bracket.rise > visitedUnits / 4 + 64 {
            // With many equal completion times no bracket has fewer than units.
            if bracket.steps >= 12, bracket.rise <= 2 * visitedUnits + 16 { break }
            evaluate(base, bracket.next(), &bracket)
        }
        visit(base, from: bracket.low)
        if !lowIsCounted { tree.evaluate(at: PassTime(tick: bracket.low), visits, &low) }
        if !highIsCounted { tree.evaluate(at: PassTime(tick: bracket.high), visits, &high) }
    }

    /// Counts at a tick and moves one end of the bracket there.
    @discardableResult
    private mutating func evaluate(_ base: Int, _ tick: Int128, _ bracket: inout Bracket) -> (sum: Int, slope: UInt64) {
        visit(base, from: tick)
        let found = tree.evaluate(at: PassTime(tick: tick), visits, &spare)
        if bracket.record(tick, found.sum) {
            swap(&low, &spare)
            lowIsCounted = true
        } else {
            swap(&high, &spare)
            highIsCounted = true
        }
        return found
    }

    /// Sees to it that the visits are enough from a tick on. Where they change, what was counted before is not.
    private mutating func visit(_ base: Int, from tick: Int128) {
        guard tick < visitsSince else { return }
        visitsSince = heldGroups.visits(below: base, in: tree, from: tick, &visits)
        visitedUnits = visits.reduce(visits.count) { sum, j in
            j < 0 ? sum : sum + Int(tree.firstLeaf[Int(j) + 1] - tree.firstLeaf[Int(j)])
        }
        (lowIsCounted, highIsCounted) = (false, false)
    }
}
