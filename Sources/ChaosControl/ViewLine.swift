import ChaosDocuments
import ChaosProtocol

/// A view in a line: `{"number":2,"members":[1,2],"learners":[{"node":3,"admitted":2}],
/// "links":[{"a":1,"b":2,"bandwidth":…,"roundTrip":…}],"weights":[…],"idle":[…],"era":2}`; without `idle` nobody is, and
/// without `era` it is the first of its own.
extension LineText {
    mutating func field(_ key: String, _ view: View?) {
        guard let view else { return }
        record(key) { text in
            text.field("number", view.number)
            text.field("members", view.members)
            text.records("learners", view.learners) {
                $0.field("node", $1.node)
                $0.field("admitted", $1.admitted)
            }
            text.records("links", Array(zip(view.links, view.qualities))) { text, link in
                text.field("a", link.0.a)
                text.field("b", link.0.b)
                text.field("bandwidth", link.1.bandwidth)
                text.field("roundTrip", link.1.roundTrip)
            }
            text.field("weights", view.weights)
            if !view.idle.isEmpty { text.field("idle", view.idle) }
            if view.era != view.number { text.field("era", view.era) }
        }
    }
}

extension LineRecord {
    mutating func optionalView(_ key: String) throws(InvalidInput) -> View? {
        try optionalRecord(key) { (record) throws(InvalidInput) in try record.view() }
    }

    mutating func view(_ key: String) throws(InvalidInput) -> View {
        try record(key) { (record) throws(InvalidInput) in try record.view() }
    }

    private mutating func view() throws(InvalidInput) -> View {
        let number = try integer("number")
        let members = try nodes("members")
        let learners = try records("learners") { (record) throws(InvalidInput) in
            View.Learner(try record.node("node"), admitted: try record.integer("admitted"))
        }
        var qualities: [Link: LinkQuality] = [:]
        let links = try records("links") { (record) throws(InvalidInput) in
            let (a, b) = (try record.node("a"), try record.node("b"))
            guard a != b else { throw record.fault("b", "\(b), the same as a", allowed: "two different nodes") }
            qualities[Link(a, b)] = LinkQuality(
                bandwidth: try record.optionalInteger("bandwidth"), roundTrip: try record.optionalInteger("roundTrip"))
            return Link(a, b)
        }
        let weights = try integers("weights")
        guard weights.count == members.count else {
            throw fault("weights", "\(weights.count) numbers", allowed: "\(members.count), one for each member")
        }
        let view = View(
            number: number, members: members, learners: learners, links: links, qualities: qualities,
            weights: Dictionary(zip(members, weights)) { first, _ in first }, idle: try optionalNodes("idle") ?? [],
            era: try optionalInteger("era"))
        if let fault = view.fault {
            throw InvalidInput(path, "\(fault)", allowed: "a view")
        }
        return view
    }
}
