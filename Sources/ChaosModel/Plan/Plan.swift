/// A plan file's content, version 1 (Documentation/MODEL.md, section 7): who sends which shards to the joiner, and when
/// each is done. A value need not be right: that is for the checker to say.
public struct Plan: Sendable, Equatable {
    /// The instance that the plan is for.
    public struct InstanceReference: Sendable, Equatable {
        public let name: String?
        /// The SHA-256 of the canonical instance, 64 hexadecimal digits.
        public let sha256: String

        public init(name: String?, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    /// One neighbour's contiguous run of shards.
    public struct Run: Sendable, Equatable {
        /// The neighbour's id.
        public let neighbor: String
        /// The index of the first shard; shard k covers the bytes from k·s up to (k + 1)·s or the end of the state.
        public let first: Int
        /// The number of shards, 1 or more.
        public let count: Int
        /// C_i(count): when the neighbour's own link is done. A group around it may be done later; the makespan covers
        /// both.
        public let finish: ExactTime

        public init(neighbor: String, first: Int, count: Int, finish: ExactTime) {
            self.neighbor = neighbor
            self.first = first
            self.count = count
            self.finish = finish
        }
    }

    public let instance: InstanceReference
    /// s in bytes.
    public let shardSize: Int
    /// K(s).
    public let shards: Int
    /// T.
    public let makespan: ExactTime
    /// T in seconds as it stands in the file, for reading only; nil: it does not.
    public let makespanSeconds: String?
    /// In the order of the instance; neighbours without a shard are left out.
    public let assignments: [Run]
    /// True if the algorithm that made the plan proves its optimality over the whole chain.
    public let isOptimal: Bool
    /// The name of that algorithm.
    public let algorithm: String

    public init(
        instance: InstanceReference, shardSize: Int, shards: Int, makespan: ExactTime, assignments: [Run],
        isOptimal: Bool, algorithm: String, makespanSeconds: String? = nil
    ) {
        self.instance = instance
        self.shardSize = shardSize
        self.shards = shards
        self.makespan = makespan
        self.makespanSeconds = makespanSeconds
        self.assignments = assignments
        self.isOptimal = isOptimal
        self.algorithm = algorithm
    }

    /// The plan of an assignment. Cost: O(|N|) and one digest of the instance.
    /// - Parameters:
    ///   - assignment: the size, and the shards of each neighbour of the instance in its order.
    ///   - instance: the instance, whose digest the plan holds.
    ///   - isOptimal: whether the assignment is proven best over the whole chain.
    ///   - algorithm: the name of what found the assignment.
    ///   - sha256: the instance's digest where it is known; nil: it is computed.
    public init(
        _ assignment: ShardAssignment, for instance: Instance, isOptimal: Bool, algorithm: String,
        sha256: String? = nil
    ) {
        var runs: [Run] = []
        runs.reserveCapacity(assignment.counts.count { $0 > 0 })
        var first = 0
        for (neighbor, count) in zip(instance.neighbors, assignment.counts) where count > 0 {
            let finish = CompletionTime.of(count, shardsOf: assignment.shardSize, from: neighbor)
            runs.append(Run(neighbor: neighbor.id, first: first, count: count, finish: finish))
            first += count
        }
        self.init(
            instance: InstanceReference(name: instance.name, sha256: sha256 ?? instance.sha256),
            shardSize: assignment.shardSize, shards: first, makespan: assignment.makespan, assignments: runs,
            isOptimal: isOptimal, algorithm: algorithm, makespanSeconds: assignment.makespan.decimalSeconds)
    }
}

extension Plan {
    /// The counts of the plan per neighbour of the instance; runs of neighbours that it lacks are left out, and counts
    /// of one neighbour whose sum is beyond `Int` are cut there: no right plan has either. Cost: O(|N|).
    public func assignment(of instance: Instance) -> ShardAssignment {
        let counts = Dictionary(assignments.map { ($0.neighbor, $0.count) }) { Int(clamping: Int128($0) + Int128($1)) }
        return ShardAssignment(
            shardSize: shardSize, counts: instance.neighbors.map { counts[$0.id] ?? 0 }, makespan: makespan)
    }
}
