import BigInt
import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosCertificate

/// The checker's evaluation of section 2 against the one that the solvers use, and against big integers.
@Suite struct PlanTimesTests {
    @Test func completionTimesAreThoseOfTheModel() {
        var random = SeededRandom(seed: 1)
        var fractions = 0
        for _ in 0..<20_000 {
            let count = random.once(in: 50) ? 0 : random.anyLength(upTo: ModelRange.mostBytes)
            // n·s at most 2^54.
            let size = count == 0 ? 1 : random.anyLength(upTo: min(ModelRange.mostBytes, (1 << 54) / count))
            let bandwidth = random.anyLength(upTo: ModelRange.mostBandwidth)
            let start = random.once(in: 2) ? 0 : random.anyLength(upTo: 2 * ModelRange.mostNanoseconds)
            let overhead = random.once(in: 2) ? 0 : random.anyLength(upTo: ModelRange.mostNanoseconds)
            check(count, size, start, overhead, bandwidth)
            if !PlanTimes.completion(of: count, size: size, start: start, overhead: overhead, bandwidth: bandwidth)
                .isWhole
            {
                fractions += 1
            }
        }
        #expect(fractions > 5000)
    }

    @Test func theEndsOfTheRanges() {
        let (bytes, nanoseconds) = (ModelRange.mostBytes, ModelRange.mostNanoseconds)
        for (count, size) in [(0, bytes), (1, 1), (1, bytes), (2, bytes), (bytes, 1), (bytes, 2)] {
            for bandwidth in [1, 3, ModelRange.mostBandwidth - 1, ModelRange.mostBandwidth] {
                for overhead in [0, 1, nanoseconds] {
                    for start in [0, 2 * nanoseconds] { check(count, size, start, overhead, bandwidth) }
                }
            }
        }
    }

    private func check(_ count: Int, _ size: Int, _ start: Int, _ overhead: Int, _ bandwidth: Int) {
        let time = PlanTimes.completion(of: count, size: size, start: start, overhead: overhead, bandwidth: bandwidth)
        let solvers = CompletionTime.affine(count, size, start: start, overhead: overhead, bandwidth: bandwidth)
        let what = "\(count) shards of \(size) bytes at \(bandwidth) bit/s, start \(start), overhead \(overhead)"
        #expect(time == solvers, "\(what)")
        let big = BigTime.completion(of: count, size: size, start: start, overhead: overhead, bandwidth: bandwidth)
        #expect(BigTime(time) == big, "\(what)")
    }

    @Test func makespansAndCountsAreThoseOfTheModel() {
        var compared = 0
        for seed in 0..<2000 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            let checker = PlanChecker(instance)
            var random = SeededRandom(seed: seed)
            for neighbor in instance.neighbors { #expect(PlanTimes.start(of: neighbor) == neighbor.start) }
            for size in instance.shardSizes.sizes {
                let shards = instance.state.shardCount(ofSize: size)
                #expect(PlanTimes.shardCount(of: instance.state, size: size) == shards)
                var rest = shards
                let counts = instance.neighbors.map { _ in
                    let count = random.int(0...rest)
                    rest -= count
                    return count
                }
                #expect(
                    checker.makespan(of: counts, shardsOf: size) == instance.makespan(of: counts, shardsOf: size),
                    "seed \(seed), size \(size)")
                compared += 1
            }
        }
        #expect(compared > 5000)
    }

    /// What the checker computes it computes by itself: none of its files names a definition of ChaosModel that the
    /// solvers use.
    @Test func noDefinitionIsTakenFromTheSolvers() throws {
        let folder = PackageRoot.url("Sources/ChaosCertificate/Plans")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count >= 8)
        let shared =
            /\bCompletionTime\b|\bForest\b|\bshardCount\(ofSize|neighbor\.start\b|\bgroupCompletions\b|instance\.makespan\b/
        for file in files {
            let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for line in source.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                #expect(line.firstMatch(of: shared) == nil, "\(file): \(line)")
            }
        }
    }
}
