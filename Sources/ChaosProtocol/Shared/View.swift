/// The numbered agreement of all members on members and links.
///
/// Views form a sequence. View v + 1 is decided by the members of view v (`Negotiation`), so that a number stands for
/// one view and whoever holds a view may install it, whatever it has missed before.
public struct View: Hashable, Sendable {
    /// A node that receives the reduced updates and neither votes nor contributes a gradient.
    public struct Learner: Hashable, Comparable, Sendable {
        public let node: NodeID
        /// The number of the view that admitted it. It tells this stay from an earlier one of the same node, so that an
        /// old word of readiness cannot make a member of a node that has since been away.
        public let admitted: Int

        public init(_ node: NodeID, admitted: Int) {
            self.node = node
            self.admitted = admitted
        }

        public static func < (x: Learner, y: Learner) -> Bool { (x.node, x.admitted) < (y.node, y.admitted) }
    }

    /// What a node is in a view.
    public enum Role: Sendable, Hashable {
        case member
        case learner(admitted: Int)
        case outside
    }

    /// 1 … 2^62.
    public let number: Int
    /// Ascending, each once.
    public let members: [NodeID]
    /// Ascending, each once, none of them a member.
    public let learners: [Learner]
    /// Ascending, each once.
    public let links: [Link]
    /// What was known of each link when the view was made, in the order of `links`. All nodes derive the same reduction
    /// tree from it, so it is part of the agreement; later measurements wait for the next view.
    public let qualities: [LinkQuality]
    /// Measured samples per second of each member when the view was made, in the order of `members`; 0: unmeasured. They
    /// divide the samples of every step.
    public let weights: [Int]
    /// The members that have nothing to compute with, ascending: they have no part in a step, unless all are such.
    public let idle: [NodeID]
    /// The number of the first view of the era. The views of an *era* follow each other without another between, and are
    /// alike in all that steps depend on: members, weights, who is idle, and the links between members with their qualities,
    /// so that they have the same tree of members and the same shares. A step goes on from one of them to the next as if
    /// nothing had happened; only learners come and go. 1 … `number`.
    public let era: Int

    /// Sorts what it is given; whether it makes sense, `fault` says.
    public init(
        number: Int, members: [NodeID], learners: [Learner] = [], links: [Link] = [],
        qualities: [Link: LinkQuality] = [:], weights: [NodeID: Int] = [:], idle: [NodeID] = [], era: Int? = nil
    ) {
        self.number = number
        self.members = members.sorted()
        self.learners = learners.sorted()
        self.links = links.sorted()
        self.qualities = self.links.map { qualities[$0] ?? .unmeasured }
        self.weights = self.members.map { weights[$0] ?? 0 }
        self.idle = idle.sorted()
        self.era = era ?? number
    }

    /// Of what is in order already.
    init(
        number: Int, members: [NodeID], learners: [Learner], links: [Link], qualities: [LinkQuality], weights: [Int],
        idle: [NodeID], era: Int
    ) {
        self.number = number
        self.members = members
        self.learners = learners
        self.links = links
        self.qualities = qualities
        self.weights = weights
        self.idle = idle
        self.era = era
    }

    /// Whether both have the same nodes in the same roles, and the same links. Measurements may differ.
    public func hasSameShape(as other: View) -> Bool {
        members == other.members && learners == other.learners && links == other.links && idle == other.idle
    }

    /// Whether members that would compute again are all that this view has and the one before it has not, but for learners: it
    /// breaks off a step, and nobody waits for it. Cost: O(links · log members).
    func canWaitForAStep(after view: View) -> Bool {
        members == view.members && idle != view.idle && idle.allSatisfy(view.idle.containsSorted) && !view.isAllIdle
            && linksOfMembers.elementsEqual(view.linksOfMembers)
    }

    private var linksOfMembers: some Sequence<Link> { links.lazy.filter(isBetweenMembers) }

    /// Cost: O(log members).
    func isBetweenMembers(_ link: Link) -> Bool { members.containsSorted(link.a) && members.containsSorted(link.b) }

    /// Whether the step at hand goes on from the other view to this one. Cost: O(1).
    func continues(_ other: View) -> Bool { era == other.era }

    /// The numbers of the views of the era so far: what was sent under one of them counts under this one.
    var numbersOfEra: ClosedRange<Int> { era...number }

    /// Whether no member has anything to compute with: all have a part in a step then, and wait.
    var isAllIdle: Bool { idle.count == members.count }

    /// Cost: O(log members + learners).
    public func role(of node: NodeID) -> Role {
        if members.containsSorted(node) { return .member }
        guard let learner = learners.first(where: { $0.node == node }) else { return .outside }
        return .learner(admitted: learner.admitted)
    }

    /// Members and learners.
    public var everyone: Set<NodeID> { Set(members).union(learners.map(\.node)) }

    /// What a view that comes over a wire must be.
    public enum Fault: Error, Sendable, Hashable {
        case number(Int)
        /// More members, learners or links than `MessageLimits` allows, or no member.
        case size
        /// Not ascending, or twice, or a learner that is a member.
        case order
        /// A link with an end outside the view.
        case link(Link)
        /// A learner admitted by a later view.
        case admission(Learner)
        /// A measurement out of its range.
        case measurement
        /// One that is idle and no member.
        case idle(NodeID)
        /// Before the first view of the epoch, or after this one.
        case era(Int)
    }

    /// The first thing that is wrong, or nil. Cost: O((members + learners + links) · log nodes).
    public var fault: Fault? {
        guard (1...MessageLimits.greatestNumber).contains(number) else { return .number(number) }
        guard !members.isEmpty, members.count + learners.count <= MessageLimits.nodes,
            links.count <= MessageLimits.links
        else { return .size }
        let everyone = (members + learners.map(\.node)).sorted()
        guard members.isStrictlyAscending, learners.map(\.node).isStrictlyAscending, links.isStrictlyAscending,
            everyone.isStrictlyAscending, idle.isStrictlyAscending
        else { return .order }
        for node in idle where !members.containsSorted(node) { return .idle(node) }
        guard (1...number).contains(era), Self.epoch(ofView: era) == epoch else { return .era(era) }
        for link in links where !everyone.containsSorted(link.a) || !everyone.containsSorted(link.b) {
            return .link(link)
        }
        for learner in learners where !(1...number).contains(learner.admitted) { return .admission(learner) }
        let quantities = 0...MessageLimits.greatestQuantity
        guard qualities.allSatisfy(\.isInRange), weights.allSatisfy(quantities.contains) else { return .measurement }
        return nil
    }
}

extension Array where Element: Comparable {
    var isStrictlyAscending: Bool { indices.dropFirst().allSatisfy { self[$0 - 1] < self[$0] } }
}
