import ChaosDocuments

/// The keys of instance files, version 1 (Documentation/MODEL.md, section 6), in the order in which they are written
/// for people. Reader and writer share them.
enum InstanceField: String, FieldKey {
    case format, version, name, source, comment, state
    case shardSizes = "shard_sizes"
    case joiner, neighbors, groups

    static let required: [Self] = [.format, .version, .state, .shardSizes, .neighbors]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    static let table = FieldTable<Self>()
}

enum StateField: String, FieldKey {
    case bytes, model, optimizer
    static let required: [Self] = [.bytes]
    static let table = FieldTable<Self>()
}

enum SizesField: String, FieldKey {
    case smallest, factor, count
    static let required: [Self] = [.smallest, .factor, .count]
    static let table = FieldTable<Self>()
}

enum NeighborField: String, FieldKey {
    case id, bandwidth, latency, ready, overhead, limit, group

    static let required: [Self] = [.id, .bandwidth]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    static let table = FieldTable<Self>()
}

enum GroupField: String, FieldKey {
    case id, bandwidth, parent
    static let required: [Self] = [.id, .bandwidth]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    static let table = FieldTable<Self>()
}
