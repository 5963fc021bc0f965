import HeapModule

/// Events in the order of their times, and of simultaneous ones in that of their coming.
///
/// The heap moves small keys only; the events, which are large, lie still beside it.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Key: Comparable, Sendable {
        let time: Int
        let serial: Int
        let place: Int

        static func < (a: Key, b: Key) -> Bool { a.time != b.time ? a.time < b.time : a.serial < b.serial }
    }

    private var keys = Heap<Key>()
    private var events: [Event?] = []
    private var free: [Int] = []
    private var serial = 0

    /// Cost: O(log events).
    mutating func insert(_ event: Event, at time: Int) {
        serial += 1
        let place: Int
        if let last = free.popLast() {
            place = last
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        keys.insert(Key(time: time, serial: serial, place: place))
    }

    /// Cost: O(log events).
    mutating func popFirst() -> (time: Int, event: Event)? {
        guard let key = keys.popMin(), let event = events[key.place] else { return nil }
        events[key.place] = nil
        free.append(key.place)
        return (key.time, event)
    }

    mutating func removeAll() {
        keys = Heap()
        events = []
        free = []
    }
}
