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

    /// Something for a report to tell.
    public struct Event: Sendable, Equatable {
        public enum Kind: Sendable, Equatable {
            case ready
            case begins
            /// Its shards have arrived, all of them.
            case finishes
        }

        public let time: ExactTime
        public let neighbor: String
        public let kind: Kind
    }

    /// In the order of the plan.
    public let transfers: [Transfer]

    /// When everything has arrived; 0 for a plan without a run.
    public var finish: ExactTime { transfers.map(\.finish).max() ?? .zero }

    public var bytes: Int { transfers.reduce(0) { $0 + $1.bytes } }

    /// What happened, in the order of time; at equal times in that of the plan. Cost: O(n log n).
    public var timeline: [Event] {
        let events = transfers.flatMap { transfer in
            [
                Event(
                    time: ExactTime(nanoseconds: Int128(transfer.ready)), neighbor: transfer.neighbor, kind: .ready),
                Event(
                    time: ExactTime(nanoseconds: Int128(transfer.begin)), neighbor: transfer.neighbor, kind: .begins),
                Event(time: transfer.finish, neighbor: transfer.neighbor, kind: .finishes),
            ]
        }
        // Sorting need not keep the order of equal ones.
        return events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }
}
