/// Autoscaling (Or, Zhang, Freedman, "Resource Elasticity in Distributed Deep Learning", MLSys 2020; its code): the joiner
/// starts in the background; at the end of a step all must agree, by two allgathers; all stop; the communicator grows; each of
/// the old ranks sends its share of the variables to everyone by an allgather in a ring, a round of the slowest link for each
/// rank but one; the engine starts again.
///
/// What is sent is the trainable variables only, without the optimizer's state. How much of a state that is, an instance does
/// not say: the whole of it here, as it is for all others. The parts are equal here; the code divides by count of variables
/// and not by bytes, which is slower. The joiner's links stand for those of the ring, so that links between members, of which
/// an instance knows nothing, never make it slower.
struct Autoscaling: Policy {
    let name = "autoscaling"
    let title = "Autoscaling"

    func course(for situation: Situation) -> Course {
        var course = Course()
        let settings = situation.settings
        switch situation.event {
        case .join, .leave:
            let boundary = course.add(.boundary, .boundary)
            var last = course.add(
                [(.pause(2 * situation.roundTrip), .agreement), (.pause(situation.roundTrip), .agreement)],
                after: [boundary])
            if situation.event == .join {
                let part = (situation.bytes + situation.members - 1) / situation.members
                for _ in 0..<situation.members {
                    last = course.add(
                        .send(source: situation.slowest, bytes: part, count: 1), .transfer, after: [last])
                }
                course.whole = last
            }
            last = course.add(.pause(settings.adjustment), .restart, after: [last])
            course.effective = last
            course.halt = .between(boundary, last)
        case .crash, .cut: return Course.copying(situation, from: 0, adjustment: settings.adjustment)
        case .mend: break
        }
        return course
    }
}
