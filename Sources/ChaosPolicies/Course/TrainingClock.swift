/// When steps end, while nothing halts training.
public struct TrainingClock: Hashable, Sendable {
    /// When a step began.
    public var origin: Int
    /// How long one takes, in ns, 1 or more.
    public var step: Int

    public init(origin: Int, step: Int) {
        precondition(step >= 1, "a step takes a nanosecond at least")
        (self.origin, self.step) = (origin, step)
    }

    /// The first end of a step at that time or after it.
    public func boundary(from time: Int) -> Int {
        if time <= origin { return origin }
        return origin + (time - origin + step - 1) / step * step
    }

    /// The steps that are done by then.
    public func steps(by time: Int) -> Int { max(0, time - origin) / step }

    /// What has been computed of the step under way, in ns.
    public func begun(by time: Int) -> Int { max(0, time - origin) % step }
}
