import ChaosDocuments

/// Writes instance files, version 1 (Documentation/MODEL.md, section 6).
extension Instance {
    /// Writes the instance as a JSON document.
    /// - Parameters:
    ///   - canonical: sorted keys, no spaces, base units, defaults left out: the form that the digest is taken of.
    ///     Text stands in it as UTF-8; only quotes, backslashes and control characters are escaped, the latter by \b
    ///     \t \n \f \r where JSON has such a name and by \u00xx in lower case otherwise. Python writes the same by
    ///     `json.dumps(…, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`. Otherwise indented, with a
    ///     neighbour or group a line.
    ///   - sink: takes the bytes, in pieces of about 64 KiB.
    public func writeJSON(canonical: Bool = false, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        var json = JSONWriter(canonical ? .canonical : .indented, to: sink)
        try write(canonical: canonical, to: &json)
        try json.finish()
    }

    /// Writes the instance as an object inside another document.
    package func write(canonical: Bool = false, to json: inout JSONWriter) throws {
        json.beginObject()
        for field in canonical ? InstanceField.sorted : InstanceField.inOrder {
            switch field {
            case .format: json.write(Self.format, at: field)
            case .version: json.write(1, at: field)
            case .name: json.write(name, at: field)
            case .source: json.write(source, at: field)
            case .comment: json.write(comment, at: field)
            case .joiner: json.write(joiner, at: field)
            case .state:
                json.key(field.rawValue)
                json.beginObject(inline: true)
                json.write(state.bytes, at: StateField.bytes)
                json.write(state.model, at: StateField.model)
                json.write(state.optimizer, at: StateField.optimizer)
                try json.end()
            case .shardSizes:
                json.key(field.rawValue)
                json.beginArray(inline: true)
                for size in shardSizes.sizes { json.value(size) }
                try json.end()
            case .neighbors:
                json.key(field.rawValue)
                json.beginArray()
                let order = canonical ? NeighborField.sorted : NeighborField.inOrder
                for neighbor in neighbors { try write(neighbor, in: order, to: &json) }
                try json.end()
            case .groups:
                if groups.isEmpty { continue }
                json.key(field.rawValue)
                json.beginArray()
                let order = canonical ? GroupField.sorted : GroupField.inOrder
                for group in groups { try write(group, in: order, to: &json) }
                try json.end()
            }
        }
        try json.end()
    }

    /// The SHA-256 of the canonical instance, as 64 hexadecimal digits: what a plan names its instance by
    /// (Documentation/MODEL.md, section 7). Cost: one pass over the canonical text, which is not kept.
    public var sha256: String {
        let hash = Hash()
        // The sink does not throw.
        try? writeJSON(canonical: true) { hash.digest.update($0) }
        return hash.digest.hexadecimal
    }

    private final class Hash {
        var digest = ContentDigest()
    }

    private func write(_ neighbor: Neighbor, in order: [NeighborField], to json: inout JSONWriter) throws {
        json.beginObject(inline: true)
        for field in order {
            switch field {
            case .id: json.write(neighbor.id, at: field)
            case .bandwidth: json.write(neighbor.bandwidth, at: field)
            case .latency: json.write(neighbor.latency, unless: 0, at: field)
            case .ready: json.write(neighbor.ready, unless: 0, at: field)
            case .overhead: json.write(neighbor.overhead, unless: 0, at: field)
            case .limit: json.write(neighbor.limit, at: field)
            case .group: json.write(neighbor.group.map { groups[$0].id }, at: field)
            }
        }
        try json.end()
    }

    private func write(_ group: CapacityGroup, in order: [GroupField], to json: inout JSONWriter) throws {
        json.beginObject(inline: true)
        for field in order {
            switch field {
            case .id: json.write(group.id, at: field)
            case .bandwidth: json.write(group.bandwidth, at: field)
            case .parent: json.write(group.parent.map { groups[$0].id }, at: field)
            }
        }
        try json.end()
    }
}

extension JSONWriter {
    /// Writes a key and its text; nothing for nil.
    mutating func write(_ text: String?, at field: some FieldKey) {
        guard let text else { return }
        key(field.rawValue)
        value(text)
    }

    /// Writes a key and its number; nothing for nil or for the default.
    mutating func write(_ number: Int?, unless omitted: Int? = nil, at field: some FieldKey) {
        guard let number, number != omitted else { return }
        key(field.rawValue)
        value(number)
    }
}
