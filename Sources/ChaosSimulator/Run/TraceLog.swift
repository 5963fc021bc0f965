import Synchronization

/// The last lines of a trace.
final class TraceLog: Sendable {
    private let capacity: Int
    private let kept = Mutex<[String]>([])

    init(capacity: Int) { self.capacity = capacity }

    func add(_ time: Int, _ text: String) {
        kept.withLock {
            if $0.count == capacity { $0.removeFirst() }
            $0.append("\(Double(time) / 1e6) ms  \(text)")
        }
    }

    var lines: [String] { kept.withLock { $0 } }
}
