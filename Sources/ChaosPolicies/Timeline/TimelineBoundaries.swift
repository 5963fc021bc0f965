/// When steps end for joiners to whom the state comes while the others go on. What a course has foreseen of that changes with
/// the members and with what its own transfer, or that of another joiner, takes from gradients.
extension TimelineSimulation {
    /// Steps end at other times than before.
    mutating func expectBoundaries(_ now: Int) {
        if pulling.isEmpty { return }
        let next = nextBoundary(now)
        for id in pulling.sorted() {
            if let due = due(id, now, next) { schedule(.effective(id), at: due) }
        }
    }

    /// The end of the step under way, at the rates of now, or now if one has just ended; nil: training is held.
    func nextBoundary(_ now: Int) -> Int? { held == nil ? clock.boundary(from: now) + slowness(now) : nil }

    /// When a joiner takes part to which the state comes while the others go on: at the first end of a step at which it has
    /// it and is a member; nil: of another course, which says so itself.
    func due(_ id: Int, _ now: Int, _ next: Int?) -> Int? {
        guard pulling.contains(id), let done = handlings[id]?.run.done else { return nil }
        return next.map { TrainingClock(origin: $0, step: shape.length).boundary(from: done) } ?? max(done, now)
    }
}
