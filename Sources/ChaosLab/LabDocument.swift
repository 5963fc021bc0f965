import ChaosModel
import ChaosReport
import ChaosSimulator

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
            json.key("planned_makespan_ns")
            if let plan = join.plan { json.value(plan.makespan.description) } else { json.null() }
            json.key("plans_anew")
            json.value(join.replans)
            let pulls = pulls.filter { $0.node == join.node && $0.began >= join.began ?? .max }
            json.key("bytes_asked_twice")
            json.value(pulls.reduce(0) { $0 + $1.bytesTwice })
            for (key, file) in [("instance", pulls.first?.instance), ("plan", pulls.first?.plan)] {
                json.key(key)
                if let file { json.value(file) } else { json.null() }
            }
            json.key("neighbors")
            json.beginArray()
            for (source, bytes) in join.bytes.sorted(by: { $0.key < $1.key }) {
                json.beginObject()
                json.key("node")
                json.value(Int(clamping: source.rawValue))
                json.key("bytes")
                json.value(bytes)
                json.key("planned_finish_ns")
                let planned = join.plan?.assignments.first { $0.neighbor == "\(source)" }?.finish
                if let planned { json.value(planned.description) } else { json.null() }
                json.key("finish_ns")
                if let began = join.began, let last = join.lastArrival[source] {
                    json.value(last - began)
                } else {
                    json.null()
                }
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
