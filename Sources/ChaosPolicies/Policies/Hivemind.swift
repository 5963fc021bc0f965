/// hivemind (1.1.12; measured beside ours in Benchmarks/peers): the joiner loads the whole state from one donor, by priority and
/// else drawn, and from zero from the next if that one dies. The others go on; it takes part from the next step on, by which
/// it may have to load again what others have done meanwhile: left out here. Whoever leaves is not missed; of a
/// member that dies, or a link that goes, the averaging under way is waited for until that is noticed.
struct Hivemind: Policy {
    let name = "hivemind"
    let title = "hivemind"
    let isSerial = false

    func course(for situation: Situation) -> Course {
        var course = Course()
        switch situation.event {
        case .join:
            let asked = course.add(.pause(situation.roundTrip), .agreement)
            course.whole = course.add(
                .send(source: situation.random, bytes: situation.bytes, count: 1), .transfer, after: [asked])
            course.effective = course.whole
        case .leave: course.effective = course.add(.pause(0), .agreement)
        case .crash, .cut:
            let noticed = course.add(.pause(situation.settings.detection), .detection)
            course.halt = .holding(until: noticed)
            course.effective = noticed
        case .mend: break
        }
        return course
    }
}
