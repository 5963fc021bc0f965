import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosTraining

/// Replicas that train together: a binary tree in the order of the nodes, node 0 its root, each adding to its own
/// gradient those of its children in ascending order, as bytes and in chunks.
struct SimulatedCluster<Kind: Trainer> {
    var replicas: [Kind]
    var schedule: SampleSchedule

    /// One step, divided by the given cuts.
    /// - Returns: the report of the whole batch, and the sum of the gradients.
    mutating func step(cuts: [Int], chunk: Int = 100) throws -> (report: TrainingReport, sum: Gradient) {
        let list = schedule.samples(ofStep: replicas[0].step)
        let bounds = [0] + cuts + [list.count]
        try #require(bounds.count == replicas.count + 1)
        var sums: [Gradient] = []
        var report = TrainingReport()
        for (k, replica) in replicas.enumerated() {
            var sum = Gradient(count: replica.gradientCount)
            report = report + (try replica.addGradient(of: list[bounds[k]..<bounds[k + 1]], to: &sum))
            sums.append(sum)
        }
        for k in replicas.indices.reversed() {
            for child in [2 * k + 1, 2 * k + 2] where child < replicas.count {
                for start in stride(from: 0, to: sums[child].values.count, by: chunk) {
                    let range = start..<min(start + chunk, sums[child].values.count)
                    try sums[child].withChunk(range) { bytes throws in
                        var own = sums[k]
                        try own.add(chunk: bytes, at: start)
                        sums[k] = own
                    }
                }
            }
        }
        let digests = try replicas.indices.map { k in
            var received = Gradient(count: sums[0].values.count)
            try sums[0].withChunk(0..<received.values.count) { bytes throws in try received.replace(by: bytes, at: 0) }
            try replicas[k].apply(received, samples: list.count)
            return try replicas[k].stateDigest()
        }
        #expect(Set(digests).count == 1)
        return (report, sums[0])
    }

    /// The batch of the next step in nearly equal shares.
    func equalCuts() -> [Int] {
        let count = schedule.count(ofStep: replicas[0].step)
        return (1..<replicas.count).map { $0 * count / replicas.count }
    }

    /// The batch of the next step in random shares, some of them perhaps empty.
    func randomCuts(_ random: inout SeededRandom) -> [Int] {
        let count = schedule.count(ofStep: replicas[0].step)
        return (1..<replicas.count).map { _ in random.int(0...count) }.sorted()
    }
}
