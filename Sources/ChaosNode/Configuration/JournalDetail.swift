/// What a node writes into its journal.
public enum JournalDetail: String, Sendable, Hashable, CaseIterable {
    /// All that is needed to check the promises from the journals of all nodes.
    case everything
    /// What somebody looks for afterwards: views, links, joins, checkpoints, faults. No lines of single steps and shards.
    case events
}
