import Testing

@testable import ChaosProtocol

/// When the root asks for another division of the samples.
@Suite struct ReductionBalanceTests {
    @Test func unevenIsToldOnceWhenTheRatesPromiseBetter() {
        let rates: [NodeID: Int] = [1: 900, 2: 100]
        func told(_ steps: Int, _ time: Int, batch: Int = 8, _ rates: [NodeID: Int]) -> Int {
            ReductionTests.root(steps: steps, other: time, batch: batch, rates: rates).1.count { $0 == .uneven }
        }
        #expect(told(4, 9_000_000, rates) == 0)
        #expect(told(5, 9_000_000, rates) == 1)
        #expect(told(20, 9_000_000, rates) == 1)
        // A tenth of the step is allowed.
        #expect(told(20, 2_000_000, rates) == 0)
        #expect(told(20, 2_000_001, rates) == 1)
        // Nothing is known, or nothing to be gained: two samples cannot be divided better than the slower one's half.
        #expect(told(20, 9_000_000, [:]) == 0)
        #expect(told(20, 9_000_000, batch: 2, [1: 110, 2: 100]) == 0)
    }

    /// Five steps are not enough when they are short.
    @Test func unevenIsToldWhenItHasLasted() {
        func told(_ steps: Int) -> Int {
            let rates: [NodeID: Int] = [1: 900, 2: 100]
            return ReductionTests.root(steps: steps, other: 9_000_000, rates: rates, patience: 1_000_000_000).1
                .count { $0 == .uneven }
        }
        #expect(told(99) == 0)
        #expect(told(100) == 1)
    }

    /// One step that is even, or measurements that promise nothing for one step, and the waiting begins anew.
    @Test(arguments: [true, false]) func theDifferenceMustNotBeInterrupted(byMeasurements: Bool) {
        let settings = ReductionSettings(samples: 800, batch: 8, chunks: 1, patience: 100_000_000)
        var node = Reduction(node: 1, applied: 0, settings: settings)
        _ = node.onView(ReductionTests.pair, at: 0)
        _ = node.onMessage(.ready(view: 1, applied: 0), from: 2, at: 0)
        var told: [Int] = []
        for step in 0..<30 {
            let isCalm = step == 8
            node.onRates(isCalm && byMeasurements ? [1: 500, 2: 500] : [1: 900, 2: 100])
            let time = isCalm && !byMeasurements ? 1_000_000 : 9_000_000
            let now = step * 10_000_000
            _ = node.onGradient(view: 1, step: step, computeTime: 1_000_000, at: now + 1_000_000)
            let actions = node.onMessage(
                .partial(view: 1, step: step, chunk: 0, ComputeTimes(least: time, greatest: time)), from: 2,
                at: now + 10_000_000)
            if actions.contains(.uneven) { told.append(step) }
        }
        #expect(told == [18])
    }

    /// Each renewal that comes soon doubles the time to the next one; members that come or go begin anew, and so does a
    /// long calm.
    @Test func renewalsBecomeRarer() {
        func patience(after renewals: [Bool?], each time: Int = 0) -> Int {
            var balance = Reduction.Balance()
            for (index, isRenewal) in renewals.enumerated() {
                balance = balance.next(isRenewal: isRenewal, patience: 1000, at: (index + 1) * time)
            }
            return balance.patience(1000)
        }
        #expect(patience(after: []) == 1000)
        #expect(patience(after: [true]) == 2000)
        #expect(patience(after: [true, true, true]) == 8000)
        #expect(patience(after: [true, false, true]) == 4000)
        #expect(patience(after: Array(repeating: true, count: 40)) == 64000)
        #expect(patience(after: [true, true] + [nil as Bool?]) == 1000)
        #expect(patience(after: [true, true, true], each: 3999) == 8000)
        #expect(patience(after: [true, true, true], each: 8000) == 2000)
    }
}
