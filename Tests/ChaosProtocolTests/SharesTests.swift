import ChaosModel
import ChaosProtocol
import ChaosTesting
import Testing

struct SharesTests {
    static func members(_ count: Int) -> [NodeID] { (1...UInt64(count)).map { NodeID($0) } }

    /// Every position once, nobody a whole sample away from its proportion, and no remainder passed over.
    @Test func coverEveryPositionOnceInProportion() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            let count = random.int(1...7)
            let batch = random.int(0...100)
            let weights = (0..<count).map { _ in random.once(in: 4) ? 0 : random.int(1...9) }
            let idle = Self.members(count).filter { _ in random.once(in: 3) }
            let shares = Shares(members: Self.members(count), weights: weights, idle: idle, batch: batch)
            #expect(shares.ranges.flatMap { $0 } == Array(0..<batch))

            // On the scale of seven times the number of the measured ones, all weights are whole.
            let isBusy = Self.members(count).map { idle.count == count || !idle.contains($0) }
            let measured = zip(weights, isBusy).filter { $0 > 0 && $1 }.map(\.0)
            let scaled = zip(weights, isBusy).map { weight, isBusy in
                !isBusy ? 0 : measured.isEmpty ? 1 : weight > 0 ? weight * measured.count : measured.reduce(0, +)
            }
            let whole = scaled.reduce(0, +)
            // What each has more than its proportion, in parts of `whole`.
            let excess = zip(shares.ranges, scaled).map { $0.count * whole - batch * $1 }
            #expect(excess.allSatisfy { abs($0) < whole })
            for (i, x) in excess.enumerated() where x > 0 {
                for (j, y) in excess.enumerated() where y <= 0 {
                    // Remainders are x - whole and y, negated.
                    #expect((whole - x, -i) >= (-y, -j))
                }
            }
        }
    }

    @Test(
        arguments: [
            ([0, 0, 0], 8, [3, 3, 2]),
            ([1, 1, 2], 8, [2, 2, 4]),
            ([1, 0, 3], 12, [2, 4, 6]),
            ([5, 1], 1, [1, 0]),
            ([1 << 50, 1 << 50, 1], 1 << 50, [1 << 49, 1 << 49, 0]),
            ([7], 5, [5]),
        ] as [([Int], Int, [Int])])
    func example(_ weights: [Int], _ batch: Int, _ counts: [Int]) {
        let shares = Shares(members: Self.members(weights.count), weights: weights, batch: batch)
        #expect(shares.ranges.map(\.count) == counts)
        #expect(shares.positions(of: 1) == 0..<counts[0])
        #expect(shares.positions(of: 99).isEmpty)
    }

    @Test func greatestNumbersDoNotOverflow() {
        let count = MessageLimits.nodes
        var weights = Array(repeating: MessageLimits.greatestQuantity, count: count)
        weights[7] = 0
        let shares = Shares(
            members: Self.members(count), weights: weights, batch: MessageLimits.greatestQuantity)
        #expect(shares.ranges.allSatisfy { $0.count == MessageLimits.greatestQuantity / count })
    }

    @Test func lastStepOfAnEpochIsShort() {
        let settings = ReductionSettings(samples: 20, batch: 8)
        #expect((0..<7).map(settings.batch(ofStep:)) == [8, 8, 4, 8, 8, 4, 8])
        #expect(ReductionSettings(samples: 16, batch: 8).batch(ofStep: 1) == 8)
    }
}
