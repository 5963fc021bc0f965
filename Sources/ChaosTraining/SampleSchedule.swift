import ChaosDocuments
import ChaosModel

/// Which samples a step trains on: a function of the seed and the step, so that nobody needs to be told, and whoever
/// joins or leaves, each sample is used exactly once an epoch.
///
/// Steps count from 0; step t makes the state of step count t + 1 of that with t. Epoch e is a permutation of all
/// samples, drawn by Fisher and Yates' method from the generator `SeededRandom` (SplitMix64) with a seed of its own, the
/// first number of the generator seeded `seed` + e · 0xD1342543DE82EF95 modulo 2^64. It is cut into batches; the last
/// one of an epoch may be short.
///
/// Members divide a step by positions in its list: shares are contiguous ranges of them. What they are, the view says.
public struct SampleSchedule: Sendable {
    /// The greatest number of samples of a data set.
    public static let mostSamples = 1 << 27
    /// The greatest number of samples of a step.
    public static let mostPerStep = 1 << 20

    public let seed: UInt64
    /// The number of samples, 1 … 2^27.
    public let samples: Int
    /// The number of samples of a step, 1 … 2^20, those that end an epoch excepted.
    public let batch: Int

    private var order: [Int] = []
    private var epochOfOrder = -1

    /// - Throws: if a number is out of range.
    public init(seed: UInt64, samples: Int, batch: Int) throws(InvalidInput) {
        var faults = FaultList()
        for (name, value, most) in [("samples", samples, Self.mostSamples), ("batch", batch, Self.mostPerStep)]
        where !(1...most).contains(value) {
            faults.add(name, "\(value)", allowed: "1 … \(most)")
        }
        try faults.throwIfAny()
        self.seed = seed
        self.samples = samples
        self.batch = batch
    }

    /// The number of steps of an epoch.
    public var stepsPerEpoch: Int { (samples + batch - 1) / batch }

    /// The epoch of a step, from 0.
    public func epoch(ofStep step: Int) -> Int { step / stepsPerEpoch }

    /// The positions of a step's batch in the order of its epoch.
    private func positions(ofStep step: Int) -> Range<Int> {
        let first = step % stepsPerEpoch * batch
        return first..<min(first + batch, samples)
    }

    /// How many samples a step has. Cost: O(1).
    /// - Precondition: `step` is not negative.
    public func count(ofStep step: Int) -> Int { positions(ofStep: step).count }

    /// The samples of a step, in their order.
    ///
    /// Cost: O(batch), and O(samples) in time and memory when the epoch is another than at the last call.
    /// - Precondition: `step` is not negative.
    public mutating func samples(ofStep step: Int) -> [Int] {
        let epoch = epoch(ofStep: step)
        if epoch != epochOfOrder {
            var seeds = SeededRandom(seed: seed &+ UInt64(epoch) &* 0xD134_2543_DE82_EF95)
            var random = SeededRandom(seed: seeds.next())
            order = random.sample(samples, below: samples)
            epochOfOrder = epoch
        }
        return Array(order[positions(ofStep: step)])
    }
}
