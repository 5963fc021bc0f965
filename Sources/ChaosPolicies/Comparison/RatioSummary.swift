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

    /// In the order of reports; of each policy the instances for which it has a plan.
    public static func of(_ comparisons: [InstanceComparison]) -> [RatioSummary] {
        let titles = Dictionary(comparisons.flatMap(\.rows).map { ($0.policy, $0.title) }) { first, _ in first }
        return Policies.all.map(\.name).filter { titles[$0] != nil }.map { name in
            var (delays, wholes, halted): ([Int], [Int], [Int]) = ([], [], [])
            for comparison in comparisons {
                guard let ours = comparison.row(Policies.ours.name), let theirs = comparison.row(name) else {
                    continue
                }
                delays.append(thousandths(theirs.delay, of: ours.delay))
                wholes.append(thousandths(theirs.whole, of: ours.whole))
                halted.append(theirs.halted)
            }
            return RatioSummary(
                policy: name, title: titles[name] ?? name, delays: delays.sorted(), wholes: wholes.sorted(),
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
