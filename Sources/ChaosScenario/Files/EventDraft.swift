import ChaosDocuments
import ChaosProtocol

/// An element of the key `events`, as it was read; whether it makes sense when it happens, `Timeline` says.
struct EventDraft {
    enum Action {
        /// Links with what is said of them; nil: those that an instance names.
        case join(NodeID, links: [(to: NodeID, figures: LinkFigures)]?)
        case crash(NodeID)
        case leave(NodeID)
        case cut(Link)
        case mend(Link)
        case isolate([NodeID])
        case heal
        case slow(NodeID, factor: Int)
        case crawl(Link, factor: Int)
        case pause(NodeID, for: Int)
        case lie(NodeID)
    }

    /// ns from the start.
    let at: Int
    let action: Action

    /// - Returns: nil if something is refused, which is recorded.
    init?(_ fields: FieldReader) throws {
        guard try fields.json.kind() == .object else {
            try fields.refuse(allowed: "an object")
            return nil
        }
        let path = fields.json.currentPath
        let before = fields.faults.count
        var keys: [EventField] = []
        var (at, node, link, nodes, factor, duration) = (
            Int?.none, NodeID?.none, Link?.none, [NodeID]?.none, Int?.none, Int?.none
        )
        var links: [(to: NodeID, figures: LinkFigures)]?
        try fields.object(EventField.self) { key in
            keys.append(key)
            switch key {
            case .at: at = try fields.quantity(.time, in: ScenarioRange.time)
            case .join, .crash, .leave, .slow, .pause, .lie: node = try fields.node()
            case .cut, .mend, .crawl: link = try fields.link()
            case .isolate: nodes = try fields.nodes()
            case .heal:
                if try fields.boolean() == false {
                    fields.faults.add(fields.json.currentPath, "false", allowed: "true, or no such key")
                }
            case .links: links = try Self.readLinks(fields)
            case .factor: factor = try fields.integer(in: ScenarioRange.factor)
            case .duration: duration = try fields.quantity(.time, in: 1...ScenarioRange.time.upperBound)
            }
        }
        let actions = keys.filter(EventField.actions.contains)
        let names = { (keys: [EventField]) in keys.map(\.rawValue).joined(separator: ", ") }
        if actions.count != 1 {
            fields.faults.add(
                path, actions.isEmpty ? "nothing that happens" : actions.map(\.rawValue).joined(separator: " and "),
                allowed: "one of \(names(EventField.actions))")
        } else {
            for key in keys where !key.belongsTo.isEmpty && !key.belongsTo.contains(actions[0]) {
                fields.faults.add(
                    "\(path).\(key.rawValue)", "the key beside \(actions[0].rawValue)",
                    allowed: "only with \(names(key.belongsTo))")
            }
            // The links of a joiner may be those of an instance.
            for key in [EventField.factor, .duration] where key.belongsTo.contains(actions[0]) && !keys.contains(key) {
                fields.faults.add(
                    "\(path).\(key.rawValue)", "the key is missing", allowed: "it stands with \(actions[0].rawValue)")
            }
        }
        guard fields.faults.count == before, let at, let action = actions.first else { return nil }
        self.at = at
        switch (action, node, link) {
        case (.join, let node?, _): self.action = .join(node, links: links)
        case (.crash, let node?, _): self.action = .crash(node)
        case (.leave, let node?, _): self.action = .leave(node)
        case (.lie, let node?, _): self.action = .lie(node)
        case (.slow, let node?, _): self.action = .slow(node, factor: factor ?? 1)
        case (.pause, let node?, _): self.action = .pause(node, for: duration ?? 1)
        case (.cut, _, let link?): self.action = .cut(link)
        case (.mend, _, let link?): self.action = .mend(link)
        case (.crawl, _, let link?): self.action = .crawl(link, factor: factor ?? 1)
        case (.isolate, _, _): self.action = .isolate(nodes ?? [])
        case (.heal, _, _): self.action = .heal
        default: return nil
        }
    }

    private static func readLinks(_ fields: FieldReader) throws -> [(to: NodeID, figures: LinkFigures)]? {
        guard try fields.json.kind() == .array else {
            try fields.refuse(allowed: "a list of nodes, or of links, as in [1, {to: 2, latency: 5 ms}]")
            return nil
        }
        let path = fields.json.currentPath
        var links: [(to: NodeID, figures: LinkFigures)] = []
        var seen: Set<NodeID> = []
        var isEmpty = true
        try fields.json.array { _ in
            isEmpty = false
            let path = fields.json.currentPath
            var node: NodeID?
            var figures = LinkFigures()
            if try fields.json.kind() == .object {
                try fields.object(JoinLinkField.self) { key in
                    switch key {
                    case .to: node = try fields.node()
                    case .bandwidth: try figures.readBandwidth(fields)
                    case .latency: try figures.readLatency(fields)
                    }
                }
            } else {
                node = try fields.node()
            }
            guard let node else { return }
            if !seen.insert(node).inserted {
                fields.faults.add(path, "node \(node) a second time", allowed: "each node once")
            }
            links.append((node, figures))
        }
        if isEmpty { fields.faults.add(path, "no link", allowed: "at least one link") }
        return links
    }
}
