import ChaosDocuments

/// The keys of a node's configuration (Documentation/NODE.md).
enum ConfigField: String, FieldKey {
    case node, cluster, listen, control, founding, join, peers, connections, policy, trainer, training, timers, journal
    case tests, plans, checkpoint, metrics, log, experiments

    static let required: [Self] = [.node, .cluster, .listen, .trainer, .training]
    static let table = FieldTable<Self>()
}

enum FoundingField: String, FieldKey {
    case members, links

    static let required: [Self] = [.members]
    static let table = FieldTable<Self>()
}

enum PeerField: String, FieldKey {
    case node, address

    static let required = allCases
    static let table = FieldTable<Self>()
}

enum PolicyField: String, FieldKey {
    case serve, bandwidth, limit, memory, overhead

    static let required: [Self] = []
    static let table = FieldTable<Self>()
}

enum TrainerField: String, FieldKey {
    case kind, data, hidden, optimizer, rate, momentum, penalty, seed
    case state, model, gradient, samples
    case timePerStep = "time_per_step"
    case timePerSample = "time_per_sample"

    static let required: [Self] = [.kind]
    static let table = FieldTable<Self>()

    static let perceptron: [Self] = [.kind, .data, .hidden, .optimizer, .rate, .momentum, .penalty, .seed]
    static let synthetic: [Self] = [.kind, .state, .model, .gradient, .samples, .timePerStep, .timePerSample, .seed]
}

enum TrainingField: String, FieldKey {
    case batch, seed, steps, epochs, chunks

    static let required: [Self] = [.batch]
    static let table = FieldTable<Self>()
}

enum TimerField: String, FieldKey {
    case heartbeat, hello, retry, takeover, gathering, measuring, leave
    case failureBound = "failure_bound"
    case offerTimeout = "offer_timeout"
    case shardRetry = "shard_retry"
    case silence, abandonment

    static let required: [Self] = []
    static let table = FieldTable<Self>()
}

enum JournalField: String, FieldKey {
    case file, digests

    static let required: [Self] = [.file]
    static let table = FieldTable<Self>()
}

enum CheckpointField: String, FieldKey {
    case file, every, restore

    static let required: [Self] = [.file, .every]
    static let table = FieldTable<Self>()
}

enum MetricsField: String, FieldKey {
    case file, period

    static let required: [Self] = [.file]
    static let table = FieldTable<Self>()
}
