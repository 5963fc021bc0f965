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

    /// Sorts what it is given; whether it makes sense, `fault` says.
    public init(
        number: Int, members: [NodeID], learners: [Learner] = [], links: [Link] = [],
        qualities: [Link: LinkQuality] = [:], weights: [NodeID: Int] = [:], idle: [NodeID] = []
    ) {
        self.number = number
        self.members = members.sorted()
        self.learners = learners.sorted()
        self.links = links.sorted()
        self.qualities = self.links.map { qualities[$0] ?? .unmeasured }
        self.weights = self.members.map { weights[$0] ?? 0 }
        self.idle = idle.sorted()
    }

    /// Of what is in order already.
    init(
        number: Int, members: [NodeID], learners: [Learner], links: [Link], qualities: [LinkQuality], weights: [Int],
        idle: [NodeID]
    ) {
        self.number = number
        self.members = members
        self.learners = learners
        self.links = links
        self.qualities = qualities
        self.weights = weights
        self.idle = idle
    }

    /// Whether both have the same nodes in the same roles, and the same links. Measurements may differ.
    public func hasSameShape(as other: View) -> Bool {
        members == other.members && learners == other.learners && links == other.links && idle == other.idle
    }

    /// Whether the members that compute and what joins the members are as in the view before, so that nobody waits for this
    /// view: it is for learners alone, or for members that would compute again. Cost: O(links · log members).
    func canWaitForAStep(after view: View) -> Bool {
        func isBetweenMembers(_ link: Link) -> Bool { members.containsSorted(link.a) && members.containsSorted(link.b) }
        return members == view.members && idle.allSatisfy(view.idle.containsSorted) && !view.isAllIdle
            && links.lazy.filter(isBetweenMembers).elementsEqual(view.links.lazy.filter(isBetweenMembers))
    }

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
