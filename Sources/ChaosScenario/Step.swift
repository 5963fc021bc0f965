extension Scenario {
    /// One step of what happens in time. Times are nanoseconds, counted from the step before.
    public enum Step: Hashable, Sendable {
        /// Something happens after this time.
        case event(Event, after: Int)
        /// Nothing happens for this time.
        case wait(Int)
        /// From this time on nothing is lost and no link crawls until the cluster has settled, which it must within
        /// `calmBound`. The next step is counted from then.
        case calm(after: Int)

        /// How long after the step before it comes.
        public var delay: Int {
            get {
                switch self {
                case .event(_, let delay), .wait(let delay), .calm(let delay): delay
                }
            }
            set {
                self =
                    switch self {
                    case .event(let event, _): .event(event, after: newValue)
                    case .wait: .wait(newValue)
                    case .calm: .calm(after: newValue)
                    }
            }
        }

        /// What happens; nil: nothing but time.
        public var event: Event? {
            switch self {
            case .event(let event, _): event
            case .wait, .calm: nil
            }
        }

        /// The step with another event in the place of its own, if it has one; nil if none takes the place.
        package func replacingEvent(_ change: (Event) -> Event?) -> Self? {
            guard case .event(let event, let delay) = self else { return self }
            return change(event).map { .event($0, after: delay) }
        }

        /// The step where everything comes this many times sooner.
        func hastened(by speed: Int) -> Self {
            switch self {
            case .event(let event, let delay): .event(event.hastened(by: speed), after: delay / speed)
            case .wait(let delay): .wait(delay / speed)
            case .calm(let delay): .calm(after: delay / speed)
            }
        }
    }
}

extension Scenario.Step: CustomStringConvertible {
    public var description: String {
        let what =
            switch self {
            case .event(let event, _): event.description
            case .wait: "wait"
            case .calm: "calm"
            }
        return "after \(Double(delay) / 1e6) ms: \(what)"
    }
}
