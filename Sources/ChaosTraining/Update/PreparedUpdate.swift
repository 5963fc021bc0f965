import Dispatch
import Synchronization

/// One update with one gradient, whose numbers are finite.
struct PreparedUpdate {
    let rule: UpdateRule
    /// Of each group.
    let kernels: [UpdateKernel]
    let sum: UnsafeBufferPointer<Float>
    /// Of the gradient.
    let gradient: Magnitude

    /// Below which numbers certainly stay finite (`UpdateKernel.isTame`).
    static let tame = Magnitude(exponent: 40)

    /// Whether all numbers certainly stay finite.
    /// - Parameter values: of the parameters and moments, which an update has made.
    func isTame(with values: Magnitude) -> Bool {
        values <= Self.tame && gradient <= Self.tame && kernels.allSatisfy(\.isTame)
    }

    /// Updates. Cost: one pass over the numbers, by several threads where there are many.
    /// - Parameter values: the parameters, then the moments, each as many.
    /// - Returns: how great they are now; not finite: they are spoiled.
    func run(on values: UnsafeMutableBufferPointer<Float>) -> Magnitude {
        precondition(values.count == rule.parameters * (1 + rule.moments.count))
        let work = Work(values: values.baseAddress!, sum: sum.baseAddress!, rule: rule, kernels: kernels)
        let pieces = rule.pieces.count
        guard rule.parameters > UpdateRule.pieceSize else { return (0..<pieces).map(work.run).max() ?? .zero }
        // Each number is made of its own ones alone, so no bit depends on who makes it.
        let greatest = Mutex(Magnitude.zero)
        DispatchQueue.concurrentPerform(iterations: pieces) { k in
            let found = work.run(piece: k)
            greatest.withLock { $0 = max($0, found) }
        }
        return greatest.withLock { $0 }
    }

    /// For several threads, each with pieces of its own.
    private struct Work: @unchecked Sendable {
        let values: UnsafeMutablePointer<Float>
        let sum: UnsafePointer<Float>
        let rule: UpdateRule
        let kernels: [UpdateKernel]

        func run(piece: Int) -> Magnitude {
            let piece = rule.pieces[piece]
            return kernels[piece.group].run(values, sum, piece.range, of: rule.parameters)
        }
    }
}
