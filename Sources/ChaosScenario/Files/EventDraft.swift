import ChaosDocuments
import ChaosProtocol

/// An element of the key `events`, as it was read; whether it makes sense when it happens, `Timeline` says.
struct EventDraft {
    /// ns from the start.
    let at: Int
    /// A joiner of which no links are said has none here.
    let event: Scenario.Event
    /// What is said of the links of a joiner; nil: nothing, so they are those that an instance names.
    let joinLinks: [JoinLink]?

    /// - Returns: nil if something is refused, which is recorded.
    init?(_ fields: FieldReader) throws {
        guard try fields.json.kind() == .object else {
            try fields.refuse(allowed: "an object")
            return nil
        }
        let path = fields.json.currentPath
        let before = fields.faults.count
        var kinds: [Scenario.Event.Kind] = []
        var details: [EventDetail] = []
        var values = EventValues()
        try fields.object(EventField.self) { key in
            switch key {
            case .at: values.at = try fields.quantity(.time, in: ScenarioRange.time)
            case .kind(let kind):
                kinds.append(kind)
                try values.read(kind, fields)
            case .detail(let detail):
                details.append(detail)
                try values.read(detail, fields)
            }
        }
        Self.check(kinds, details, path, &fields.faults)
        guard fields.faults.count == before else { return nil }
        guard let at = values.at, let event = values.event(kinds[0]) else {
            // Nothing is left out without a word, whatever has been forgotten here.
            fields.faults.add(path, "values that make no event", allowed: "an event")
            return nil
        }
        self.at = at
        self.event = event
        joinLinks = values.links
    }

    /// An event is of one kind, with the details of that.
    private static func check(
        _ kinds: [Scenario.Event.Kind], _ details: [EventDetail], _ path: String, _ faults: inout FaultList
    ) {
        func names(_ kinds: [Scenario.Event.Kind]) -> String { kinds.map(\.rawValue).joined(separator: ", ") }
        guard kinds.count == 1, let kind = kinds.first else {
            faults.add(
                path, kinds.isEmpty ? "nothing that happens" : kinds.map(\.rawValue).joined(separator: " and "),
                allowed: "one of \(names(Scenario.Event.Kind.allCases))")
            return
        }
        for detail in details where !kind.details.contains(detail) {
            faults.add(
                "\(path).\(detail.rawValue)", "the key beside \(kind.rawValue)",
                allowed: "only with \(names(Scenario.Event.Kind.allCases.filter { $0.details.contains(detail) }))")
        }
        for detail in kind.details where detail.isNeeded && !details.contains(detail) {
            faults.add(
                "\(path).\(detail.rawValue)", "the key is missing", allowed: "it stands with \(kind.rawValue)")
        }
    }
}

/// The keys of an event: when it comes, what happens, and what more is to be said of that.
enum EventField: FieldKey {
    case at
    case kind(Scenario.Event.Kind)
    case detail(EventDetail)

    static let allCases: [Self] =
        [.at] + Scenario.Event.Kind.allCases.map { .kind($0) } + EventDetail.allCases.map { .detail($0) }
    static let required: [Self] = [.at]
    static let table = FieldTable<Self>()

    init?(rawValue: String) {
        guard let key = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = key
    }

    var rawValue: String {
        switch self {
        case .at: "at"
        case .kind(let kind): kind.rawValue
        case .detail(let detail): detail.rawValue
        }
    }
}

/// The keys that stand beside some kinds of events.
enum EventDetail: String, CaseIterable {
    case links, factor
    case duration = "for"

    /// The links of a joiner may be those of an instance.
    var isNeeded: Bool {
        switch self {
        case .links: false
        case .factor, .duration: true
        }
    }
}

extension Scenario.Event.Kind {
    var details: [EventDetail] {
        switch self {
        case .join: [.links]
        case .slow, .crawl: [.factor]
        case .pause, .idle: [.duration]
        case .crash, .leave, .cut, .mend, .isolate, .heal, .reset, .lie, .proceed, .forge: []
        }
    }
}

/// A link of a joiner.
struct JoinLink {
    let node: NodeID
    let figures: LinkFigures
}

/// The values of an event, as far as they were read.
private struct EventValues {
    var at: Int?
    private var node: NodeID?
    private var link: Link?
    private var nodes: [NodeID]?
    private(set) var links: [JoinLink]?
    private var factor: Int?
    private var duration: Int?

    /// Reads the value of the key that says what happens.
    mutating func read(_ kind: Scenario.Event.Kind, _ fields: FieldReader) throws {
        switch kind {
        case .join, .crash, .leave, .slow, .pause, .idle, .lie, .proceed, .forge: node = try fields.node()
        case .cut, .mend, .crawl, .reset: link = try fields.link()
        case .isolate: nodes = try fields.nodes()
        case .heal:
            if try fields.boolean() == false {
                fields.faults.add(fields.json.currentPath, "false", allowed: "true, or no such key")
            }
        }
    }

    mutating func read(_ detail: EventDetail, _ fields: FieldReader) throws {
        switch detail {
        case .links: links = try Self.readLinks(fields)
        case .factor: factor = try fields.integer(in: ScenarioRange.factor)
        case .duration: duration = try fields.quantity(.time, in: 1...ScenarioRange.time.upperBound)
        }
    }

    /// - Returns: nil if something that belongs to it has not been read.
    func event(_ kind: Scenario.Event.Kind) -> Scenario.Event? {
        switch kind {
        case .join: node.map { .join($0, links: (links ?? []).map(\.node)) }
        case .crash: node.map { .crash($0) }
        case .leave: node.map { .leave($0) }
        case .cut: link.map { .cut($0) }
        case .mend: link.map { .mend($0) }
        case .isolate: nodes.map { .isolate($0) }
        case .heal: .heal
        case .slow: node.flatMap { node in factor.map { .slow(node, factor: $0) } }
        case .crawl: link.flatMap { link in factor.map { .crawl(link, factor: $0) } }
        case .reset: link.map { .reset($0) }
        case .pause: node.flatMap { node in duration.map { .pause(node, for: $0) } }
        case .idle: node.flatMap { node in duration.map { .idle(node, for: $0) } }
        case .lie: node.map { .lie($0) }
        case .proceed: node.map { .proceed($0) }
        case .forge: node.map { .forge($0) }
        }
    }

    private static func readLinks(_ fields: FieldReader) throws -> [JoinLink]? {
        guard try fields.json.kind() == .array else {
            try fields.refuse(allowed: "a list of nodes, or of links, as in [1, {to: 2, latency: 5 ms}]")
            return nil
        }
        let path = fields.json.currentPath
        var links: [JoinLink] = []
        var seen: Set<NodeID> = []
        var isEmpty = true
        try fields.json.array { _ in
            isEmpty = false
            let path = fields.json.currentPath
            guard let link = try readLink(fields) else { return }
            if !seen.insert(link.node).inserted {
                fields.faults.add(path, "node \(link.node) a second time", allowed: "each node once")
            }
            links.append(link)
        }
        if isEmpty { fields.faults.add(path, "no link", allowed: "at least one link") }
        return links
    }

    private static func readLink(_ fields: FieldReader) throws -> JoinLink? {
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
        return node.map { JoinLink(node: $0, figures: figures) }
    }
}
