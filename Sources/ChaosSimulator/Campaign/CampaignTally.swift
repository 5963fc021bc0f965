import ChaosJudgement

/// Hands out the seeds of a campaign in their order and sums up in the same order: whatever is run at the same time and
/// whichever comes to its end first, the sums end with the first seed that fails.
struct CampaignTally {
    private(set) var result = Campaign.Result()
    private(set) var failing: (seed: UInt64, violation: Violation)?
    private var left: Range<UInt64>
    /// The seed to be added next.
    private var due: UInt64
    /// Outcomes of later ones.
    private var waiting: [UInt64: RunOutcome] = [:]

    init(of seeds: Range<UInt64>) {
        left = seeds
        due = seeds.lowerBound
    }

    /// - Returns: the seed to be run next; nil when there is no more to do.
    mutating func nextSeed() -> UInt64? { left.popFirst() }

    /// - Parameter seed: has been handed out.
    mutating func add(_ outcome: RunOutcome, of seed: UInt64) {
        // Lesser seeds are all under way already, so the first that fails is this one or among them.
        if outcome.violation != nil { left = left.upperBound..<left.upperBound }
        waiting[seed] = outcome
        while failing == nil, let outcome = waiting.removeValue(forKey: due) {
            result.runs += 1
            result.views += outcome.views
            result.messages += outcome.messages
            result.updates += outcome.updates
            result.transfers += outcome.transfers
            result.duration += outcome.duration
            failing = outcome.violation.map { (due, $0) }
            due += 1
        }
    }
}
