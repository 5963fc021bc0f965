import ChaosDocuments

/// A state that is being written in pieces.
struct StateReplacement: Sendable {
    /// The step count that it should have.
    let step: Int
    /// The bytes that have not come.
    private(set) var missing: RangeSet<Int>

    init(step: Int, bytes: Int) {
        self.step = step
        missing = RangeSet(0..<bytes)
    }

    fileprivate mutating func take(_ range: Range<Int>) { missing.remove(contentsOf: range) }
}

extension StateReplacement? {
    /// Notes that a range has come. Cost: O(gaps).
    mutating func take(_ range: Range<Int>) throws(InvalidInput) {
        guard self != nil else {
            throw InvalidInput("state", "bytes \(range) for a whole state", allowed: "bytes of a state that was begun")
        }
        self?.take(range)
    }

    /// The step of a state of which everything has come.
    func requireComplete() throws(InvalidInput) -> Int {
        guard let self else { throw InvalidInput("state", "no state was begun", allowed: "the end of one") }
        if let gap = self.missing.ranges.first {
            throw InvalidInput("state", "bytes \(gap) are missing", allowed: "all of its bytes")
        }
        return self.step
    }
}
