import ChaosDocuments
import ChaosText

extension LabReport {
    /// The value of the key `format`.
    public static let format = "chaos-lab"

    /// The report as a JSON document in a line; times in nanoseconds since the beginning. Losses and accuracies, which
    /// decide nothing, are texts.
    public func document() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.key("name")
            json.value(name)
            json.key("sound")
            json.value(isSound)
            json.key("interrupted")
            json.value(wasInterrupted)
            json.key("duration_ns")
            json.value(story.outcome.duration)
            json.key("views")
            json.value(story.outcome.views)
            json.key("steps")
            json.value(steps)
            for (key, value) in [("loss", loss), ("test_loss", testLoss), ("test_accuracy", testAccuracy)] {
                json.key(key)
                if let value { json.value("\(value)") } else { json.null() }
            }
            json.key("journal_entries")
            json.value(entries)
            try writeJoins(&json)
            try writeTransfers(&json)
            try writeChanges(&json)
            try writeNodes(&json)
            try writeVerdict(&json)
        }
    }

    private func writeJoins(_ json: inout JSONWriter) throws {
        json.key("joins")
        json.beginArray()
        for join in story.joins {
            json.beginObject()
            json.key("node")
            json.value(Int(clamping: join.node.rawValue))
            for (key, value) in [
                ("asked_ns", join.asked), ("solved_ns", join.solved), ("admitted_ns", join.admitted),
                ("began_ns", join.began), ("complete_ns", join.complete), ("contributed_ns", join.contributed),
                ("scale_out_delay_ns", join.contributed.map { $0 - join.asked }),
            ] {
                json.key(key)
                if let value { json.value(value) } else { json.null() }
            }
            json.key("plans_anew")
            json.value(join.replanned)
            try json.end()
        }
        try json.end()
    }

    private func writeTransfers(_ json: inout JSONWriter) throws {
        json.key("transfers")
        json.beginArray()
        for pull in pulls {
            json.beginObject()
            for (key, value) in [
                ("node", Int(clamping: pull.node.rawValue)), ("state_bytes", pull.stateBytes),
                ("shard_size", pull.shardSize), ("bytes_asked_twice", pull.bytesTwice), ("began_ns", pull.began),
                ("complete_ns", pull.complete),
            ] {
                json.key(key)
                if let value { json.value(value) } else { json.null() }
            }
            for (key, text) in [
                ("planned_makespan_ns", pull.makespan?.description), ("instance", pull.instance), ("plan", pull.plan),
            ] {
                json.key(key)
                if let text { json.value(text) } else { json.null() }
            }
            json.key("neighbors")
            json.beginArray()
            for neighbor in pull.neighbors {
                json.beginObject()
                json.key("node")
                json.value(Int(clamping: neighbor.node.rawValue))
                json.key("bytes")
                json.value(neighbor.bytes)
                json.key("planned_finish_ns")
                if let planned = neighbor.planned { json.value(planned.description) } else { json.null() }
                json.key("finish_ns")
                json.value(neighbor.took)
                try json.end()
            }
            try json.end()
            try json.end()
        }
        try json.end()
    }

    private func writeChanges(_ json: inout JSONWriter) throws {
        json.key("changes")
        json.beginArray()
        for change in story.changes {
            json.beginObject()
            json.key("view")
            json.value(change.view.number)
            json.key("members")
            json.value(change.view.members.count)
            json.key("events")
            json.beginArray()
            for event in change.events { json.value(event.rawValue) }
            try json.end()
            json.key("known_ns")
            json.value(change.known)
            json.key("decided_ns")
            json.value(change.decided)
            json.key("handling_time_ns")
            if let time = change.handlingTime { json.value(time) } else { json.null() }
            try json.end()
        }
        try json.end()
    }

    private func writeNodes(_ json: inout JSONWriter) throws {
        json.key("nodes")
        json.beginArray()
        for account in story.accounts {
            json.beginObject()
            for (key, value) in [
                ("node", Int(clamping: account.node.rawValue)), ("steps", account.steps), ("idle_ns", account.idle),
                ("sent_bytes", account.sent), ("received_bytes", account.received),
            ] {
                json.key(key)
                json.value(value)
            }
            try json.end()
        }
        try json.end()
    }

    private func writeVerdict(_ json: inout JSONWriter) throws {
        json.key("judged")
        json.beginArray()
        for invariant in Self.judged { json.value(invariant.rawValue) }
        try json.end()
        json.key("violations")
        json.beginArray()
        for violation in violations {
            json.beginObject()
            json.key("invariant")
            json.value(violation.invariant.rawValue)
            json.key("finding")
            json.value(violation.finding)
            json.key("time_ns")
            json.value(violation.time)
            try json.end()
        }
        try json.end()
        json.key("failures")
        json.beginArray()
        for failure in failures { json.value(failure) }
        try json.end()
    }
}
