import ChaosDocuments
import ChaosModel
import ChaosProtocol

/// The story for programs: what the lines and the picture tell, in exact times.
extension Story {
    /// Writes marks, joins, changes and nodes into an object. Times are nanoseconds since the start.
    package func write(to json: inout JSONWriter) throws {
        try json.objects("marks", marks) { json, mark in
            json.field("time_ns", mark.time)
            json.field("kind", mark.kind.rawValue)
            json.field("node", mark.node?.rawValue)
            json.field("text", mark.text)
        }
        try json.objects("joins", joins) { try $1.write(to: &$0) }
        try json.objects("changes", changes) { json, change in
            json.field("view", change.view.number)
            try json.field("members", change.view.members.map(\.rawValue))
            try json.field("learners", change.view.learners.map(\.node.rawValue))
            try json.field("events", change.events.map(\.rawValue))
            json.field("known_ns", change.known)
            json.field("decided_ns", change.decided)
            json.field("begun_ns", change.begun)
            json.field("handling_time_ns", change.handlingTime)
        }
        let spans = Dictionary(grouping: spans, by: \.node)
        try json.objects("nodes", accounts) { json, account in
            json.field("node", account.node.rawValue)
            json.field("institution", account.institution)
            json.field("steps", account.steps)
            json.field("idle_ns", account.idle)
            json.field("sent_bytes", account.sent)
            json.field("received_bytes", account.received)
            try json.objects("activities", spans[account.node] ?? []) { json, span in
                json.field("activity", span.activity.name)
                if case .training(let view) = span.activity { json.field("view", view) }
                json.field("from_ns", span.start)
                json.field("to_ns", span.end)
            }
        }
    }
}

extension Story.Join {
    fileprivate func write(to json: inout JSONWriter) throws {
        json.field("node", node.rawValue)
        json.field("asked_ns", asked)
        json.field("solved_ns", solved)
        json.field("admitted_ns", admitted)
        json.field("began_ns", began)
        json.field("complete_ns", complete)
        json.field("promoted_ns", promoted)
        json.field("contributed_ns", contributed)
        json.field("scale_out_delay_ns", scaleOutDelay)
        json.field("planned_makespan_ns", plan?.makespan.description)
        json.field("plans_anew", replanned)
        try json.objects("phases", phases) { json, part in
            json.field("phase", part.phase.rawValue)
            json.field("time_ns", part.time)
        }
        try json.objects("in_vain", failed) { json, attempt in
            json.field("from_ns", attempt.lowerBound)
            json.field("to_ns", attempt.upperBound)
        }
        try json.objects("sources", bytes.sorted { $0.key < $1.key }) { json, source in
            json.field("node", source.key.rawValue)
            json.field("bytes", source.value)
            json.field("last_arrival_ns", lastArrival[source.key])
        }
    }
}

extension Story.Activity {
    fileprivate var name: String {
        switch self {
        case .outside: "outside"
        case .learning: "learning"
        case .waiting: "waiting"
        case .training: "training"
        case .halted: "halted"
        }
    }
}

extension Violation {
    /// Writes the fields of a broken promise into an object.
    package func write(to json: inout JSONWriter) {
        json.field("invariant", invariant.rawValue)
        json.field("promise", invariant.sentence)
        json.field("finding", finding)
        json.field("time_ns", time)
    }
}

extension View {
    /// Writes the fields of a view into an object.
    package func write(to json: inout JSONWriter) throws {
        json.field("number", number)
        try json.objects("members", zip(members, weights)) { json, member in
            json.field("node", member.0.rawValue)
            json.field("weight", member.1)
            if idle.contains(member.0) { json.field("idle", true) }
        }
        try json.objects("learners", learners) { json, learner in
            json.field("node", learner.node.rawValue)
            json.field("admitted", learner.admitted)
        }
        try json.objects("links", zip(links, qualities)) { json, link in
            try json.field("ends", [link.0.a.rawValue, link.0.b.rawValue])
            json.field("bandwidth", link.1.bandwidth)
            json.field("round_trip_ns", link.1.roundTrip)
        }
    }
}
