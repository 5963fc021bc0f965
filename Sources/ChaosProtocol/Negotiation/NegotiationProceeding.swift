/// An operator's word that members are gone for good.
extension Negotiation {
    /// Why an operator's word has no effect.
    public enum ProceedFault: Error, Hashable, Sendable {
        /// The node is no member, or it can reach a quorum: it goes on by itself.
        case notHalted
        /// The node is about to leave.
        case leaving
        /// Not a member of the view.
        case unknown(NodeID)
        /// This node can reach it, so it is not gone.
        case reachable(NodeID)
        /// Members that cannot be reached, and of which nothing was said.
        case unnamed([NodeID])
        /// It was said too often in the life of the cluster (`View.mostEpochs`).
        case tooOften
    }

    /// The operator says that these members are gone for good: this halted member goes on with all others that it can reach,
    /// in a new epoch (`View.epoch`).
    ///
    /// **If they are not gone**, there are two clusters from now on, each with a state of its own. They never mix: a member
    /// that goes on follows into no other epoch, and votes, gradients and sums carry the numbers of their views. Whoever is
    /// halted, or comes back, joins the later epoch as a learner, and gives up its own state when it has the other.
    ///
    /// - Throws: `ProceedFault`; nothing has happened then.
    public mutating func onProceed(without gone: Set<NodeID>, at now: Int) throws(ProceedFault) -> [Action] {
        guard let view, role == .member, isHalted else { throw .notHalted }
        for node in gone.sorted() {
            guard view.members.containsSorted(node) else { throw .unknown(node) }
            guard !map.isPresent(node) else { throw .reachable(node) }
        }
        let unnamed = view.members.filter { !map.isPresent($0) && !gone.contains($0) }
        guard unnamed.isEmpty else { throw .unnamed(unnamed) }
        guard let number = view.firstNumberOfNextEpoch(by: node) else { throw .tooOften }
        // Whoever hangs on this member by others than members can follow as a learner.
        guard statement.wish != .leave, let next = map.next(after: view, with: node, defect: defect) else {
            throw .leaving
        }
        install(next.beginningEpoch(at: number), from: nil)
        believeFoundingView(now)
        return drawConsequences(at: now)
    }

    /// The other members of the first view of an epoch have still to come, or to hear of it.
    mutating func believeFoundingView(_ now: Int) {
        let founding = Founding(until: now + settings.takeover)
        decision?.founding = founding
    }
}

extension View {
    /// The same members with another number. Learners ask anew: what they were promised was of the last epoch.
    fileprivate func beginningEpoch(at number: Int) -> View {
        let links = zip(links, qualities).filter { members.containsSorted($0.0.a) && members.containsSorted($0.0.b) }
        return View(
            number: number, members: members, learners: [], links: links.map(\.0), qualities: links.map(\.1),
            weights: weights, idle: idle, era: number)
    }
}

extension Negotiation.ProceedFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notHalted: "this node is not halted: it is no member, or it goes on by itself"
        case .leaving: "this node is leaving"
        case .unknown(let node): "\(node) is no member"
        case .reachable(let node): "\(node) can be reached"
        case .unnamed(let nodes):
            "members that cannot be reached, or are of another epoch, are not named: \(nodes.map(\.description).joined(separator: " "))"
        case .tooOften: "a cluster can begin \(View.mostEpochs) epochs, and it has"
        }
    }
}
