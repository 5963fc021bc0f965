import BigInt
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// cap(T) against big integers, over the whole of its range.
@Suite struct CompletionLawTests {
    private static func check(_ law: CompletionLaw, at time: ExactTime) {
        let big = BigTime(time)
        let bounded = { (strictly: Bool) in
            min(
                BigInt(law.most),
                big.completions(
                    strictlyBefore: strictly, size: law.size, start: law.start, overhead: law.overhead,
                    bandwidth: law.bandwidth))
        }
        let (count, isHit) = law.capacity(by: time)
        #expect(BigInt(count) == bounded(false), "\(law) at \(time)")
        #expect(BigInt(isHit ? count - 1 : count) == bounded(true), "\(law) strictly before \(time)")
        let pass = PassTime(time)
        if pass.wait(from: law.start) <= 0 {
            #expect(count == 0, "\(law) at \(time)")
        } else if let quick = QuickLaw(law, node: 0).count(after: pass.wait(from: law.start), cutting: pass.shift) {
            #expect(quick == count && !isHit, "\(law) at \(time), quickly")
        }
    }

    /// Counts that one multiplication does not tell are rare, or passes would be slow.
    @Test func mostCountsAreQuick() {
        var random = SeededRandom(seed: 13)
        var unknown = 0
        for _ in 0..<10_000 {
            let law = CompletionLaw(
                start: random.int(0...1 << 31), overhead: random.int(0...1) * random.int(0...1 << 20),
                bandwidth: random.int(1 << 20...1 << 34), size: random.int(1 << 12...1 << 24), most: 1 << 40)
            let time = PassTime(
                ExactTime(nanoseconds: Int128(random.int(1 << 32...1 << 45)), remainder: 1, denominator: 3))
            let wait = time.wait(from: law.start)
            if QuickLaw(law, node: 0).count(after: wait, cutting: time.shift) == nil { unknown += 1 }
        }
        #expect(unknown <= 10)
    }

    private static func law(_ random: inout SeededRandom) -> CompletionLaw {
        let size = random.anyLength(upTo: ModelRange.mostBytes)
        return CompletionLaw(
            start: random.int(0...1) * random.anyLength(upTo: 2 * ModelRange.mostNanoseconds),
            overhead: random.int(0...1) * random.anyLength(upTo: ModelRange.mostNanoseconds),
            bandwidth: random.anyLength(upTo: ModelRange.mostBandwidth), size: size,
            most: random.int(0...9) == 0 ? 0 : random.anyLength(upTo: ModelRange.mostBytes))
    }

    @Test func countsAtAnyTime() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<6000 {
            let law = Self.law(&random)
            let bits = random.int(0...76)
            let whole = Int128.random(in: 0...(Int128(1) << bits) - (bits == 76 ? 1 : 0), using: &random)
            let denominator = UInt64(random.anyLength(upTo: 1 << 50))
            let remainder = random.once(in: 3) ? 0 : UInt64.random(in: 0..<denominator, using: &random)
            Self.check(law, at: ExactTime(nanoseconds: whole, remainder: remainder, denominator: denominator))
        }
        for _ in 0..<500 { Self.check(Self.law(&random), at: ExactTime(nanoseconds: ModelRange.longestMakespan)) }
    }

    /// At a completion, and as close to it on either side as a time with an allowed denominator comes.
    @Test func countsAtCompletionsAndBesideThem() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<4000 {
            let law = Self.law(&random)
            let n = random.int(1...1000)
            guard n <= law.most, Int128(n) * Int128(law.size) <= 1 << 54 else { continue }
            let time = CompletionTime.affine(
                n, law.size, start: law.start, overhead: law.overhead, bandwidth: law.bandwidth)
            guard time.nanoseconds < ModelRange.longestMakespan else { continue }
            Self.check(law, at: time)
            let d = time.denominator
            for (remainder, denominator) in [
                (time.remainder &- 1, d), (time.remainder + 1, d), (time.remainder &- 1, d - 1),
                (time.remainder, d + 1), (time.remainder, d - 1), (d - 1, d),
            ] where denominator >= 1 && denominator <= 1 << 50 && remainder < denominator {
                Self.check(
                    law, at: ExactTime(nanoseconds: time.nanoseconds, remainder: remainder, denominator: denominator))
            }
        }
    }

    /// The capacity of a whole forest against the oracle's.
    @Test func capacityOfForests() {
        for seed in 0..<300 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            let size = instance.shardSizes.smallest
            let problem = FixedSizeProblem(instance, shardSize: size)
            let oracle = ReferenceOracle(instance, size: size)
            var random = SeededRandom(seed: seed)
            guard let best = Threshold().solve(problem).assignment?.makespan else { continue }
            for time in [
                best, .zero,
                ExactTime(nanoseconds: best.nanoseconds / Int128(random.int(1...9)), remainder: 1, denominator: 3),
            ] {
                let (reached, before) = problem.capacity(by: time)
                #expect(BigInt(reached) == min(oracle.shards, oracle.capacity(by: BigTime(time))), "seed \(seed)")
                #expect(
                    BigInt(before) == min(oracle.shards, oracle.capacity(by: BigTime(time), strictly: true)),
                    "seed \(seed)")
            }
        }
    }
}

extension CompletionLaw {
    /// s, which the law keeps only within the cost of a shard.
    fileprivate var size: Int {
        Int((shardCost - UInt128(overhead) * UInt128(bandwidth)) / UInt128(ModelRange.bitNanosecondsPerByte))
    }

    fileprivate func completion(of n: Int) -> ExactTime {
        CompletionTime.affine(n, size, start: start, overhead: overhead, bandwidth: bandwidth)
    }
}
