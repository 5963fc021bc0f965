/// How the samples of a step are divided over the members of a view.
///
/// Each member gets samples in proportion to what it computes per second, so that all finish together. What the
/// proportions leave over after rounding down goes to the largest remainders (Hamilton's method), ties to the least id;
/// so the shares cover every position exactly once, and none is a whole sample away from its proportion.
///
/// A member without a measurement counts as the mean of those that have one; if none has, all count the same. One that is
/// idle gets nothing, unless all are. Integers only: all members divide alike.
public struct Shares: Hashable, Sendable {
    /// Of all members in the order of their ids: the positions of the step that they compute. Contiguous, from 0.
    public internal(set) var ranges: [Range<Int>]
    let members: [NodeID]
    let idle: [NodeID]
    let batch: Int

    /// Cost: O(members log members).
    /// - Parameters:
    ///   - members: ascending.
    ///   - weights: samples per second in the order of the members, 0 … 2^50; 0: unmeasured.
    ///   - idle: of the members, ascending.
    ///   - batch: the positions of the step are 0 ..< `batch`; 0 … 2^50.
    /// - Precondition: there are as many weights as members, at most `MessageLimits.nodes`, and at least one.
    public init(members: [NodeID], weights: [Int], idle: [NodeID] = [], batch: Int) {
        precondition(members.count == weights.count && !members.isEmpty, "each member has one weight")
        self.members = members
        self.idle = idle
        self.batch = batch
        let proportions = Self.proportions(weights, of: members, idle: idle)
        let whole = proportions.reduce(0, +)
        var counts: [Int] = []
        var remainders: [UInt128] = []
        for proportion in proportions {
            // At most 2^50 × 2^62.
            let (quotient, remainder) = (UInt128(batch) * proportion).quotientAndRemainder(dividingBy: whole)
            counts.append(Int(quotient))
            remainders.append(remainder)
        }
        let rest = batch - counts.reduce(0, +)
        let order = counts.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
        for index in order.prefix(rest) { counts[index] += 1 }
        var start = 0
        ranges = counts.map { count in
            defer { start += count }
            return start..<start + count
        }
        stopIfBroken(unless: nil)
    }

    public init(_ view: View, batch: Int) {
        self.init(members: view.members, weights: view.weights, idle: view.idle, batch: batch)
    }

    /// Empty for whoever is no member. Cost: O(members).
    public func positions(of member: NodeID) -> Range<Int> {
        members.firstIndex(of: member).map { ranges[$0] } ?? 0..<0
    }

    /// The weights on one scale, with the mean for the unmeasured and 0 for the idle; each at most 2^62, their sum at most
    /// 2^74 and not 0.
    private static func proportions(_ weights: [Int], of members: [NodeID], idle: [NodeID]) -> [UInt128] {
        let busy = members.map { idle.count == members.count || !idle.containsSorted($0) }
        let measured = zip(weights, busy).filter { $0 > 0 && $1 }.map { UInt128($0.0) }
        let sum = measured.reduce(0, +)
        return zip(weights, busy).map { weight, isBusy in
            guard isBusy else { return 0 }
            if measured.isEmpty { return 1 }
            return weight > 0 ? UInt128(weight) * UInt128(measured.count) : sum
        }
    }

    /// Whether other weights would let the slowest member finish earlier by at least a part of its time, if those weights
    /// are right. Shares are whole samples, so a small batch may leave nothing to be gained.
    /// - Parameter part: in thousandths, 0 … 1000.
    static func promise(_ weights: [Int], insteadOf present: Shares, batch: Int, part: Int) -> Bool {
        let rates = proportions(weights, of: present.members, idle: present.idle)
        let next = Shares(members: present.members, weights: weights, idle: present.idle, batch: batch)
        func slowest(_ shares: Shares) -> (samples: UInt128, rate: UInt128) {
            zip(shares.ranges, rates).filter { $1 > 0 }.map { (UInt128($0.count), $1) }
                .max { $0.0 * $1.1 < $1.0 * $0.1 }!
        }
        let (before, after) = (slowest(present), slowest(next))
        // At most 2^50 × 2^10 × 2^62.
        return after.samples * 1000 * before.rate < before.samples * UInt128(1000 - part) * after.rate
    }
}
