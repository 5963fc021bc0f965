import ChaosDocuments
import ChaosProtocol

/// The key `founding` of a node's configuration.
struct FoundingDraft: Sendable {
    /// Nil: it is missing or wrong.
    var members: [NodeID]?
    /// Nil: all pairs, or they are wrong.
    var links: [Link]?

    static let keys = ConfigTable<Self>([
        ConfigKey(required: "members", \.members, .members, "the first members, this node among them"),
        ConfigKey("links", \.links, .links, else: "all pairs", "the links between them, which join all members"),
    ])

    /// The view, unless something is wrong with it.
    func view(of node: NodeID, _ faults: inout FaultList) -> View? {
        guard let members else { return nil }
        if !members.contains(node) {
            faults.add(
                "founding.members", "\(members.map(\.description).joined(separator: ", "))",
                allowed: "a list with this node, \(node); a node that joins has no founding view")
        }
        let view = View(number: 1, members: members, links: links ?? Self.pairs(of: members))
        if let fault = view.fault {
            faults.add("founding", "\(fault)", allowed: "links between members")
        } else if !Self.isConnected(view) {
            faults.add("founding.links", "links that do not join all members", allowed: "links that do")
        }
        return view
    }

    private static func pairs(of members: [NodeID]) -> [Link] {
        members.enumerated().flatMap { i, a in members[(i + 1)...].map { Link(a, $0) } }
    }

    private static func isConnected(_ view: View) -> Bool {
        var found: Set<NodeID> = [view.members[0]]
        var open = [view.members[0]]
        while let node = open.popLast() {
            for link in view.links where link.a == node || link.b == node {
                let other = link.a == node ? link.b : link.a
                if found.insert(other).inserted { open.append(other) }
            }
        }
        return found.count == view.members.count
    }
}

extension ConfigValue<[NodeID]> {
    fileprivate static var members: Self {
        let nodes = nodes(allowed: "a list of nodes, as in [1, 2, 3]")
        return ConfigValue(
            values: nodes.values,
            read: { fields in
                let path = fields.json.currentPath
                let members = try nodes.read(fields)
                guard members == [] else { return members }
                fields.faults.add(path, "no node", allowed: "at least this one")
                return nil
            }, text: nodes.text)
    }
}

extension ConfigValue<[Link]> {
    fileprivate static var links: Self {
        let ends = ConfigValue<[NodeID]>.nodes(allowed: "the two ends of a link, as in [1, 2]")
        return list(
            "a list of pairs of nodes", allowed: "a list of links, as in [[1, 2], [2, 3]]",
            element: { fields, _ in
                let path = fields.json.currentPath
                guard let nodes = try ends.read(fields) else { return nil }
                if nodes.count == 2 { return Link(nodes[0], nodes[1]) }
                fields.faults.add(path, "\(nodes.count) nodes", allowed: "the two ends of a link")
                return nil
            }, text: { $0.map { "[\($0.a), \($0.b)]" }.joined(separator: ", ") })
    }
}

/// An element of the key `peers`.
struct PeerDraft: Sendable {
    /// Of the element, as in `peers[2]`.
    var path = ""
    /// Nil: it is missing or wrong.
    var node: NodeID?
    var address: Endpoint?
    /// Whether it says who is there.
    var namesNode = false

    private static let keys = ConfigTable<Self>([
        ConfigKey(
            "node", values: ConfigValue<NodeID>.node.values,
            "the id of the peer, each once. Without it, or of an address alone, it is whoever is there at the time",
            absent: { _ in "learnt" },
            read: { peer, fields in
                peer.namesNode = true
                peer.node = try ConfigValue<NodeID>.node.read(fields)
            }),
        ConfigKey(required: "address", \.address, .endpoint, "where it listens"),
    ])

    static let key = ConfigKey<NodeConfigDraft>(
        "peers", values: "a list of addresses or objects",
        "links that this node keeps up by dialling. One end of a link is enough; when both dial, one connection stays",
        absent: { _ in "none" }, innerRows: { path, _ in keys.rows("\(path)[]", PeerDraft()) },
        read: { draft, fields in
            try fields.array("a list of peers, as in [\"a.example:7000\", {node: 2, address: \"10.0.0.2:7000\"}]") {
                _ in
                var peer = PeerDraft(path: fields.json.currentPath)
                if try fields.json.kind() == .string {
                    peer.address = try ConfigValue<Endpoint>.endpoint.read(fields)
                } else {
                    try keys.read(into: &peer, fields)
                }
                if !peer.namesNode, let address = peer.address,
                    draft.peers.contains(where: { !$0.namesNode && $0.address == address })
                {
                    fields.faults.add(peer.path, "\(address) a second time", allowed: "each address once")
                }
                if let node = peer.node, draft.peers.contains(where: { $0.node == node }) {
                    fields.faults.add("\(peer.path).node", "node \(node) a second time", allowed: "each node once")
                }
                draft.peers.append(peer)
            }
        })
}
