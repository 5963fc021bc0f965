/// When steps end for joiners to whom the state comes while the others go on. What a course has foreseen of that changes with
/// the members and with what its own transfer, or that of another joiner, takes from gradients.
extension TimelineSimulation {
    /// Steps end at other times than before.
    mutating func expectBoundaries(_ now: Int) {
        if pulling.isEmpty { return }
        let next = nextBoundary(now)
        for id in pulling.sorted() {
            admit(id, now, next)
            if let due = due(id, now, next) { schedule(.effective(id), at: due) }
        }
    }

    /// The end of the step under way, at the rates of now, or now if one has just ended; nil: training is held.
    func nextBoundary(_ now: Int) -> Int? { held == nil ? clock.boundary(from: now) + slowness(now) : nil }

    /// When a joiner takes part to which the state comes while the others go on: at the first end of a step at which it has
    /// it; nil: of another course, which says so itself.
    func due(_ id: Int, _ now: Int, _ next: Int?) -> Int? {
        guard pulling.contains(id), let whole = handlings[id]?.run.whole else { return nil }
        return next.map { boundary(from: whole, $0) } ?? max(whole, now)
    }

    /// If a step ends, the joiner that waits for that is admitted; else it waits on.
    mutating func admit(_ id: Int, _ now: Int, _ next: Int?) {
        guard let boundary = handlings[id]?.admission, let asked = handlings[id]?.run.begins[boundary] else { return }
        // While training is held nobody knows; when it goes on this is looked at again.
        let time = next.map { self.boundary(from: asked, $0) } ?? now + shape.length
        handlings[id]?.run.move(boundary, to: time)
        if time == now {
            handlings[id]?.admission = nil
        } else {
            schedule(.admission(id), at: time)
        }
    }

    /// The first end of a step that is not before a time, the next one being then.
    private func boundary(from time: Int, _ next: Int) -> Int {
        TrainingClock(origin: next, step: shape.length).boundary(from: time)
    }
}
