/// The snapshots that a node serves with, and those that its engine is making.
struct SnapshotStore {
    private enum Entry {
        /// It is being taken; these wait for it.
        case pending([() -> Void])
        case ready(Snapshot)
    }

    /// What is beyond it does not wait; whoever misses it asks again.
    private static let mostWaiting = 1024

    /// By the step that the snapshot is the state before.
    private var entries: [Int: Entry] = [:]

    /// Of those that are being taken too.
    var count: Int { entries.count }

    /// The steps of those that are there, ascending.
    var steps: [Int] { entries.keys.filter { self[$0] != nil }.sorted() }

    /// Nil: it is not there, or not yet.
    subscript(step: Int) -> Snapshot? {
        if case .ready(let snapshot)? = entries[step] { snapshot } else { nil }
    }

    func isPending(_ step: Int) -> Bool {
        if case .pending? = entries[step] { true } else { false }
    }

    /// The engine has been told to take it.
    mutating func begin(_ step: Int) { if entries[step] == nil { entries[step] = .pending([]) } }

    mutating func free(_ step: Int) { entries[step] = nil }

    /// If the snapshot is being taken, this is to be done when it is there; if it is freed before, never.
    mutating func whenReady(_ step: Int, _ body: @escaping () -> Void) {
        guard case .pending(let waiting)? = entries[step], waiting.count < Self.mostWaiting else { return }
        entries[step] = .pending(waiting + [body])
    }

    /// The engine has taken it. One that has been freed meanwhile is dropped.
    /// - Returns: what has waited for it, in order.
    mutating func insert(_ snapshot: Snapshot) -> [() -> Void] {
        guard case .pending(let waiting)? = entries[snapshot.step] else { return [] }
        entries[snapshot.step] = .ready(snapshot)
        return waiting
    }
}
