/// How many times ours a policy's figure is, over many instances.
public struct RatioSummary: Sendable {
    public let policy: String
    public let title: String
    /// Thousandths, ascending: of the scale-out delays, and of the times until the state is whole.
    public let delays: [Int]
    public let wholes: [Int]
    /// In ns of each member, ascending.
    public let halted: [Int]

    /// Those whose delay is less than ours.
    public var ahead: Int { delays.count { $0 < 1000 } }

    /// In the order of the policies of the first; of instances that have a row of ours.
    public static func of(_ comparisons: [InstanceComparison]) -> [RatioSummary] {
        (comparisons.first?.rows ?? []).map { first in
            var (delays, wholes, halted): ([Int], [Int], [Int]) = ([], [], [])
            for comparison in comparisons {
                guard let ours = comparison.row(Policies.ours.name), let theirs = comparison.row(first.policy) else {
                    continue
                }
                delays.append(thousandths(theirs.delay, of: ours.delay))
                wholes.append(thousandths(theirs.whole, of: ours.whole))
                halted.append(theirs.halted)
            }
            return RatioSummary(
                policy: first.policy, title: first.title, delays: delays.sorted(), wholes: wholes.sorted(),
                halted: halted.sorted())
        }
    }

    static func thousandths(_ value: Int, of whole: Int) -> Int {
        whole == 0 ? 0 : Int(clamping: Int128(value) * 1000 / Int128(whole))
    }
}

extension [Int] {
    /// The middle of an ascending list, the lesser of two; nil: it is empty.
    public var median: Int? { isEmpty ? nil : self[(count - 1) / 2] }
}
