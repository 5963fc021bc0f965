/// Pollux (Qiao et al., "Pollux: Co-adaptive Cluster Scheduling for Goodput-Optimized Deep Learning", OSDI 2021) as AdaptDL
/// implements it: all stop; rank 0 writes the state to a shared storage; all processes restart; all read it; training goes
/// on from there. Allocations are looked at every minute.
///
/// The storage is at the place of the neighbour with the fastest link, which writes to its disk; the others read over their
/// links. A crash finds the last checkpoint only, and is not what Pollux is made for: as `CheckpointRecovery`.
struct Pollux: Policy {
    let name = "pollux"
    let title = "Pollux"

    func course(for situation: Situation) -> Course {
        switch situation.event {
        case .join, .leave: restart(situation, writes: true)
        case .crash, .cut: CheckpointRecovery().course(for: situation)
        case .mend: Course()
        }
    }

    private func restart(_ situation: Situation, writes: Bool) -> Course {
        var course = Course()
        course.awaitsReallocation = true
        let settings = situation.settings
        let boundary = course.add(.boundary, .boundary)
        let restarted = course.add(
            [
                (.pause(Situation.time(of: situation.bytes, at: settings.diskWrite)), .write),
                (.pause(settings.restart), .restart),
            ], after: [boundary])
        course.readFromStorage(situation, after: restarted)
        course.halt = .between(boundary, course.activities.count - 1)
        return course
    }
}

extension Course {
    /// Everybody reads the state; a joiner over its fastest link.
    mutating func readFromStorage(_ situation: Situation, after activity: Int) {
        let settings = situation.settings
        var reads = [
            add(.pause(Situation.time(of: situation.bytes, at: settings.diskRead)), .read, after: [activity]),
            add(
                .pause(Situation.time(of: situation.bytes, at: situation.storageBandwidth)), .read, after: [activity]),
        ]
        if situation.event == .join {
            reads.append(
                add(.send(source: situation.fastest, bytes: situation.bytes, count: 1), .read, after: [activity]))
        }
        let done = add(.pause(0), .read, after: reads)
        if situation.event == .join { whole = done }
        effective = done
    }
}
