import ChaosProtocol

extension Scenario {
    /// Something that happens to nodes or links.
    ///
    /// All that is the same wherever an event happens is said here. Where else a further one is to be told of, says
    /// Documentation/SCENARIOS.md, "A further event".
    public enum Event: Hashable, Sendable {
        /// A new node appears with links to these.
        case join(NodeID, links: [NodeID])
        /// The node is gone, and what it knew.
        case crash(NodeID)
        /// The node announces that it leaves.
        case leave(NodeID)
        /// The link goes, and what is on it.
        case cut(Link)
        /// A link comes back, or comes up for the first time.
        case mend(Link)
        /// Every link between these nodes and all others is cut.
        case isolate([NodeID])
        /// Every link that there has ever been comes back.
        case heal
        /// The node computes and serves this many times slower than it did at first; 1 ends that.
        case slow(NodeID, factor: Int)
        /// The link carries this many times less than it did at first; 1 ends that.
        case crawl(Link, factor: Int)
        /// The connections that carry the shards of a link close and are made again: what was on them is lost, and both
        /// ends are told. The link stays.
        case reset(Link)
        /// The node does nothing for this long, in nanoseconds, and then goes on as if nothing had been.
        case pause(NodeID, for: Int)
        /// What computes the gradients of the node is gone for this long, in nanoseconds: it begins anew what it was at then.
        case idle(NodeID, for: Int)
        /// From now on the node sends wrong bytes instead of shards, with digests that fit them.
        case lie(NodeID)
        /// An operator tells the node that all members which it cannot reach are gone for good, whether they are or not. It
        /// has no effect on one that is not halted.
        case proceed(NodeID)
        /// From now on the node changes what others have said when it passes that on, and claims their ids.
        case forge(NodeID)

        /// Which event it is, by its key in scenario files. Messages list the kinds in this order.
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            case join, crash, leave, cut, mend, isolate, heal, slow, crawl, reset, pause, idle, lie, proceed, forge
        }

        public var kind: Kind {
            switch self {
            case .join: .join
            case .crash: .crash
            case .leave: .leave
            case .cut: .cut
            case .mend: .mend
            case .isolate: .isolate
            case .heal: .heal
            case .slow: .slow
            case .crawl: .crawl
            case .reset: .reset
            case .pause: .pause
            case .idle: .idle
            case .lie: .lie
            case .proceed: .proceed
            case .forge: .forge
            }
        }
    }
}

// MARK: Who is there

extension Scenario.Event {
    /// What an event changes of who is there.
    public enum Presence: Hashable, Sendable {
        /// A node that has not been there before.
        case begins(NodeID)
        /// The node stays until the protocol lets it go.
        case isToEnd(NodeID)
        /// The node is gone at once.
        case ends(NodeID)
    }

    /// nil: whoever was there is there.
    public var presence: Presence? {
        switch self {
        case .join(let node, _): .begins(node)
        case .leave(let node): .isToEnd(node)
        case .crash(let node): .ends(node)
        case .cut, .mend, .isolate, .heal, .slow, .crawl, .reset, .pause, .idle, .lie, .proceed, .forge: nil
        }
    }

    /// What there must be when an event comes.
    enum Requirement {
        /// A node that is there.
        case node(NodeID)
        /// A link that has been up.
        case link(Link)
    }

    /// In the order in which faults are reported. The links of a joiner have places of their own in a file, and are not
    /// among these.
    var requirements: [Requirement] {
        switch self {
        case .join, .heal: []
        case .crash(let node), .leave(let node), .slow(let node, _), .pause(let node, _), .idle(let node, _),
            .lie(let node), .proceed(let node), .forge(let node):
            [.node(node)]
        case .isolate(let nodes): nodes.map { .node($0) }
        case .cut(let link), .crawl(let link, _), .reset(let link): [.link(link)]
        case .mend(let link): [.node(link.a), .node(link.b)]
        }
    }
}

// MARK: The same event in another scenario

extension Scenario.Event {
    /// The event where this node has never been; nil if nothing is left of it.
    package func without(_ node: NodeID) -> Self? {
        switch self {
        case .join(let joiner, let links): joiner == node ? nil : .join(joiner, links: links.filter { $0 != node })
        case .isolate(let part): .isolate(part.filter { $0 != node })
        case .heal: self
        case .cut(let link), .mend(let link), .crawl(let link, _), .reset(let link):
            link.a == node || link.b == node ? nil : self
        case .crash(let other), .leave(let other), .slow(let other, _), .pause(let other, _), .idle(let other, _),
            .lie(let other), .proceed(let other), .forge(let other):
            other == node ? nil : self
        }
    }

    /// The event where everything comes this many times sooner: so does its own end.
    func hastened(by speed: Int) -> Self {
        switch self {
        case .pause(let node, let time): .pause(node, for: max(1, time / speed))
        case .idle(let node, let time): .idle(node, for: max(1, time / speed))
        case .join, .crash, .leave, .cut, .mend, .isolate, .heal, .slow, .crawl, .reset, .lie, .proceed, .forge: self
        }
    }
}

extension Scenario.Event: CustomStringConvertible {
    public var description: String {
        func list(_ nodes: [NodeID]) -> String { nodes.map(\.description).joined(separator: " ") }
        return switch self {
        case .join(let node, let links): "join \(node) with links to \(list(links))"
        case .crash(let node): "crash \(node)"
        case .leave(let node): "leave \(node)"
        case .cut(let link): "cut \(link)"
        case .mend(let link): "mend \(link)"
        case .isolate(let nodes): "isolate \(list(nodes))"
        case .heal: "heal"
        case .slow(let node, let factor): "slow \(node) down by \(factor)"
        case .crawl(let link, let factor): "let \(link) crawl by \(factor)"
        case .reset(let link): "reset the connections of \(link)"
        case .pause(let node, let time): "pause \(node) for \(Double(time) / 1e6) ms"
        case .idle(let node, let time): "let \(node) idle for \(Double(time) / 1e6) ms"
        case .lie(let node): "let \(node) lie"
        case .proceed(let node): "let \(node) proceed"
        case .forge(let node): "let \(node) forge"
        }
    }
}
