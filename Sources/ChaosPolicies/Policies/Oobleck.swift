import ChaosModel

/// Oobleck's recovery of 2026 (pull request 36 of its repository; its code): after training has stopped, chunks of model and
/// optimizer are striped over all replicas, the largest first, each to the source with the least projected load, its bytes
/// with the chunk over its bandwidth. That bandwidth is a setting, which the caller does not pass: then all are alike. Were
/// classes of links told, a link that carries more than half of what the fastest does would be of the first class here, one
/// with more than a fourth of the second (`PolicySettings.classes`); what its code was computed to give is what this gives.
///
/// The SHA-256 of each chunk is left out, which is in its favour.
struct Oobleck: Policy {
    let knowsClasses: Bool

    var name: String { knowsClasses ? "oobleck-classes" : "oobleck" }
    var title: String { knowsClasses ? "Oobleck, classes" : "Oobleck" }

    func course(for situation: Situation) -> Course {
        guard situation.event == .join, let instance = situation.instance else {
            return Course.copying(situation, from: 0, adjustment: 0)
        }
        var course = Course()
        let boundary = course.add(.boundary, .boundary)
        let agreed = course.add(.pause(situation.roundTrip), .agreement, after: [boundary])
        let counts = Self.stripe(instance, situation.settings, knowsClasses: knowsClasses)
        let chunk = min(situation.settings.chunk, situation.bytes)
        let sends = counts.enumerated().filter { $0.element > 0 }.map { source, count in
            course.add(.send(source: source, bytes: chunk, count: count), .transfer, after: [agreed])
        }
        let last = course.add(.pause(0), .transfer, after: sends)
        (course.whole, course.effective) = (last, last)
        course.halt = .between(boundary, last)
        return course
    }

    /// How many chunks come from each neighbour.
    static func stripe(_ instance: Instance, _ settings: PolicySettings, knowsClasses: Bool) -> [Int] {
        let fastest = instance.neighbors.map(\.bandwidth).max() ?? 1
        let chunk = min(settings.chunk, instance.state.bytes)
        let shards = instance.state.shardCount(ofSize: chunk)
        let costs = instance.neighbors.map { neighbor in
            let place = neighbor.bandwidth > fastest / 2 ? 0 : neighbor.bandwidth > fastest / 4 ? 1 : 2
            return knowsClasses ? settings.classes[0] * settings.classes[1] / settings.classes[place] : 1
        }
        return PlanPolicy.leastLoad(shards, costs: costs, looksAhead: true)
    }
}
