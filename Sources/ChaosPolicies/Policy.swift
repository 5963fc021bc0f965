/// What a system does when nodes and links come and go: for an event who stops, what goes from whom to whom, what is
/// restarted. The virtual network and its clock carry it out, for all policies alike (`CourseRun`).
public protocol Policy: Sendable {
    /// By which users choose it.
    var name: String { get }
    /// As tables and pictures have it.
    var title: String { get }
    /// Whether it handles one event after the other: what comes meanwhile waits.
    var isSerial: Bool { get }
    /// Whether a transfer goes on with what has come when one of its sources dies; if not it begins from zero.
    var keepsWhatHasCome: Bool { get }
    /// Whether a joiner gets the update of each step from the neighbour with the fastest link while it pulls the state.
    var sendsUpdatesToJoiners: Bool { get }

    /// - Throws: `NoPlan`, and what a solver throws.
    func course(for situation: Situation) throws -> Course
}

extension Policy {
    public var isSerial: Bool { true }
    public var keepsWhatHasCome: Bool { false }
    public var sendsUpdatesToJoiners: Bool { false }
}

/// All policies, in the order of reports.
public enum Policies {
    public static let ours: any Policy = ChaosPolicy(.threshold)

    public static let all: [any Policy] =
        [
            ours, Pollux(), Elan(), EDL(), Autoscaling(), CheckpointRecovery(), TorchFT(), Hivemind(), Psyche(),
            Oobleck(knowsClasses: false), Oobleck(knowsClasses: true),
        ] + PlanPolicy.allCases.filter { $0 != .threshold }.map { ChaosPolicy($0) }

    public static func named(_ name: String) -> (any Policy)? { all.first { $0.name == name } }
}

/// The limits of an instance leave some of the state without a source, or its times are beyond the range.
public struct NoPlan: Error, CustomStringConvertible {
    public let instance: String?

    public var description: String {
        "no plan for \(instance ?? "the instance"): its limits allow none, or its times are beyond the range"
    }
}
