/// When each part of a node would be woken.
struct Wakes: Sendable {
    enum Part: Int, CaseIterable { case monitor, negotiation, reduction, server, receiver }

    private var times = [Int?](repeating: nil, count: Part.allCases.count)
    /// What the shell has been told; nil: nothing since it woke the node last.
    var armed: Int?

    subscript(part: Part) -> Int? {
        get { times[part.rawValue] }
        set { times[part.rawValue] = newValue }
    }

    var next: Int? { times.lazy.compactMap { $0 }.min() }

    /// - Returns: whether the part was due; it is to be woken no more then.
    mutating func removeDue(_ part: Part, at now: Int) -> Bool {
        guard let time = self[part], time <= now else { return false }
        self[part] = nil
        return true
    }

    /// - Returns: the time to be told to the shell, if it is another one.
    mutating func rearm() -> Int? {
        guard let time = next, time != armed else { return nil }
        armed = time
        return time
    }
}
