/// Values by keys, in two arrays in the order of the keys.
///
/// The tables of a node are read for every message and change seldom, they are small or iterated in order, and what
/// depends on them must not depend on a hash seed. Cost: O(log count) to find a value, O(count) to insert or remove one.
struct SortedDictionary<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    /// Ascending, each once.
    private(set) var keys: [Key] = []
    /// In the order of `keys`.
    private(set) var values: [Value] = []

    subscript(key: Key) -> Value? {
        get {
            let i = keys.lowerBound(of: key)
            return i < keys.count && keys[i] == key ? values[i] : nil
        }
        set {
            let i = keys.lowerBound(of: key)
            switch (i < keys.count && keys[i] == key, newValue) {
            case (true, let value?): values[i] = value
            case (false, let value?):
                keys.insert(key, at: i)
                values.insert(value, at: i)
                assert(isInOrder(around: i), "the keys are not in order")
            case (true, nil):
                keys.remove(at: i)
                values.remove(at: i)
            case (false, nil): break
            }
        }
    }

    /// Whether the key at a place fits between those beside it. Looked at for each key that comes in; that all are in order,
    /// which costs more, follows from it (`check`).
    private func isInOrder(around i: Int) -> Bool {
        (i == 0 || keys[i - 1] < keys[i]) && (i + 1 == keys.count || keys[i] < keys[i + 1])
    }

    mutating func removeAll(unless isKept: (Key) -> Bool) {
        guard let first = keys.firstIndex(where: { !isKept($0) }) else { return }
        var count = first
        for i in first + 1..<keys.count where isKept(keys[i]) {
            keys.swapAt(count, i)
            values.swapAt(count, i)
            count += 1
        }
        keys.removeSubrange(count...)
        values.removeSubrange(count...)
    }
}

extension SortedDictionary: SelfChecking {
    /// Cost: O(count); who has many looks at each that comes in only.
    package func check(_ holds: inout Sentences) {
        holds("Keys ascend, each once.", keys.isStrictlyAscending)
    }
}

/// Of an array that is in order.
extension Array where Element: Comparable {
    /// The first place whose element is not less than this one. Cost: O(log count).
    func lowerBound(of element: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Cost: O(log count).
    func containsSorted(_ element: Element) -> Bool {
        let i = lowerBound(of: element)
        return i < count && self[i] == element
    }

    /// - Precondition: the element is not there.
    mutating func insertSorted(_ element: Element) { insert(element, at: lowerBound(of: element)) }
}
