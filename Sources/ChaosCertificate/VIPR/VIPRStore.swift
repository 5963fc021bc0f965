/// The constraints of a certificate by their numbers, with the assumptions that each rests on. Derived ones are let go
/// when the certificate says that they are not used again.
struct VIPRStore {
    private final class Entry {
        let constraint: VIPRConstraint
        var assumptions: Set<Int>
        /// The number after which the entry may not be used; -1: none.
        let lastUse: Int

        init(_ constraint: VIPRConstraint, _ assumptions: Set<Int>, lastUse: Int) {
            self.constraint = constraint
            self.assumptions = assumptions
            self.lastUse = lastUse
        }
    }

    enum Missing: Error {
        /// There is no constraint of this number yet.
        case notYet
        /// The certificate let it go earlier.
        case forgotten
    }

    private var entries: [Entry?] = []
    private var lettingGo: [Int: [Int]] = [:]

    /// The number of the constraint that comes next.
    var count: Int { entries.count }

    mutating func append(_ constraint: VIPRConstraint) {
        entries.append(Entry(constraint, [], lastUse: -1))
    }

    /// Appends a derived constraint; then lets go what has been used for the last time.
    /// - Parameter lastUse: the number after which it is not used, or -1. The number of an earlier constraint means that
    ///   it is not used at all.
    mutating func append(_ constraint: VIPRConstraint, _ assumptions: Set<Int>, lastUse: Int, isLast: Bool) {
        let number = entries.count
        let isKept = isLast || lastUse < 0 || lastUse > number
        entries.append(isKept ? Entry(constraint, assumptions, lastUse: lastUse) : nil)
        if lastUse > number, !isLast { lettingGo[lastUse, default: []].append(number) }
        for other in lettingGo.removeValue(forKey: number) ?? [] { entries[other] = nil }
    }

    func constraint(_ number: Int) throws(Missing) -> VIPRConstraint { try entry(number).constraint }

    private func entry(_ number: Int) throws(Missing) -> Entry {
        guard number < entries.count else { throw .notYet }
        guard let entry = entries[number] else { throw .forgotten }
        return entry
    }

    func assumptions(_ number: Int) throws(Missing) -> Set<Int> { try entry(number).assumptions }

    /// The assumptions of a constraint that is about to be used for the next one, and only once for it. If that is its
    /// last use they are handed over instead of copied.
    mutating func consumeAssumptions(_ number: Int) throws(Missing) -> Set<Int> {
        let entry = try entry(number)
        defer { if entry.lastUse == entries.count { entry.assumptions = [] } }
        return entry.assumptions
    }
}

extension Set<Int> {
    /// Unites with the smaller set's elements added to the larger.
    mutating func unite(with other: consuming Set<Int>) {
        if other.count > count { swap(&self, &other) }
        for element in other { insert(element) }
    }
}
