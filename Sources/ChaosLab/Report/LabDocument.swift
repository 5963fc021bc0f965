import ChaosDocuments
import ChaosJudgement

extension LabReport {
    /// The value of the key `format`.
    public static let format = "chaos-lab"

    /// The report as a JSON document in a line; times in nanoseconds since the beginning. Losses and accuracies, which
    /// decide nothing, are texts.
    public func document() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("name", name)
            json.field("sound", isSound)
            json.field("interrupted", wasInterrupted)
            json.field("duration_ns", story.outcome.duration)
            json.field("views", story.outcome.views)
            json.field("steps", steps)
            json.field("loss", loss.map { "\($0)" })
            json.field("test_loss", testLoss.map { "\($0)" })
            json.field("test_accuracy", testAccuracy.map { "\($0)" })
            json.field("journal_entries", entries)
            try story.write(to: &json)
            try json.objects("transfers", pulls) { try $1.write(to: &$0) }
            try json.field("judged", Self.judged.map(\.rawValue))
            try json.objects("violations", violations) { $1.write(to: &$0) }
            try json.field("failures", failures)
        }
    }
}

extension LabReport.Pull {
    fileprivate func write(to json: inout JSONWriter) throws {
        json.field("node", node.rawValue)
        json.field("state_bytes", stateBytes)
        json.field("shard_size", shardSize)
        json.field("bytes_asked_twice", bytesTwice)
        json.field("began_ns", began)
        json.field("complete_ns", complete)
        json.field("planned_makespan_ns", makespan?.description)
        json.field("instance", instance)
        json.field("plan", plan)
        json.field("algorithm", algorithm)
        try json.objects("neighbors", neighbors) { json, neighbor in
            json.field("node", neighbor.node.rawValue)
            json.field("bytes", neighbor.bytes)
            json.field("planned_finish_ns", neighbor.planned?.description)
            json.field("finish_ns", neighbor.took)
        }
    }
}
