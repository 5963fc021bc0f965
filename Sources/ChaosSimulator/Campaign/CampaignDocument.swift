import ChaosDocuments
import ChaosJudgement

extension Campaign.Result {
    /// The value of the key `format`.
    public static let format = "chaos-campaign"

    /// The JSON line of the runs, version 1, with its line break.
    /// - Parameter seeds: that were to be run; the series ends with the first that fails.
    public func line(of seeds: Range<UInt64>) throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("first_seed", seeds.lowerBound)
            json.field("runs_wanted", UInt64(seeds.count))
            json.field("runs", runs)
            json.field("sound", failure == nil)
            json.field("views", views)
            json.field("updates", updates)
            json.field("transfers", transfers)
            json.field("messages", messages)
            json.field("duration_ns", duration)
            guard let failure else { return json.field("failure", String?.none) }
            try json.object("failure") { json in
                json.field("seed", failure.seed)
                try json.object("violation") { failure.violation.write(to: &$0) }
                json.field("shortest_scenario", failure.shortest.description)
                try json.object("shortest_violation") { failure.shortestViolation.write(to: &$0) }
                try json.field("latest_views", failure.pictures)
                try json.field("last_actions", failure.lastActions)
            }
        }
    }
}
