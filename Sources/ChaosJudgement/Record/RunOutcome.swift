/// What a run came to.
public struct RunOutcome: Sendable {
    public var violation: Violation?
    public var views = 0
    public var messages = 0
    /// Of payloads, sent.
    public var bytes = 0
    /// Updates applied, by all nodes together.
    public var updates = 0
    /// Joiners that have got the state.
    public var transfers = 0
    /// Whether a joiner believed a liar whom nobody contradicted, which ended the run.
    public var isDeceived = false
    /// Nanoseconds, virtual ones in a simulation.
    public var duration = 0

    package init(violation: Violation? = nil, views: Int = 0, messages: Int = 0, duration: Int = 0) {
        self.violation = violation
        self.views = views
        self.messages = messages
        self.duration = duration
    }
}
