import ChaosDocuments

extension NodeConfig {
    /// The keys whose values differ and that take effect with a new start only: all but `peers`, `log` and the files of an
    /// identity, if there was one.
    func changedKeys(in new: NodeConfig) -> [String] {
        func rest(_ config: NodeConfig) -> [String: String] {
            var values: [String: String] = [:]
            for child in Mirror(reflecting: config).children {
                guard let label = child.label,
                    !["peers", "contacts", "log", "file", "isNodeDrawn", "restoring", "lifeKey"].contains(label)
                else { continue }
                values[label] = String(describing: child.value)
            }
            return values
        }
        let hasIdentity = (identity != nil) == (new.identity != nil)
        let areDrawn = isNodeDrawn && new.isNodeDrawn
        let (old, new) = (rest(self), rest(new))
        return old.keys.filter { key in
            switch key {
            case "identity": !hasIdentity
            // Of an id that is drawn, and the view of a node alone with it.
            case "node", "founding": old[key] != new[key] && !areDrawn
            default: old[key] != new[key]
            }
        }.map { Self.keyNames[$0] ?? $0 }.reduce(into: Set()) { $0.insert($1) }.sorted()
    }

    /// What the properties are called in a file whose keys have other names.
    private static let keyNames = [
        "isInsecure": "insecure", "founds": "found", "joins": "join", "joinPlan": "join_plan",
        "snapshotMemory": "policy.memory",
        "sampleSeed": "training.seed", "batch": "training.batch", "lost": "training.lost", "chunks": "training.chunks",
        "wire": "training.wire", "steps": "training.steps", "epochs": "training.epochs", "monitor": "timers",
        "negotiation": "timers or links.most", "receiver": "timers", "patience": "timers.patience",
        "introduction": "timers.introduction", "finding": "timers.finding", "leaveTimeout": "timers.leave",
        "observation": "journal or tests",
    ]
}
