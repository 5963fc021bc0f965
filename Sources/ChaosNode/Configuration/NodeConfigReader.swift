import ChaosDocuments
import ChaosProtocol
import ChaosYAML

extension NodeConfig {
    /// Reads a configuration; "-" is standard input.
    /// - Throws: `FileError`, or `InvalidInput` with every fault and its path.
    public init(contentsOf path: String) throws {
        let (config, invalid) = try Self.read(contentsOf: path)
        if let invalid { throw invalid }
        self = config
    }

    /// Reads as much of a configuration as can be.
    /// - Returns: also what is wrong with it; where that is, the values are as without the keys.
    /// - Throws: as `init(contentsOf:)`, if it cannot be read to its end.
    static func read(contentsOf path: String) throws -> (config: NodeConfig, invalid: InvalidInput?) {
        var config: NodeConfig?
        var invalid: InvalidInput?
        do {
            try YAMLDocument.read(contentsOf: path) { config = try NodeConfigDraft.read($0) }
        } catch let error as InvalidInput where config != nil {
            invalid = error
        }
        config!.file = DocumentIO.name(of: path)
        return (config!, invalid)
    }

    /// Reads a configuration from a text.
    public init(yaml text: String, file: String = "") throws {
        self = try YAMLDocument.read(Array(text.utf8), file: file) { try NodeConfigDraft.read($0) }
        self.file = file
    }
}

/// The values of a configuration as far as they were read. What is wrong is a fault, and then nobody asks for the rest.
struct NodeConfigDraft: Sendable {
    var config = NodeConfig(
        node: 1, cluster: "", listen: Endpoint(host: "", port: 0), trainer: .synthetic(.init(bytes: 64)), batch: 1)
    /// Nil: it is missing or wrong.
    var node: NodeID?
    var hasNode = false
    var founding: FoundingDraft?
    var peers: [PeerDraft] = []

    static func read(_ fields: FieldReader) throws -> NodeConfig {
        var draft = NodeConfigDraft()
        try keys.read(into: &draft, fields)
        return draft.config
    }

    /// Looks whether what the keys say fits together, and puts it into the configuration.
    static let check: ConfigTable<Self>.Check = { draft, _, _, faults in
        // Of which nodes there are nothing is said as long as it is not known who this one is.
        guard draft.hasNode == (draft.node != nil) else { return }
        draft.config.isNodeDrawn = !draft.hasNode
        let node =
            draft.node ?? NodeID(draft.config.identity == nil ? .random(in: 1..<1 << 62) : draft.config.lifeKey.id)
        draft.config.node = node
        if let founding = draft.founding, !draft.hasNode, founding.members != nil {
            faults.add("node", "the key is missing", allowed: "the id of this node, which founding.members names")
            return
        }
        if draft.config.founds, draft.founding != nil {
            faults.add("found", "found and founding", allowed: "one of them")
        }
        let listen = draft.config.listen
        if draft.config.identity == nil, !draft.config.isInsecure, !listen.host.isEmpty, !listen.isLoopback {
            faults.add(
                "listen", "\(listen) without identity",
                allowed: "an address of the loopback, such as 127.0.0.1; or identity; or insecure: true")
        }
        if let place = draft.config.announce,
            !MessageLimits.isAddress(draft.config.announced(listen.withPort))
                || ["0.0.0.0", "::"].contains(place.host)
        {
            faults.add(
                "announce", "\(place)",
                allowed: "what others can dial: at most \(MessageLimits.address) printable characters of ASCII")
        }
        draft.config.founding = draft.founding?.view(of: node, &faults)
        if draft.config.founds { draft.config.founding = View(number: 1, members: [node], links: []) }
        draft.config.contacts = draft.peers.filter { !$0.namesNode }.compactMap(\.address)
        for peer in draft.peers where peer.node == node {
            faults.add("\(peer.path).node", "\(node), which is this node", allowed: "other nodes")
        }
        draft.config.peers = draft.peers.compactMap { peer in
            guard let node = peer.node, let address = peer.address else { return nil }
            return NodeConfig.Peer(node, address)
        }
    }
}
