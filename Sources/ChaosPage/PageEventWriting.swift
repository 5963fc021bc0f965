import ChaosDocuments
import ChaosProtocol

extension PageEvent {
    /// Writes it as an object. Nodes are texts, for their ids may be greater than what a browser counts exactly.
    public func write(to json: inout JSONWriter) throws {
        json.beginObject()
        json.field("time", time)
        try Self.write(event, to: &json)
        try json.end()
    }

    private static func write(_ event: Event, to json: inout JSONWriter) throws {
        switch event {
        case .phase(let node, let phase):
            name("phase", of: node, to: &json)
            json.field("phase", phase.rawValue)
        case .institution(let node, let institution):
            name("institution", of: node, to: &json)
            json.field("name", SingleLine.of(institution))
        case .link(let link, let isUp):
            name(isUp ? "link-up" : "link-down", of: nil, to: &json)
            ends(of: link, to: &json)
        case .capacity(let link, let quality):
            name("capacity", of: nil, to: &json)
            ends(of: link, to: &json)
            json.field("bandwidth", quality.bandwidth)
            json.field("round_trip", quality.roundTrip)
        case .view(let view, let why):
            name("view", of: nil, to: &json)
            try write(view, to: &json)
            try json.field("why", why)
        case .begun(let view):
            name("begun", of: nil, to: &json)
            json.field("view", view)
        case .planned(let node, let state, let size, let makespan, let sources):
            name("planned", of: node, to: &json)
            json.field("state", state)
            json.field("shard_size", size)
            json.field("makespan", makespan)
            try write(sources, to: &json)
        case .came(let node, let source, let bytes):
            name("came", of: node, to: &json)
            json.field("from", source.description)
            json.field("bytes", bytes)
        case .idle(let node, let time):
            name("idle", of: node, to: &json)
            json.field("idle", time)
        case .log(let node, let kind, let text):
            name("log", of: node, to: &json)
            json.field("kind", kind.rawValue)
            json.field("text", SingleLine.of(text))
        case .asked(let node): name("asked", of: node, to: &json)
        case .failed(let node): name("failed", of: node, to: &json)
        case .contributed(let node): name("contributed", of: node, to: &json)
        case .pulling(let node, let step): name("pulling", of: node, step, to: &json)
        case .whole(let node, let step): name("whole", of: node, step, to: &json)
        case .step(let step): name("step", of: nil, step, to: &json)
        case .loss(let step, let loss):
            name("loss", of: nil, step, to: &json)
            number("loss", loss, to: &json)
        case .evaluated(let step, let loss, let accuracy):
            name("evaluated", of: nil, step, to: &json)
            number("loss", loss, to: &json)
            number("accuracy", accuracy, to: &json)
        }
    }

    private static func name(_ event: String, of node: NodeID?, _ step: Int? = nil, to json: inout JSONWriter) {
        json.field("event", event)
        if let node { json.field("node", node.description) }
        if let step { json.field("step", step) }
    }

    private static func ends(of link: Link, to json: inout JSONWriter) {
        json.field("a", link.a.description)
        json.field("b", link.b.description)
    }

    /// What no number is, is left out.
    private static func number(_ key: String, _ value: Double, to json: inout JSONWriter) {
        guard value.isFinite else { return }
        json.key(key)
        json.value(number: "\(value)")
    }

    /// With the tree along which gradients go: of each node that has a parent there, that.
    private static func write(_ view: View, to json: inout JSONWriter) throws {
        json.field("view", view.number)
        try json.field("members", view.members.map(\.description))
        try json.field("learners", view.learners.map(\.node.description))
        json.key("links")
        json.beginArray()
        for link in view.links {
            json.beginArray()
            json.value(link.a.description)
            json.value(link.b.description)
            try json.end()
        }
        try json.end()
        let tree = ReductionTree(view)
        json.field("root", tree.root.description)
        json.key("parents")
        json.beginObject()
        for node in view.everyone.sorted() {
            if let parent = tree.parent(of: node) { json.field(node.description, parent.description) }
        }
        try json.end()
    }

    private static func write(_ sources: [Source], to json: inout JSONWriter) throws {
        json.key("sources")
        json.beginArray()
        for source in sources {
            json.beginObject()
            json.field("node", source.node.description)
            json.field("bytes", source.bytes)
            json.field("finish", source.finish)
            try json.end()
        }
        try json.end()
    }
}
