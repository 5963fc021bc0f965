/// What must hold in every run.
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    case agreement
    case succession
    case connection
    case readiness
    case oneGoesOn
    case minorityHalts
    case progress
    case correctMessages

    /// The promise in a sentence.
    public var sentence: String {
        switch self {
        case .agreement: "Never are there two different views with one number."
        case .succession: "A view's members were members or learners of the view before, and one of them a member."
        case .connection: "The links of a view join all of its nodes."
        case .readiness: "A learner becomes a member only when it has caught up since it was admitted."
        case .oneGoesOn: "Once all members of a view work under it, no earlier view is worked under any more."
        case .minorityHalts: "Members that cannot reach a quorum halt when they have noticed."
        case .progress:
            "When a quorum is connected and stays so, it agrees on a view of exactly the nodes and links that there are."
        case .correctMessages: "A node sends nothing that another one would refuse."
        }
    }
}

/// A broken invariant.
public struct Violation: Hashable, Sendable, Error, CustomStringConvertible {
    public let invariant: Invariant
    /// What was found.
    public let finding: String
    /// Virtual nanoseconds since the start.
    public let time: Int

    public var description: String {
        "\(invariant.rawValue) broken after \(Double(time) / 1e6) ms: \(finding)\n(\(invariant.sentence))"
    }
}
