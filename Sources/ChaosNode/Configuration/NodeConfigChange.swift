import ChaosDocuments

extension NodeConfig {
    /// The keys whose values differ and that take effect with a new start only: all but `peers`, `log` and the files of an
    /// identity, if there was one.
    func changedKeys(in new: NodeConfig) -> [String] {
        func rest(_ config: NodeConfig) -> [String: String] {
            var values: [String: String] = [:]
            for child in Mirror(reflecting: config).children {
                guard let label = child.label, !["peers", "log", "file"].contains(label) else { continue }
                values[label] = String(describing: child.value)
            }
            return values
        }
        let hasIdentity = (identity != nil) == (new.identity != nil)
        let (old, new) = (rest(self), rest(new))
        return old.keys.filter { old[$0] != new[$0] && !($0 == "identity" && hasIdentity) }.sorted()
    }
}
