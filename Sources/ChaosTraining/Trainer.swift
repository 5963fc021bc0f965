import ChaosDocuments

/// A replica that computes gradients itself, in this process.
///
/// **A step.** Each member adds the gradient of its share of the samples to a `Gradient` of zeros; the gradients are
/// summed over the members; every replica applies the sum, with the number of samples in it. Gradients are sums over
/// samples and no means, so that shares of any size add up; `apply` divides.
public protocol Trainer: Replica {
    /// Adds the sum of the gradients of the given samples, at most 2^20, at the state as it is.
    /// - Returns: the loss of these samples, before the update.
    /// - Throws: if a sample or the length of `sum` is wrong, or the state not whole.
    func addGradient(of samples: ArraySlice<Int>, to sum: inout Gradient) throws(InvalidInput) -> TrainingReport
}

extension Trainer {
    func requireSamples(_ list: ArraySlice<Int>) throws(InvalidInput) {
        guard list.count <= SampleSchedule.mostPerStep else {
            throw InvalidInput("samples", "\(list.count) samples", allowed: "at most \(SampleSchedule.mostPerStep)")
        }
        for sample in list where !(0..<samples).contains(sample) {
            throw InvalidInput("samples", "sample \(sample)", allowed: "0 … \(samples - 1)")
        }
    }
}
