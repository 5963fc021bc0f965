import ChaosModel

/// Chaos as it is implemented (Documentation/PROTOCOL.md), with a plan of ours or of another rule.
///
/// Join: the joiner asks all neighbours, and with the first offer for admission, which is a view like any other, and begins
/// when the root has heard all below it and told them so; each neighbour sends its run of shards, all at once; another view
/// makes the joiner a member, and it takes part in the step that begins then. Training goes on, and a source that dies costs
/// what it had not sent. A member that leaves, a link that comes: three one-way ways to another view, during which what is
/// computed counts. A member or a link that goes without a word is noticed after `timers.failure_bound`, though a connection
/// that closes is noticed at once; the samples of a lost member are computed by the others.
struct ChaosPolicy: Policy {
    let plan: PlanPolicy

    init(_ plan: PlanPolicy) { self.plan = plan }

    var name: String { plan == .threshold ? "chaos" : plan.rawValue }
    var title: String { plan.title }
    var isSerial: Bool { false }
    var keepsWhatHasCome: Bool { true }
    /// It hangs on the members' tree as a learner from its admission on.
    var sendsUpdatesToJoiners: Bool { true }

    /// From a request for a view until all work under it: three one-way ways.
    private static func handling(_ situation: Situation) -> Int { roundTrip(situation) * 3 / 2 }

    /// Of those whom a view concerns, the joiner with them.
    private static func roundTrip(_ situation: Situation) -> Int {
        max(situation.roundTrip, situation.neighbors.map(\.latency).max() ?? 0)
    }

    func course(for situation: Situation) throws -> Course {
        var course = Course()
        switch situation.event {
        case .join:
            guard let instance = situation.instance else { break }
            let drawn = situation.random
            guard let found = try plan.assignment(for: instance, drawn: drawn, settings: situation.settings) else {
                throw NoPlan(instance: instance.name)
            }
            let ready =
                situation.isResumed
                ? [course.add(.pause(situation.settings.failureBound), .detection)]
                : Self.admission(&course, situation)
            let sends = found.counts.enumerated().filter { $0.element > 0 }.map { source, count in
                course.add(
                    .send(source: source, bytes: found.shardSize, count: count), .transfer, after: ready)
            }
            course.whole = course.add(.pause(0), .transfer, after: sends)
            course.effective = course.add(
                .pause(Self.handling(situation)), .agreement, after: course.whole.map { [$0] } ?? [])
        case .leave, .mend: course.effective = course.add(.pause(Self.handling(situation)), .agreement)
        case .cut:
            course.effective = course.add([
                (.pause(situation.settings.failureBound), .detection), (.pause(Self.handling(situation)), .agreement),
            ])
        case .crash:
            let view = course.add([
                (.pause(situation.settings.failureBound), .detection), (.pause(Self.handling(situation)), .agreement),
            ])
            course.halt = .holding(until: view)
            course.effective = view
        }
        return course
    }

    /// - Returns: what must be over before it pulls: the view that admits it has begun, all have offered, and no further link has
    ///   come for a while.
    private static func admission(_ course: inout Course, _ situation: Situation) -> [Int] {
        let latencies = situation.neighbors.map(\.latency)
        let admitted = course.add([
            (.pause(latencies.min() ?? 0), .agreement), (.pause(handling(situation)), .agreement),
            (.pause(roundTrip(situation)), .agreement),
        ])
        return [
            admitted, course.add(.pause(latencies.max() ?? 0), .agreement),
            course.add(.pause(situation.settings.gathering), .gathering),
        ]
    }
}
