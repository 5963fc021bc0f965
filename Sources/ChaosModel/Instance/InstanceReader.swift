import ChaosDocuments

/// Reads instance files, version 1 (Documentation/MODEL.md, section 6).
extension Instance {
    static let format = "chaos-instance"

    /// Reads an instance from the bytes of a JSON document. Cost: O(length) time; memory for the instance only.
    /// - Parameters:
    ///   - bytes: the whole file, in UTF-8.
    ///   - file: the name for messages.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(json bytes: UnsafeBufferPointer<UInt8>, file: String = "") throws {
        let draft = InstanceDraft()
        do {
            var faults = try FieldReader.read(bytes) { try draft.readInstance($0) }
            draft.resolveGroups(into: &faults)
            // The values that could be read are checked even when others could not: all faults at once.
            let result = Result { () throws(InvalidInput) in try draft.instance() }
            if case .failure(let invalid) = result { faults.add(contentsOf: invalid) }
            try faults.throwIfAny()
            self = try result.get()
        } catch let invalid as InvalidInput {
            throw invalid.named(file)
        }
    }

    /// Reads an instance from a JSON text.
    public init(json text: String, file: String = "") throws {
        var text = text
        self = try text.withUTF8 { try Instance(json: $0, file: file) }
    }
}

/// The values of an instance file as far as they were read. A value that was refused is replaced by a valid one, so
/// that it causes no second fault.
private final class InstanceDraft {
    var name, source, comment, joiner: String?
    var state = TrainingState(bytes: 1)
    var shardSizes = [1]
    private var neighbors: [Neighbor] = []
    /// There is a list of neighbours.
    private var hasNeighbors = false
    var groups: [CapacityGroup] = []
    private var groupsAreRefused = false
    /// Groups may be named before they stand in the file: a member refers to this list until all are read.
    private var groupNames: [String] = []
    private var placeOfGroupName: [String: Int] = [:]

    func instance() throws(InvalidInput) -> Instance {
        try Instance(
            name: name, source: source, comment: comment, state: state, shardSizes: shardSizes, joiner: joiner,
            neighbors: hasNeighbors ? neighbors : [Neighbor(id: "-", bandwidth: 1)], groups: groups)
    }

    func readInstance(_ fields: FieldReader) throws {
        try fields.object(InstanceField.self) { key in
            switch key {
            case .format: try readFormat(Instance.format, fields)
            case .version: try readVersion(fields)
            case .name: name = try fields.string()
            case .source: source = try fields.string()
            case .comment: comment = try fields.string()
            case .joiner: joiner = try fields.string()
            case .state: try readState(fields)
            case .shardSizes: try readShardSizes(fields)
            case .neighbors:
                neighbors = []
                hasNeighbors = try fields.json.kind() == .array
                // Most neighbours take more than 64 bytes of text: a list that grew would be copied again and again.
                if hasNeighbors { neighbors.reserveCapacity(fields.json.bytesLeft / 64) }
                try fields.array("a list of neighbors") { _ in try readNeighbor(fields) }
            case .groups:
                groupsAreRefused = try fields.json.kind() != .array
                try fields.array("a list of groups") { _ in try readGroup(fields) }
            }
        }
    }

    private func readState(_ fields: FieldReader) throws {
        var (bytes, model, optimizer) = (1, String?.none, String?.none)
        try fields.object(StateField.self) { key in
            switch key {
            case .bytes: bytes = try fields.quantity(.bytes) ?? 1
            case .model: model = try fields.string()
            case .optimizer: optimizer = try fields.string()
            }
        }
        state = TrainingState(bytes: bytes, model: model, optimizer: optimizer)
    }

    private func readShardSizes(_ fields: FieldReader) throws {
        switch try fields.json.kind() {
        case .array:
            var sizes: [Int] = []
            var refused = false
            try fields.json.array { _ in
                if let size = try fields.quantity(.bytes) { sizes.append(size) } else { refused = true }
            }
            // Without the refused sizes the rest need not be a chain.
            if !refused { shardSizes = sizes }
        case .object:
            var (smallest, factor, count) = (Int?.none, Int?.none, Int?.none)
            try fields.object(SizesField.self) { key in
                switch key {
                case .smallest: smallest = try fields.quantity(.bytes)
                case .factor: factor = try fields.integer("a whole number, 2 or more")
                case .count: count = try fields.integer("a whole number, 1 or more")
                }
            }
            if let smallest, let factor, let count {
                shardSizes = geometricChain(smallest, factor, count, fields) ?? [1]
            }
        default: try fields.refuse(allowed: "a list of sizes, or {\"smallest\": …, \"factor\": …, \"count\": …}")
        }
    }

    private func geometricChain(_ smallest: Int, _ factor: Int, _ count: Int, _ fields: FieldReader) -> [Int]? {
        let path = fields.json.currentPath
        var isValid = true
        func refuse(_ key: SizesField, _ value: Int, allowed: String) {
            fields.faults.add("\(path).\(key.rawValue)", "\(value)", allowed: allowed)
            isValid = false
        }
        if !(1...ModelRange.mostBytes).contains(smallest) { refuse(.smallest, smallest, allowed: "1 … 2^53 bytes") }
        if factor < 2 { refuse(.factor, factor, allowed: "2 or more") }
        if count < 1 { refuse(.count, count, allowed: "1 or more") }
        guard isValid else { return nil }
        var sizes = [smallest]
        while sizes.count < count {
            let (next, overflow) = sizes[sizes.count - 1].multipliedReportingOverflow(by: factor)
            guard !overflow, next <= ModelRange.mostBytes else {
                refuse(.count, count, allowed: "at most \(sizes.count) for sizes up to 2^53 bytes")
                return nil
            }
            sizes.append(next)
        }
        return sizes
    }

    private func readNeighbor(_ fields: FieldReader) throws {
        var id: String?
        var (bandwidth, latency, ready, overhead) = (1, 0, 0, 0)
        var limit: Int?
        var group: Int?
        try fields.object(NeighborField.self) { key in
            switch key {
            case .id: id = try fields.string()
            case .bandwidth: bandwidth = try fields.quantity(.bandwidth) ?? 1
            case .latency: latency = try fields.quantity(.time) ?? 0
            case .ready: ready = try fields.quantity(.time) ?? 0
            case .overhead: overhead = try fields.quantity(.time) ?? 0
            case .limit: limit = try fields.quantity(.bytes)
            case .group: group = try fields.string().map(place(ofGroup:))
            }
        }
        neighbors.append(
            Neighbor(
                id: id ?? "\0\(neighbors.count)", bandwidth: bandwidth, latency: latency, ready: ready,
                overhead: overhead,
                limit: limit, group: group))
    }

    private func readGroup(_ fields: FieldReader) throws {
        var id: String?
        var bandwidth = 1
        var parent: Int?
        try fields.object(GroupField.self) { key in
            switch key {
            case .id: id = try fields.string()
            case .bandwidth: bandwidth = try fields.quantity(.bandwidth) ?? 1
            case .parent: parent = try fields.string().map(place(ofGroup:))
            }
        }
        groups.append(CapacityGroup(id: id ?? "\0\(groups.count)", bandwidth: bandwidth, parent: parent))
    }

    private func place(ofGroup name: String) -> Int {
        if let place = placeOfGroupName[name] { return place }
        placeOfGroupName[name] = groupNames.count
        groupNames.append(name)
        return groupNames.count - 1
    }

    /// Replaces the places of group names by indices into `groups`; a name without a group is a fault.
    func resolveGroups(into faults: inout FaultList) {
        guard !groupNames.isEmpty else { return }
        var indexOfName: [String: Int] = [:]
        for (g, group) in groups.enumerated() where indexOfName[group.id] == nil { indexOfName[group.id] = g }
        let index = groupNames.map { indexOfName[$0] }
        func resolve(_ place: Int?, _ path: @autoclosure () -> String) -> Int? {
            guard let place else { return nil }
            if let g = index[place] { return g }
            if groupsAreRefused { return nil }
            let names = groups.prefix(8).map { "\"\($0.id)\"" }.joined(separator: ", ")
            faults.add(
                path(), "\"\(groupNames[place])\" is no group",
                allowed: groups.isEmpty
                    ? "the id of a group, and the file has none" : names + (groups.count > 8 ? ", …" : ""))
            return nil
        }
        for (i, neighbor) in neighbors.enumerated() where neighbor.group != nil {
            neighbors[i] = Neighbor(
                id: neighbor.id, bandwidth: neighbor.bandwidth, latency: neighbor.latency, ready: neighbor.ready,
                overhead: neighbor.overhead, limit: neighbor.limit,
                group: resolve(neighbor.group, "neighbors[\(i)].group"))
        }
        groups = groups.enumerated().map { g, group in
            CapacityGroup(
                id: group.id, bandwidth: group.bandwidth, parent: resolve(group.parent, "groups[\(g)].parent"))
        }
    }
}

/// Reads the key `format` of a document of ours.
package func readFormat(_ expected: String, _ fields: FieldReader) throws {
    if let found = try fields.string(), found != expected {
        fields.faults.add(fields.json.currentPath, "\"\(found)\"", allowed: "\"\(expected)\"")
    }
}

/// Reads the key `version` of a document of ours: there is one version.
package func readVersion(_ fields: FieldReader) throws {
    if let found = try fields.integer("1"), found != 1 {
        fields.faults.add(fields.json.currentPath, "\(found)", allowed: "1")
    }
}

extension Instance {
    /// Reads an instance file; "-" is standard input.
    /// - Throws: `FileError` or `InvalidInput`.
    public init(contentsOf path: String) throws {
        let bytes = try DocumentIO.read(path)
        self = try bytes.withUnsafeBufferPointer {
            try Instance(json: $0, file: DocumentIO.name(of: path))
        }
    }
}
