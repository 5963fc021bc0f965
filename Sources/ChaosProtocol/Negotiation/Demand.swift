/// What the map asks for: whether another view should follow the one at hand.
enum Demand: Sendable {
    /// The map has changed since that was last worked out.
    case unknown
    /// The view is right, or it is not for this node to say.
    case nothing
    /// A view is due that waits: one that goes on in the era until the view at hand has begun, for else learners that come and go
    /// faster than views begin would keep steps from being done; one that breaks off a step and that nobody waits for
    /// (`View.canWaitForAStep`) until a step has been done.
    case postponed
    case due(Next)

    /// The view that should follow.
    struct Next: Sendable {
        var view: View
        /// Whether there are later measurements than those in it.
        var isOld = false
        /// How many of the members that can be reached have lesser ids, and try before this node.
        let turnsBefore: Int
    }

    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isPostponed: Bool { if case .postponed = self { true } else { false } }
    var next: Next? { if case .due(let next) = self { next } else { nil } }

    /// There are later measurements than those in the view that is due.
    mutating func noteMeasurements() {
        guard case .due(var next) = self else { return }
        next.isOld = true
        self = .due(next)
    }
}
