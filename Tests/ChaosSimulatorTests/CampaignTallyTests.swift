import ChaosModel
import Testing

@testable import ChaosJudgement
@testable import ChaosSimulator

struct CampaignTallyTests {
    /// Up to six seeds at the same time, which end in any order.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func sumsEndWithTheFirstThatFails(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = random.int(1...30)
        let outcomes = (0..<count).map { i in
            let violation = Violation(invariant: .progress, finding: "\(i)", time: 0)
            return RunOutcome(
                violation: random.once(in: 15) ? violation : nil, views: random.int(1...9),
                messages: random.int(1...9), duration: random.int(1...9))
        }
        var tally = CampaignTally(of: 7..<7 + UInt64(count))
        var running: [UInt64] = []
        let most = random.int(1...6)
        while true {
            while running.count < most, let seed = tally.nextSeed() { running.append(seed) }
            guard !running.isEmpty else { break }
            let ended = running.remove(at: random.int(0...running.count - 1))
            tally.add(outcomes[Int(ended) - 7], of: ended)
        }
        let first = outcomes.firstIndex { $0.violation != nil }
        let summed = outcomes.prefix(first.map { $0 + 1 } ?? count)
        #expect(tally.result.runs == summed.count)
        #expect(tally.result.views == summed.reduce(0) { $0 + $1.views })
        #expect(tally.result.messages == summed.reduce(0) { $0 + $1.messages })
        #expect(tally.result.duration == summed.reduce(0) { $0 + $1.duration })
        #expect(tally.failing?.seed == first.map { 7 + UInt64($0) })
        #expect(tally.failing?.violation == first.flatMap { outcomes[$0].violation })
    }
}
