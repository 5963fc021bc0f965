import ChaosProtocol

/// What a cluster has shown so far, and the judgement of it: the invariants that can be told from a record of events,
/// whether these are of a simulation or from the journals of real nodes.
///
/// Events are to be given in the order of time, those of one node in the order in which it did them; each call throws
/// when an invariant is broken. Times are nanoseconds from any origin and go into violations only. `State` stands for a
/// training state: equal for equal ones, and hardly ever for different ones.
public struct ClusterRecord<State: Hashable & Sendable>: Sendable {
    /// How one node stands.
    struct Standing: Sendable {
        var view: View?
        var isHalted = false
        /// The step with which it began its view; nil: not yet.
        var begun: Int?
        /// How many updates its replica has taken; nil: it has none, or nobody has said.
        var updates: Int?
        /// What it has pulled of a state, by shard, with the node that sent it.
        var shards: [Int: NodeID] = [:]
        var suspects: Set<NodeID> = []
        /// The view that it works under as a member, as was counted last.
        var work: Int?
    }

    /// How many samples a step has, where the samples of each member are told by `computes`; nil: `samplesOnce` is not
    /// judged here.
    public var batch: (@Sendable (Int) -> Int)?
    /// Whether some of these may be missing in an update.
    public var lost = LostSamples.repeated
    /// How long an era must have lasted before a view follows that only divides the samples anew, in nanoseconds; nil:
    /// `patience` is not judged here.
    public var patience: Int?
    /// Nodes whose last words may be missing, as those of a process that was killed: what they computed is taken for what
    /// the view gave them, and it is believed that they had the state when others thought so.
    public var forgetful: Set<NodeID> = []
    /// The views that anybody has installed, by number.
    public private(set) var decided: [Int: View] = [:]
    /// When the first view of the latest era was installed first, in each epoch.
    private var eraDecidedAt: [Int: Int] = [:]
    /// Of the nodes that are there.
    var standings: [NodeID: Standing] = [:]
    /// The stays in which a learner has got the state.
    var caughtUp: Set<View.Learner> = []
    /// The greatest number of a view under which all its members worked, in each epoch.
    private var worked: [Int: Int] = [:]
    /// The nodes that operators have told to go on without others.
    private var proceeding: Set<NodeID> = []
    /// How many members work under each view.
    private var workers: [Int: Int] = [:]
    /// The state of members by the number of the view and of its updates, of the latest views.
    var states: [Int: [Int: State]] = [:]
    /// With what step each view was begun, and the state before it.
    var beginnings: [Int: (step: Int, state: State?)] = [:]
    /// Who computed what of each step that nobody has applied yet, by view.
    var computed: [Int: [Int: [Contribution]]] = [:]
    /// What each node was to compute of each of these steps, by view, and still has.
    var asked: [Int: [NodeID: [Int: RangeSet<Int>]]] = [:]
    /// Beyond this number of updates nobody has applied any.
    public internal(set) var mostUpdates = 0

    public init(batch: (@Sendable (Int) -> Int)? = nil) { self.batch = batch }

    // MARK: Nodes

    /// A founder begins with the state that all founders have.
    /// - Parameters:
    ///   - node: the founder.
    ///   - updates: how many have been applied to that state.
    public mutating func founded(_ node: NodeID, updates: Int = 0) {
        standings[node, default: Standing()].updates = updates
    }

    /// The node is there no more.
    public mutating func gone(_ node: NodeID) {
        count(node, under: nil)
        dropAsked(of: node)
        standings[node] = nil
    }

    public mutating func halted(_ node: NodeID) {
        standings[node, default: Standing()].isHalted = true
        count(node, under: nil)
    }

    public mutating func proceeded(_ node: NodeID) {
        standings[node, default: Standing()].isHalted = false
        countAtWork(node)
    }

    /// An operator tells a node that the members which it cannot reach are gone for good.
    public mutating func toldToProceed(_ node: NodeID) { proceeding.insert(node) }

    private mutating func countAtWork(_ node: NodeID) {
        let view = standings[node]?.view
        count(node, under: view?.role(of: node) == .member ? view?.number : nil)
    }

    private mutating func count(_ node: NodeID, under number: Int?) {
        if let old = standings[node]?.work { workers[old, default: 0] -= 1 }
        if let number { workers[number, default: 0] += 1 }
        standings[node]?.work = number
    }

    // MARK: Views

    /// A node has installed a view. Cost: O(links).
    public mutating func installed(_ view: View, by node: NodeID, at now: Int) throws(Violation) {
        let before = standings[node, default: Standing()]
        standings[node, default: Standing()].view = view
        // What was to be computed when the engine went is given up.
        if view.idle.contains(node) { dropAsked(of: node) }
        standings[node]!.isHalted = false
        standings[node]!.begun = nil
        countAtWork(node)
        func fail(_ invariant: Invariant, _ finding: String) -> Violation {
            Violation(invariant: invariant, finding: finding, time: now)
        }
        if let last = before.view, last.epoch != view.epoch, last.role(of: node) == .member, !before.isHalted {
            throw fail(.epochsApart, "\(node), which goes on in \(last), installed \(view)")
        }
        if let other = decided[view.number] {
            guard other == view else { throw fail(.agreement, "\(node) installed \(view), others \(other)") }
            return
        }
        decided[view.number] = view
        let eraDecidedAt = self.eraDecidedAt[view.epoch] ?? 0
        if view.era == view.number { self.eraDecidedAt[view.epoch] = now }
        guard view.isConnected else { throw fail(.connection, "\(node) installed \(view)") }
        guard view.number > 1 else { return }
        let last = view.isFirstOfEpoch ? before.view : decided[view.number - 1]
        guard let last else { throw fail(.succession, "\(node) installed \(view), and nobody the view before") }
        if view.isFirstOfEpoch, !proceeding.contains(node) {
            throw fail(.succession, "\(node) installed \(view), and no operator has told it to")
        }
        guard view.era == view.number || view.goesOn(from: last) else {
            throw fail(.eraKept, "\(node) installed \(view) as one of the era of \(last)")
        }
        if let patience, view.hasSameShape(as: last), now - eraDecidedAt < patience {
            throw fail(.patience, "\(node) installed \(view), \(now - eraDecidedAt) ns after the division before it")
        }
        let everyone = last.everyone
        guard view.members.allSatisfy(everyone.contains), view.members.contains(where: last.members.contains) else {
            throw fail(.succession, "\(node) installed \(view) after \(last)")
        }
        for learner in last.learners where view.members.contains(learner.node) {
            guard caughtUp.contains(learner) || forgetful.contains(learner.node) else {
                throw fail(.readiness, "\(learner.node), admitted by \(learner.admitted), is a member in \(view)")
            }
        }
    }

    /// To be called after whatever a node has done: a step needs every member, so it is looked whether all members of its
    /// view work under it, and whether a later one was worked under before.
    public mutating func acted(_ node: NodeID, at now: Int) throws(Violation) {
        guard let standing = standings[node], let number = standing.work,
            let view = standing.view, workers[number] == view.members.count
        else { return }
        let latest = worked[view.epoch] ?? 0
        guard view.number != latest else { return }
        guard view.number > latest else {
            throw Violation(
                invariant: .oneGoesOn, finding: "\(view) is worked under after view \(View.name(ofView: latest))",
                time: now)
        }
        worked[view.epoch] = view.number
    }
}

extension View {
    /// Whether it has in common with the view before all that steps depend on.
    fileprivate func goesOn(from last: View) -> Bool {
        func between(_ view: View) -> [Link: LinkQuality] {
            let inside = Set(view.members)
            let all = Dictionary(uniqueKeysWithValues: zip(view.links, view.qualities))
            return all.filter { inside.contains($0.key.a) && inside.contains($0.key.b) }
        }
        return era == last.era && members == last.members && weights == last.weights && idle == last.idle
            && between(self) == between(last)
    }

    /// Whether links between members join the members, and the links of the view all of its nodes.
    fileprivate var isConnected: Bool {
        let inside = Set(members)
        let between = links.filter { inside.contains($0.a) && inside.contains($0.b) }
        return Self.reached(from: members[0], by: between) == inside
            && Self.reached(from: members[0], by: links) == everyone
    }

    private static func reached(from start: NodeID, by links: [Link]) -> Set<NodeID> {
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in links {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        var found: Set<NodeID> = [start]
        var open = [start]
        while let node = open.popLast() {
            for other in neighbors[node] ?? [] where found.insert(other).inserted { open.append(other) }
        }
        return found
    }
}
