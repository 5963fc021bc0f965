import ChaosModel
import ChaosSolver
import Testing

@testable import ChaosMILP

/// What an answer says, by the size of the difference.
@Suite struct VerdictTests {
    private static let ours = ExactTime(nanoseconds: 1_000_000_000)

    private static func verdict(nanoseconds: Int128) -> Verdict {
        let found = ShardAssignment(shardSize: 1, counts: [1], makespan: ExactTime(nanoseconds: nanoseconds))
        return Verdict(.optimal(found), makespan: ours)
    }

    @Test func aDifferenceWithinTheTolerancesIsWorseAndOneBeyondIsWrong() {
        #expect(Self.verdict(nanoseconds: 1_000_000_000) == .agrees)
        #expect(Self.verdict(nanoseconds: 1_000_000_001) == .worse(by: 1, relative: Rational(1, 1_000_000_000)))
        #expect(Self.verdict(nanoseconds: 1_000_001_000) == .worse(by: 1000, relative: Rational(1, 1_000_000)))
        let wrong = Self.verdict(nanoseconds: 1_000_001_001)
        #expect(wrong == .wrongAnswer(.plan(ExactTime(nanoseconds: 1_000_001_001), ours: Self.ours)))
        #expect(!wrong.isSound && Self.verdict(nanoseconds: 1_000_001_000).isSound)
        let long = Self.verdict(nanoseconds: 1_500_000_000)
        #expect(
            long.description
                == "WRONG ANSWER: of the solver: its plan takes 1.5 s, ours 1 s: 0.5 more, beyond its tolerances, 1e-06"
        )
        guard case .beaten = Self.verdict(nanoseconds: 999_999_999) else {
            Issue.record("a better plan is a defect of ours")
            return
        }
    }

    @Test(arguments: [(0.9e9, true), (1e9, true), (1.000_000_9e9, true), (1.000_001_1e9, false), (2e9, false)])
    func aBoundAboveTheOptimumIsWrong(bound: Double, isRight: Bool) {
        let verdict = Verdict(.timeLimit(best: nil, bound: bound), makespan: Self.ours)
        #expect(verdict == (isRight ? .timeLimit(bound: bound) : .wrongAnswer(.bound(bound, ours: Self.ours))))
    }
}
