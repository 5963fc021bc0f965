import ChaosModel

/// What became of a plan in a `TransferSimulation`.
public struct TransferReport: Sendable, Equatable {
    /// One neighbour's part.
    public struct Transfer: Sendable, Equatable {
        public let neighbor: String
        /// The bytes of the state in its shards; a last short one counts with what it has.
        public let bytes: Int
        /// r_i in ns.
        public let ready: Int
        /// When it begins with its first shard, in ns: r_i and the way of the request.
        public let begin: Int
        /// When its last shard has arrived.
        public let finish: ExactTime
    }

    /// In the order of the plan.
    public let transfers: [Transfer]

    /// When everything has arrived; 0 for a plan without a run.
    public var finish: ExactTime { transfers.map(\.finish).max() ?? .zero }

    public var bytes: Int { transfers.reduce(0) { $0 + $1.bytes } }
}
