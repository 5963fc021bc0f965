import ChaosDocuments
import ChaosProtocol

/// Something that the page of a cluster shows: what a recording is made of, and what a living cluster sends.
///
/// The page knows nothing but such events and makes all it shows of them, in their order, so that a recording can be wound
/// back. `{"time":…,"event":"phase","node":5,"phase":"learning"}`: the key `event` names the case, the others its values;
/// those that are nil are left out. Times are nanoseconds since the beginning of the story, bandwidths bit/s.
public struct PageEvent: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        /// There, but in no view.
        case outside
        /// Admitted, without the whole state.
        case learning
        /// A member that waits for a view to begin.
        case waiting
        case training
        /// A member without a quorum.
        case halted
        /// It has left, or has ended without a word.
        case gone
    }

    /// What kind of line of the log it is.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Something that was done to the cluster, or that a node was told.
        case event
        /// A node is there no more.
        case loss
        case view
        /// A plan was made, or made anew.
        case plan
        /// A quorum is missing, somebody is suspected, an attempt has come to nothing.
        case trouble
        case news
    }

    /// A neighbour's part in a plan.
    public struct Source: Hashable, Sendable {
        public let node: NodeID
        public let bytes: Int
        /// When its last shard is to be there, since the pulling began.
        public let finish: Int

        public init(node: NodeID, bytes: Int, finish: Int) {
            self.node = node
            self.bytes = bytes
            self.finish = finish
        }
    }

    public enum Event: Hashable, Sendable {
        case phase(NodeID, Phase)
        case institution(NodeID, String)
        case link(Link, isUp: Bool)
        /// What a link carries each way and how long a message takes, measured or given.
        case capacity(Link, LinkQuality)
        /// - Parameters:
        ///   - why: what is otherwise than in the view before, in words.
        case view(View, why: [String])
        /// All its members work under this view.
        case begun(view: Int)
        /// A node asks for the state.
        case asked(NodeID)
        case planned(NodeID, state: Int, shardSize: Int, makespan: Int, [Source])
        /// The state before a step begins to come.
        case pulling(NodeID, step: Int)
        /// So many bytes of shards have come from a neighbour.
        case came(NodeID, from: NodeID, bytes: Int)
        case whole(NodeID, step: Int)
        /// An attempt to get the state has come to nothing.
        case failed(NodeID)
        /// The first gradient of a new member.
        case contributed(NodeID)
        /// The first node computes for this step.
        case step(Int)
        /// Mean loss of the samples of a step, in nats.
        case loss(step: Int, Double)
        /// On the test rows, with the replica before this step.
        case evaluated(step: Int, loss: Double, accuracy: Double)
        /// How long a member could have computed and waited instead so far.
        case idle(NodeID, Int)
        case log(NodeID?, Kind, String)
    }

    public let time: Int
    public let event: Event

    public init(_ event: Event, at time: Int) {
        self.time = time
        self.event = event
    }
}
