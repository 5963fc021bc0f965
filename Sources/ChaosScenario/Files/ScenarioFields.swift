import ChaosDocuments

/// The keys of scenario files, version 1 (Documentation/SCENARIOS.md).
enum ScenarioField: String, FieldKey {
    case format, version, name, seed, until, founders, network, training, speeds, settings, events, lab

    static let required: [Self] = [.format, .version, .network]
    static let table = FieldTable<Self>()
}

enum NetworkField: String, FieldKey {
    case links, instance, topology, generated, bandwidth, latency, loss, duplication, jitter, notice, silence

    static let required: [Self] = []
    static let table = FieldTable<Self>()
    /// The ways to say which links there are, of which a network has one.
    static let shapes: [Self] = [.links, .instance, .topology, .generated]
}

/// A link between founders.
enum LinkField: String, FieldKey {
    case ends, bandwidth, latency

    static let required: [Self] = [.ends]
    static let table = FieldTable<Self>()
}

/// A link of a joiner.
enum JoinLinkField: String, FieldKey {
    case to, bandwidth, latency

    static let required: [Self] = [.to]
    static let table = FieldTable<Self>()
}

enum GeneratedField: String, FieldKey {
    case nodes, degree, bandwidth, latency

    static let required: [Self] = [.nodes, .degree]
    static let table = FieldTable<Self>()
}

enum TrainingField: String, FieldKey {
    case state, gradient, samples, batch, lost
    case samplesPerSecond = "samples_per_second"

    static let required: [Self] = []
    static let table = FieldTable<Self>()
}

enum SpeedField: String, FieldKey {
    case node
    case samplesPerSecond = "samples_per_second"

    static let required: [Self] = allCases
    static let table = FieldTable<Self>()
}

enum SettingsField: String, FieldKey {
    case heartbeat
    case failureBound = "failure_bound"
    case hello, retry, takeover
    case longestTakeover = "longest_takeover"
    case chunks
    case stepRetry = "step_retry"
    case patience
    case shardSizes = "shard_sizes"

    static let required: [Self] = []
    static let table = FieldTable<Self>()
}
