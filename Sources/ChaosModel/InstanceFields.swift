/// The keys of instance files, version 1 (Documentation/MODEL.md, section 6), in the order in which they are written
/// for people. Reader and writer share them.
enum InstanceField: String, FieldKey {
    case format, version, name, source, comment, state
    case shardSizes = "shard_sizes"
    case joiner, neighbors, groups

    static let required: [Self] = [.format, .version, .state, .shardSizes, .neighbors]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    var place: Int { Self.allCases.firstIndex(of: self)! }
}

enum StateField: String, FieldKey {
    case bytes, model, optimizer
    static let required: [Self] = [.bytes]
    var place: Int { Self.allCases.firstIndex(of: self)! }
}

enum SizesField: String, FieldKey {
    case smallest, factor, count
    static let required: [Self] = [.smallest, .factor, .count]
    var place: Int { Self.allCases.firstIndex(of: self)! }
}

enum NeighborField: String, FieldKey {
    case id, bandwidth, latency, ready, overhead, limit, group

    static let required: [Self] = [.id, .bandwidth]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }

    // Spelled out because it is asked for every value of a file that may hold 10^7 neighbours.
    var place: Int {
        switch self {
        case .id: 0
        case .bandwidth: 1
        case .latency: 2
        case .ready: 3
        case .overhead: 4
        case .limit: 5
        case .group: 6
        }
    }
}

enum GroupField: String, FieldKey {
    case id, bandwidth, parent
    static let required: [Self] = [.id, .bandwidth]
    static let inOrder = allCases
    static let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    var place: Int { Self.allCases.firstIndex(of: self)! }
}
