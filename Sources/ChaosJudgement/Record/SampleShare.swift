import ChaosProtocol

/// What one node computes of a step.
public struct SampleShare: Hashable, Sendable {
    public let node: NodeID
    /// Of the step's samples.
    public let positions: Range<Int>

    public init(_ node: NodeID, _ positions: Range<Int>) {
        self.node = node
        self.positions = positions
    }

    /// Which of a step's samples is missing or there twice; nil: none. Cost: O(n log n).
    /// - Parameters:
    ///   - shares: of all members, in any order.
    ///   - samples: how many the step has.
    public static func fault(of shares: [SampleShare], samples: Int) -> String? {
        var next = 0
        for share in shares.sorted(by: { $0.positions.lowerBound < $1.positions.lowerBound }) {
            if share.positions.isEmpty { continue }
            if share.positions.lowerBound < next { return "sample \(share.positions.lowerBound) is in it twice" }
            if share.positions.lowerBound > next { return "sample \(next) is not in it" }
            next = share.positions.upperBound
        }
        return next == samples ? nil : "sample \(next) is not in it"
    }
}
