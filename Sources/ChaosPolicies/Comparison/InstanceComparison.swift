import ChaosModel
import ChaosSolver

/// One join of an instance under several policies. The joiner asks in the middle of a step.
public struct InstanceComparison: Sendable {
    public struct Row: Sendable {
        public let policy: String
        public let title: String
        /// When the joiner has the state, in ns from its first message.
        public let whole: Int
        /// When its first gradient is computed: a step after the change counts.
        public let delay: Int
        /// How long training halts for it.
        public let halted: Int
        /// Summed over the members.
        public let idle: Int
        public let bytes: Int
        /// What each source sends, in the order of the instance.
        public let sources: [Int]
    }

    public let file: String
    public let name: String?
    public let instance: Instance
    public let rows: [Row]
    /// Whatever comes from whom, the state is not whole earlier, in ns, rounded down: the fluid bound without overheads and
    /// limits, to which others do not keep. nil: beyond the range.
    public let fluid: Int?

    /// - Throws: `NoPlan`, and what the solver throws.
    public init(
        _ instance: Instance, file: String, policies: [any Policy] = Policies.all,
        settings: PolicySettings = PolicySettings()
    ) throws {
        self.file = file
        self.instance = instance
        name = instance.name
        let clock = TrainingClock(origin: -settings.step / 2, step: settings.step)
        let members = instance.neighbors.count
        var joining = Situation(joining: instance, settings: settings)
        joining.draw = UInt64(instance.sha256.prefix(8), radix: 16) ?? 0
        let situation = joining
        rows = try policies.compactMap { policy in
            let course: Course
            let run: CourseRun
            do {
                course = try policy.course(for: situation)
                try Self.check(course, on: instance)
                run = try CourseRun(course, on: instance, from: 0, clock: clock)
            } catch let error as NoPlan {
                // Without one of ours there is nothing to compare with.
                if policy.name == Policies.ours.name { throw error }
                return nil
            }
            let halted = run.halt?.count ?? 0
            return Row(
                policy: policy.name, title: policy.title, whole: run.whole ?? run.effective,
                delay: run.effective + settings.step, halted: halted,
                idle: Int(clamping: Int128(halted) * Int128(members)),
                bytes: run.bytes.reduce(0, +), sources: run.bytes)
        }
        let free = try Instance(
            state: instance.state, shardSizes: [1],
            neighbors: instance.neighbors.map {
                Neighbor(id: $0.id, bandwidth: $0.bandwidth, latency: $0.latency, ready: $0.ready, group: $0.group)
            }, groups: instance.groups)
        fluid = FluidBound.time(FixedSizeProblem(free, shardSize: 1)).map { Int(clamping: $0.nanoseconds) }
    }

    /// Behind groups each item with an overhead is an event of its own.
    private static func check(_ course: Course, on instance: Instance) throws {
        guard !instance.groups.isEmpty else { return }
        let items = course.activities.reduce(Int128(0)) { sum, activity in
            guard case .send(let source, _, let count) = activity.kind, instance.neighbors[source].overhead > 0 else {
                return sum
            }
            return sum + Int128(count)
        }
        guard items > Int128(mostItems) else { return }
        throw ProblemTooLarge(
            solver: "compare", what: "\(items) shards with overheads behind groups", most: "\(mostItems)",
            advice: "use larger shards, or no overheads")
    }

    private static let mostItems = 1_000_000

    public func row(_ policy: String) -> Row? { rows.first { $0.policy == policy } }
}
