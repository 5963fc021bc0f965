import ChaosProtocol

extension Contribution {
    /// Which of a step's samples is missing though it may not, or there twice; nil: none. Cost: O(n log n).
    /// - Parameters:
    ///   - contributions: of all members, in any order.
    ///   - samples: how many the step has.
    ///   - lost: whether some may be missing.
    public static func fault(
        of contributions: [Contribution], samples: Int, _ lost: LostSamples = .repeated
    ) -> String? {
        var next = 0
        for range in contributions.flatMap(\.positions.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound < next { return "sample \(range.lowerBound) is in it twice" }
            if range.lowerBound > next, lost == .repeated { return "sample \(next) is not in it" }
            next = range.upperBound
        }
        if next > samples { return "sample \(next - 1) is none of the step" }
        return next == samples || lost == .dropped ? nil : "sample \(next) is not in it"
    }
}
