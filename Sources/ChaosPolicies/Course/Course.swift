/// What a policy does about an event: activities, some after others, and when training halts for it.
///
/// Times are nanoseconds. Sources are numbered as the neighbours of the situation's instance.
public struct Course: Sendable {
    public enum Kind: Hashable, Sendable {
        /// So long, in ns.
        case pause(Int)
        /// Until the step under way is done.
        case boundary
        /// A source sends equal items to the joiner, one after another; what it is asked for at a time comes in that order.
        case send(source: Int, bytes: Int, count: Int)
    }

    /// What it is for, in reports and pictures.
    public enum Purpose: String, Hashable, Sendable, CaseIterable {
        case detection, agreement, gathering, boundary, write, restart, adjustment, transfer, read
    }

    public struct Activity: Hashable, Sendable {
        public let kind: Kind
        public let purpose: Purpose
        /// The numbers of those that must be over; none: it begins with the event.
        public let after: [Int]
    }

    /// How training goes on meanwhile.
    public enum Halt: Hashable, Sendable {
        case never
        /// After the first of these, which ends with a step, until the second is over.
        case between(Int, Int)
        /// At once, and the step under way is lost; until this is over.
        case atOnce(until: Int)
        /// At once, but what has been computed of the step counts; until this is over.
        case holding(until: Int)
    }

    public private(set) var activities: [Activity] = []
    public var halt = Halt.never
    /// When this is over the joiner has the state. What is added after it waits for it.
    public var whole: Int?
    /// When this is over a joiner takes part in the next step that begins, and a member that goes is gone.
    public var effective: Int?
    /// Whether the steps since the last checkpoint are done again.
    public var isRedone = false
    /// Whether it must not begin before the next time that the policy looks at its allocations.
    public var awaitsReallocation = false

    public init() {}

    /// - Returns: its number.
    @discardableResult
    public mutating func add(_ kind: Kind, _ purpose: Purpose, after: [Int] = []) -> Int {
        activities.append(Activity(kind: kind, purpose: purpose, after: after))
        return activities.count - 1
    }

    /// One after another, the first after these.
    /// - Returns: the number of the last.
    @discardableResult
    mutating func add(_ steps: [(Kind, Purpose)], after: [Int] = []) -> Int {
        var last = after
        for (kind, purpose) in steps { last = [add(kind, purpose, after: last)] }
        return last.first ?? 0
    }
}
