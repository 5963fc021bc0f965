import ChaosJudgement
import ChaosProtocol

/// A chunk of a sum of gradients, with the samples that went into it in place of its numbers. It tells what the numbers
/// of a real one cannot: whose they are, and whether any is missing or in it twice.
struct SymbolicSum: Hashable, Sendable {
    /// The gradient of one node.
    struct Part: Hashable, Sendable {
        let node: NodeID
        let view: Int
        let step: Int
        /// Of the step's samples.
        let positions: RangeSet<Int>
    }

    /// In the order in which they were added.
    private(set) var parts: [Part]
    /// The same for equal parts in the same order, and hardly ever for different ones: as the bits of a real sum.
    private(set) var identity: UInt64

    init(_ part: Part) {
        parts = [part]
        identity = Mixing.of(part.node.rawValue, UInt64(part.view), UInt64(part.step))
        for range in part.positions.ranges {
            identity = Mixing.of(identity, UInt64(range.lowerBound) << 32 | UInt64(range.upperBound))
        }
    }

    mutating func add(_ other: SymbolicSum) {
        parts += other.parts
        identity = Mixing.of(identity, other.identity)
    }

    /// What is wrong with it as the update of a step; nil: nothing.
    /// - Parameters:
    ///   - step: whose update it is.
    ///   - samples: of which it is made, as the protocol says.
    ///   - batch: how many the step has.
    ///   - lost: whether some may be missing.
    func fault(ofStep step: Int, samples: Int, of batch: Int, _ lost: LostSamples) -> String? {
        if let stranger = parts.first(where: { $0.step != step }) {
            return "the gradient of \(stranger.node) is of step \(stranger.step)"
        }
        let count = parts.reduce(0) { $0 + $1.positions.count }
        if count != samples { return "it is made of \(count) samples and said to be of \(samples)" }
        return Contribution.fault(of: parts.map { Contribution($0.node, $0.positions) }, samples: batch, lost)
    }
}

/// Makes one number of several, as a hash does; always the same.
enum Mixing {
    static func of(_ values: UInt64...) -> UInt64 {
        var sum: UInt64 = 0x9E37_79B9_7F4A_7C15
        for value in values {
            // The finalizer of SplitMix64.
            sum = (sum ^ value) &* 0xBF58_476D_1CE4_E5B9
            sum = (sum ^ (sum >> 27)) &* 0x94D0_49BB_1331_11EB
            sum ^= sum >> 31
        }
        return sum
    }
}
