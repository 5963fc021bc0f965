/// What a transfer has done so far, to be laid beside its plan.
public struct TransferFigures: Hashable, Sendable {
    public struct Neighbor: Hashable, Sendable {
        /// When its run should be complete after the first plan, in ns after `started`, rounded up; nil: it had none.
        public let planned: Int?
        /// Shards that were pulled from it, and their bytes; those that came a second time included.
        public internal(set) var shards = 0
        public internal(set) var bytes = 0
        public internal(set) var firstArrival: Int?
        public internal(set) var lastArrival: Int?

        mutating func note(_ bytes: Int, at now: Int) {
            shards += 1
            self.bytes += bytes
            firstArrival = firstArrival ?? now
            lastArrival = now
        }
    }

    /// When the first snapshot was there to be pulled.
    public let started: Int
    /// The makespan of the first plan in ns, rounded up.
    public let planned: Int
    /// When the last shard was verified.
    public internal(set) var finished: Int?
    public internal(set) var neighbors: [NodeID: Neighbor]
    /// Bytes of shards that came although they had come before.
    public internal(set) var bytesTwice = 0
    /// Pulls that were sent again because no answer came.
    public internal(set) var repeats = 0
    /// Pulls of shards that another neighbour was sending already.
    public internal(set) var doubled = 0
    /// Plans made on the way for what was missing.
    public internal(set) var replans = 0
}
