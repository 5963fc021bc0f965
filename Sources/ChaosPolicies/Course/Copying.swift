extension Course {
    /// All stop at the end of a step, one source sends everything, all go on; who goes is left out at the end of a step, and
    /// a crash, or a link of the ring that goes, is noticed first.
    static func copying(_ situation: Situation, from source: Int, adjustment: Int) -> Course {
        var course = Course()
        switch situation.event {
        case .join, .leave:
            let boundary = course.add(.boundary, .boundary)
            var last = course.add(
                [(.pause(situation.roundTrip), .agreement), (.pause(adjustment), .adjustment)], after: [boundary])
            if situation.event == .join {
                last = course.add(
                    .send(source: source, bytes: situation.bytes, count: 1), .transfer, after: [last])
                course.whole = last
            }
            course.effective = last
            course.halt = .between(boundary, last)
        case .crash, .cut:
            let last = course.add([
                (.pause(situation.settings.detection), .detection), (.pause(situation.roundTrip), .agreement),
                (.pause(adjustment), .adjustment),
            ])
            course.effective = last
            course.halt = .atOnce(until: last)
        case .mend: break
        }
        return course
    }
}
