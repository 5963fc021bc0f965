/// What must hold in every run.
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    case agreement
    case succession
    case connection
    case readiness
    case eraKept
    case oneGoesOn
    case minorityHalts
    case sameState
    case updatesOnce
    case samplesOnce
    case computedOnce
    case idleRests
    case verifiedState
    case pulledOnce
    case snapshotKept
    case askedAgain
    case noneIdle
    case progress
    case patience
    case correctMessages
    case ownWords
    case epochsApart
    case linked
    case consistency

    /// The promise in a sentence.
    public var sentence: String {
        switch self {
        case .agreement: "Never are there two different views with one number."
        case .succession: "A view's members were members or learners of the view before, and one of them a member."
        case .connection: "The links of a view between its members join all of these, and its other links all learners."
        case .readiness: "A learner becomes a member only when it has caught up since it was admitted."
        case .eraKept:
            "The views of an era have the same members, links and shares, and only learners come and go."
        case .oneGoesOn: "Once all members of a view work under it, no earlier view is worked under any more."
        case .minorityHalts: "Members that cannot reach a quorum halt when they have noticed."
        case .sameState: "After every step all members hold the same state, one that has just become a member included."
        case .updatesOnce: "A member of the next view keeps every update that it has applied, and applies each once."
        case .samplesOnce:
            "The update of a step is made of each of its samples once, or where they may be lost, of some."
        case .computedOnce: "What a member has computed of a step nobody computes again while it can be had from it."
        case .idleRests:
            "Nobody waits for a gradient of a node that has nothing to compute it with, once a view says so."
        case .verifiedState: "A joiner never takes a wrong shard for the state."
        case .pulledOnce: "A shard that has arrived and is right is not pulled again."
        case .snapshotKept: "A snapshot is kept as long as a learner admitted with it pulls and can be reached."
        case .askedAgain:
            "What is lost on its way to a joiner is asked for again: no neighbour that serves is given up."
        case .noneIdle:
            "While a joiner lacks a shard, a neighbour that serves it and sends nothing is asked for one after a moment."
        case .progress:
            "When a quorum is connected and stays so, it agrees on a view of exactly the nodes and links that there are, "
                + "and trains."
        case .patience: "A view that only divides the samples anew comes when they were badly divided for a while."
        case .correctMessages:
            "A node sends nothing that another one would refuse, and uses nothing that it does not have."
        case .ownWords: "Nobody believes of a node what it has not said."
        case .epochsApart:
            "An update is made of gradients of members only, and no member that goes on gives up its epoch for another."
        case .linked:
            "Where nodes link themselves to others, the loss of one node parts no others that could be linked."
        case .consistency: "What the types of the protocol say of their own values holds after every event."
        }
    }
}

/// A broken invariant.
public struct Violation: Hashable, Sendable, Error, CustomStringConvertible {
    public let invariant: Invariant
    /// What was found.
    public let finding: String
    /// Nanoseconds since the start, virtual ones in a simulation.
    public let time: Int

    package init(invariant: Invariant, finding: String, time: Int) {
        self.invariant = invariant
        self.finding = finding
        self.time = time
    }

    public var description: String {
        "\(invariant.rawValue) broken after \(Double(time) / 1e6) ms: \(finding)\n(\(invariant.sentence))"
    }
}
