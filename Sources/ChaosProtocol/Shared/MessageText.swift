extension Message: CustomStringConvertible {
    public var description: String {
        switch self {
        case .hello(let view, _): view == 0 ? "hello, no view" : "hello at view \(View.name(ofView: view))"
        case .reports(let reports): "reports " + reports.map(\.description).joined(separator: "; ")
        case .news(let reports): "news " + reports.map(\.description).joined(separator: "; ")
        case .claims(let claims): "claims of \(claims.map(\.node.description).joined(separator: " "))"
        case .unclaimed(let nodes): "unclaimed \(nodes.map(\.description).joined(separator: " "))"
        case .decided(let view): "decided \(view)"
        case .relayed(let envelope): envelope.description
        case .monitor(let message): "\(message)"
        case .reduction(let message): "\(message)"
        case .replication(let message): "\(message)"
        case .bundle(let messages): messages.map(\.description).joined(separator: " + ")
        }
    }
}

extension Envelope: CustomStringConvertible {
    public var description: String {
        let way = "\(origin)#\(sequence) -> \(destination?.description ?? "all")\(insists ? " by every way" : "")"
        return "\(body) (\(way))"
    }
}

extension Envelope.Body: CustomStringConvertible {
    public var description: String {
        switch self {
        case .prepare(let ballot, let next): "prepare \(ballot) for view \(View.name(ofView: next))"
        case .promise(let ballot, let next, let accepted):
            "promise \(ballot) for view \(View.name(ofView: next)), "
                + (accepted.map { "accepted in \($0.ballot): \($0.view)" } ?? "nothing accepted")
        case .accept(let ballot, let view): "accept \(ballot): \(view)"
        case .accepted(let ballot, let next): "accepted \(ballot) for view \(View.name(ofView: next))"
        case .refuse(let promised, let next): "refuse for view \(View.name(ofView: next)), promised \(promised)"
        case .behind(let view): "behind, at view \(View.name(ofView: view))"
        case .decided(let view): "decided \(view)"
        }
    }
}
