/// What became of a cluster under a policy. Times are nanoseconds from the beginning.
public struct PolicyRecord: Sendable {
    public struct Join: Hashable, Sendable {
        public let node: UInt64
        /// When its first message was sent.
        public let asked: Int
        /// When it had the state; nil: never.
        public var whole: Int?
        /// When its first gradient was computed.
        public var contributed: Int?

        /// The scale-out delay.
        public var delay: Int? { contributed.map { $0 - asked } }
    }

    public struct Handled: Hashable, Sendable {
        public let event: Situation.Event
        public let at: Int
        /// Until all had been done about it and training went on, in ns, without waiting for the end of a step.
        public let time: Int
    }

    public struct Halt: Hashable, Sendable {
        public let event: Situation.Event
        public let from: Int
        public internal(set) var to: Int
    }

    /// A node while it was a member.
    public struct Stay: Hashable, Sendable {
        public let node: UInt64
        public let from: Int
        public internal(set) var to: Int
    }

    public let policy: String
    public let title: String
    public internal(set) var duration = 0
    public internal(set) var joins: [Join] = []
    /// Of all events but joins about which the policy does anything.
    public internal(set) var handled: [Handled] = []
    /// Why training halted, and when; those of several events may overlap.
    public internal(set) var halts: [Halt] = []
    /// In the order in which they began.
    public internal(set) var stays: [Stay] = []
    /// Done, those that were done again counted once.
    public internal(set) var steps = 0
    /// Of the step under way at the end, in millionths.
    public internal(set) var begun = 0
    public internal(set) var stepsAgain = 0
    /// Summed over the members: time in which they could have computed and did not, or computed in vain. That gradients take
    /// longer beside a transfer counts.
    public internal(set) var idle = 0
    /// Summed over the members: time in which they were members.
    public internal(set) var memberTime = 0
    /// Of the state, and those of it that were thrown away.
    public internal(set) var bytes = 0
    public internal(set) var bytesTwice = 0
    /// Steps that all machines that are there would have done, had each computed from the moment it came; in millionths.
    public internal(set) var idealSteps: Int128 = 0
    /// Events of the scenario that policies are not asked about.
    public internal(set) var leftOut = 0
    /// How many members were idle, from each time on.
    public internal(set) var idleMembers: [(time: Int, count: Int)] = []

    /// `goodput` of what had been done up to each of some times, at equal distances, the last of them the end.
    public internal(set) var goodputs: [(time: Int, millionths: Int)] = []

    /// Steps done, in millionths of those that all machines would have done.
    public var goodput: Int { Self.goodput(Int128(steps) * 1_000_000 + Int128(begun), of: idealSteps) }

    static func goodput(_ done: Int128, of ideal: Int128) -> Int {
        ideal == 0 ? 0 : Int(clamping: done * 1_000_000 / ideal)
    }
}
