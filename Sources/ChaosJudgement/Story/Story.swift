import ChaosModel
import ChaosPage
import ChaosProtocol
import ChaosScenario

/// What happened in one run of a scenario, for people: who did what when, how each change was handled, and how each joiner
/// got the state. Times are virtual nanoseconds since the start.
public struct Story: Sendable {
    /// What a node was doing.
    public enum Activity: Sendable, Hashable {
        /// There, but in no view.
        case outside
        /// Admitted, without the whole state.
        case learning
        /// A member that waits for a view to begin.
        case waiting
        /// A member that trains under this view.
        case training(view: Int)
        /// A member without a quorum.
        case halted
    }

    public struct Span: Sendable {
        public let node: NodeID
        public let activity: Activity
        public let start: Int
        public internal(set) var end: Int
    }

    /// Something worth telling.
    public struct Mark: Sendable {
        /// What kind of news it is, as a page shows it.
        public typealias Kind = PageEvent.Kind

        public let kind: Kind
        public let time: Int
        /// Nil: it concerns all.
        public let node: NodeID?
        public let text: String
    }

    /// How a node got the state and became a member.
    public struct Join: Sendable {
        public let node: NodeID
        /// When it first asked for the state.
        public let asked: Int
        public internal(set) var solved: Int?
        public internal(set) var admitted: Int?
        /// When the pulling began and ended, of the attempt that succeeded or is under way.
        public internal(set) var began: Int?
        public internal(set) var complete: Int?
        /// When attempts began and ended that came to nothing, those that the end of the node or of the run cut off included.
        public internal(set) var failed: [Range<Int>] = []
        /// When it became a member,
        public internal(set) var promoted: Int?
        /// and when it first computed a gradient, of a step that began since: the scale-out delay ends there.
        public internal(set) var contributed: Int?
        /// From asking to contributing; nil: never.
        public var scaleOutDelay: Int? { contributed.map { $0 - asked } }

        /// A part of the scale-out delay.
        public enum Phase: String, Sendable, Hashable, CaseIterable {
            /// From asking to the view that admits it.
            case admission
            /// Until there is a plan, as far as that takes longer: offers and measurements are waited for meanwhile.
            case planning
            /// Until the first snapshot is there.
            case snapshot
            case pulling
            /// From the whole state to the view that makes it a member: updates that came meanwhile are applied.
            case membership
            /// Until the next step begins.
            case step
        }

        /// The parts of the scale-out delay, in ns, in their order; of an attempt that failed before, all that it took counts
        /// for the part that it came to. Empty while it has not contributed.
        public var phases: [(phase: Phase, time: Int)] {
            guard let solved, let admitted, let began, let complete, let promoted, let contributed else { return [] }
            var last = asked
            return zip(Phase.allCases, [admitted, solved, began, complete, promoted, contributed]).map { phase, end in
                defer { last = max(last, end) }
                return (phase, max(0, end - last))
            }
        }
        public internal(set) var instance: Instance?
        public internal(set) var plan: Plan?
        /// How often what was missing has been replanned.
        public internal(set) var replanned = 0
        /// Bytes of shards that came from each neighbour.
        public internal(set) var bytes: [NodeID: Int] = [:]
        /// When the last of them came.
        public internal(set) var lastArrival: [NodeID: Int] = [:]
    }

    /// From one view to the next.
    public struct Change: Sendable {
        /// What a view may be made for.
        public enum Event: String, Sendable, Hashable, CaseIterable {
            /// Members that were not members before.
            case scaleOut = "scale-out"
            /// Members that are none any more.
            case scaleIn = "scale-in"
            /// Links between nodes that were there before.
            case connectLink = "connect-link"
            case disconnectLink = "disconnect-link"
            /// Learners that were not there before, with what links them.
            case admission
            /// Learners that are gone without having become members.
            case dismissal
            /// Nothing of these: what is known of links and members has changed.
            case renewal
        }

        public let view: View
        /// What is otherwise than in the view before, in the order of `Event.allCases`; none for the first view.
        public let events: [Event]
        /// When the first node knew of what made it necessary.
        public let known: Int
        public let decided: Int
        /// When the last of its members had begun to work under it; nil: never.
        public internal(set) var begun: Int?

        /// Handling time: from the moment an event is known to the first node until every member works under the view.
        public var handlingTime: Int? { begun.map { $0 - known } }
    }

    /// What one node came to.
    public struct Account: Sendable {
        public let node: NodeID
        /// Who stands behind it; nil: nobody has said.
        public let institution: String?
        public let steps: Int
        /// Time in which it could have computed and waited for the cluster instead.
        public let idle: Int
        public let sent: Int
        public let received: Int

        /// For people.
        var name: String { "\(node)" + (institution.map { " of \($0)" } ?? "") }

        package init(
            node: NodeID, institution: String? = nil, steps: Int, idle: Int, sent: Int, received: Int
        ) {
            self.node = node
            self.institution = institution
            self.steps = steps
            self.idle = idle
            self.sent = sent
            self.received = received
        }
    }

    public internal(set) var spans: [Span] = []
    public internal(set) var marks: [Mark] = []
    public internal(set) var joins: [Join] = []
    public internal(set) var changes: [Change] = []
    public internal(set) var accounts: [Account] = []
    public internal(set) var outcome = RunOutcome()
    /// When the first node computed for each step, both ascending.
    var steps: [(time: Int, step: Int)] = []

    init() {}

    /// The latest step that anybody had begun by then; nil: none. Cost: O(log steps).
    public func step(at time: Int) -> Int? {
        var (from, to) = (0, steps.count)
        while from < to {
            let middle = (from + to) / 2
            if steps[middle].time > time { to = middle } else { from = middle + 1 }
        }
        return from == 0 ? nil : steps[from - 1].step
    }
}
