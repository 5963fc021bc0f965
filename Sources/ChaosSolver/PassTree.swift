import ChaosModel

/// A forest, or what a search has left of one, over which passes go: F_s(T) at every node
/// (Documentation/MODEL.md, section 4), children before parents. Units are as in `PassOrder`. A class, so that handing it
/// on counts one reference and not those of all its lists.
final class PassTree: Sendable {
    let problem: FixedSizeProblem
    let laws: [QuickLaw]
    let parent: [Int32]
    let end: [Int32]
    let firstLeaf: [Int32]
    /// For each inner node, the shards that those children complete whose count is settled and that have been left out.
    let constant: [Int]
    /// For each unit the one of the problem that it is; nil: it is the same.
    let units: [Int32]?
    /// The least exponent of the laws of leaves.
    let leastExponent: Int32

    var leafCount: Int { Int(firstLeaf[firstLeaf.count - 1]) }
    var innerCount: Int { parent.count }

    /// 10^7 neighbours of 2^53 shards each do not fit 64 bits: sums stop here, far above any K(s), so that a sum that is
    /// clamped stays apart from K(s) itself.
    static let most = 1 << 62

    /// The whole forest of a problem.
    convenience init(_ problem: FixedSizeProblem) {
        let order = problem.order
        self.init(
            problem, problem.quickLaws, parent: order.parent, end: order.end, firstLeaf: order.firstLeaf,
            constant: [Int](repeating: 0, count: order.innerCount), units: nil)
    }

    init(
        _ problem: FixedSizeProblem, _ laws: [QuickLaw], parent: [Int32], end: [Int32], firstLeaf: [Int32],
        constant: [Int], units: [Int32]?
    ) {
        self.problem = problem
        self.laws = laws
        self.parent = parent
        self.end = end
        self.firstLeaf = firstLeaf
        self.constant = constant
        self.units = units
        leastExponent = laws[..<Int(firstLeaf[firstLeaf.count - 1])].reduce(Int32.max) { min($0, $1.exponent) }
    }

    /// The problem's number of a unit.
    @inline(__always)
    func unit(_ k: Int) -> Int { units.map { Int($0[k]) } ?? k }

    /// The unit that an inner node is.
    @inline(__always)
    func unit(ofInner j: Int) -> Int { leafCount + j }

    /// Shards complete by T of each unit that a pass has visited, and what the children of inner nodes complete together.
    struct Counts {
        var units: [Int]
        var sums: [Int]
        fileprivate var slopes: [UInt64]

        init(units: [Int], sums: [Int]) {
            self.units = units
            self.sums = sums
            slopes = [UInt64](repeating: 0, count: sums.count)
        }

        init(of tree: PassTree) {
            self.init(
                units: [Int](repeating: 0, count: tree.laws.count), sums: [Int](repeating: 0, count: tree.innerCount))
        }
    }

    /// Counts the shards that are complete at every node that is visited. Of the first one it is the sum of its children:
    /// its own capacity is not applied, because the question is always what the children can do.
    /// - Parameters:
    ///   - time: T, at most 2^76 ns.
    ///   - strictly: whether only what is complete before T counts.
    ///   - visits: inner nodes, parents first, with all below the first one; but ~j for one below which nothing is to be
    ///     looked at, for its own capacity is what holds it back.
    ///   - counts: takes the counts of what is visited.
    /// - Returns: the sum at the first one, and its slope in the units of `QuickLaw.slope`.
    @discardableResult
    func evaluate(
        at time: PassTime, strictly: Bool = false, _ visits: [Int32], _ counts: inout Counts
    ) -> (sum: Int, slope: UInt64) {
        let (leafCount, least, most) = (leafCount, leastExponent, Self.most)
        return laws.withUnsafeBufferPointer { laws in
            counts.units.withUnsafeMutableBufferPointer { units in
                counts.sums.withUnsafeMutableBufferPointer { sums in
                    counts.slopes.withUnsafeMutableBufferPointer { slopes in
                        for visit in visits where visit >= 0 {
                            sums[Int(visit)] = constant[Int(visit)]
                            slopes[Int(visit)] = 0
                        }
                        var at = visits.count - 1
                        while true {
                            let isHeld = visits[at] < 0
                            let j = Int(isHeld ? ~visits[at] : visits[at])
                            var (sum, slope) = (most, UInt64(0))
                            if !isHeld {
                                (sum, slope) = (sums[j], slopes[j])
                                for k in Int(firstLeaf[j])..<Int(firstLeaf[j + 1]) {
                                    let law = laws[k]
                                    let wait = time.wait(from: law.start)
                                    guard wait > 0 else {
                                        units[k] = 0
                                        continue
                                    }
                                    let count =
                                        law.count(after: wait, cutting: time.shift) ?? exactly(k, time, strictly)
                                    units[k] = count
                                    sum = min(most, sum &+ count)
                                    if count < law.most { slope &+= law.slope(least: least) }
                                }
                                sums[j] = sum
                                slopes[j] = slope
                                if at == 0 { return (sum, slope) }
                            }
                            let own = leafCount + j
                            let capacity = count(own, time, strictly)
                            if capacity < sum { (sum, slope) = (capacity, laws[own].slope(least: least)) }
                            units[own] = sum
                            let above = Int(parent[j])
                            sums[above] = min(most, sums[above] &+ sum)
                            slopes[above] &+= slope
                            at -= 1
                        }
                    }
                }
            }
        }
    }

    /// cap(T) of a unit by its own law.
    func count(_ k: Int, _ time: PassTime, _ strictly: Bool = false) -> Int {
        let law = laws[k]
        let wait = time.wait(from: law.start)
        guard wait > 0 else { return 0 }
        return law.count(after: wait, cutting: time.shift) ?? exactly(k, time, strictly)
    }

    @inline(never)
    private func exactly(_ k: Int, _ time: PassTime, _ strictly: Bool) -> Int {
        let (count, isHit) = problem.law(ofUnit: unit(k)).capacity(by: time.exact)
        return strictly && isHit ? count - 1 : count
    }

    /// All inner nodes below the first one.
    var everyVisit: [Int32] { Array(0..<Int32(innerCount)) }

    /// The ticks that a number of shards takes at a slope; nil if it is flat, or they are beyond all times.
    func ticks(for shards: Int, at slope: UInt64) -> Int128? {
        guard slope > 0 else { return nil }
        // A unit of slope is 2^(26 - E) shards a nanosecond, and a nanosecond has 2^20 ticks.
        let digits = Int(leastExponent) - 26 + PassTime.tickBits
        let amount = Int128(shards.magnitude)
        let up = min(digits, amount.leadingZeroBitCount - 2)
        let ticks = (amount << Int128(up)) / Int128(slope)
        guard ticks.leadingZeroBitCount > digits - up + 2 else { return nil }
        return (shards < 0 ? -ticks : ticks) << Int128(digits - up)
    }
}

extension FixedSizeProblem {
    /// F_s(T): the largest number of shards of this size that can be complete by T, and the largest number strictly
    /// before T; both at most K(s). Cost: O(|N| + |G|).
    /// - Precondition: `time` is at most 2^76 ns.
    public func capacity(by time: ExactTime) -> (reached: Int, before: Int) {
        (count(by: time), count(by: time, strictly: true))
    }

    /// One of the two.
    func count(by time: ExactTime, strictly: Bool = false) -> Int {
        let tree = PassTree(self)
        var counts = PassTree.Counts(of: tree)
        return min(shards, tree.evaluate(at: PassTime(time), strictly: strictly, tree.everyVisit, &counts).sum)
    }
}
