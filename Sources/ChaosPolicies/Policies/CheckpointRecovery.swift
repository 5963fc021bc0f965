/// Recovery from a checkpoint, as elastic launchers do it: whatever happens to the members, all processes restart, all read
/// the last checkpoint, and the steps since then are done again. A crash is found out first, after 5 s (torchft) to half an
/// hour (PyTorch's default time-out).
struct CheckpointRecovery: Policy {
    let name = "checkpoint"
    let title = "Checkpoint"

    func course(for situation: Situation) -> Course {
        var course = Course()
        if situation.event == .mend { return course }
        let settings = situation.settings
        let isFailure = situation.event == .crash || situation.event == .cut
        let noticed = course.add(.pause(isFailure ? settings.detection : 0), .detection)
        let restarted = course.add(.pause(settings.restart), .restart, after: [noticed])
        course.readFromStorage(situation, after: restarted)
        course.halt = .atOnce(until: course.activities.count - 1)
        course.isRedone = true
        return course
    }
}
