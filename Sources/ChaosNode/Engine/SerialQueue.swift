/// A thread of its own that does jobs one after another.
final class SerialQueue: Sendable {
    private let thread: WorkerThreads

    /// - Parameter niceness: added to that of the process.
    init(_ name: String, niceness: Int32 = 5) { thread = WorkerThreads(name, threads: 1, niceness: niceness) }

    func async(_ job: @escaping @Sendable () -> Void) { thread.async(job) }

    /// Returns when all jobs are done that were given so far. Not to be called by one of them.
    func finish() { thread.finish() }
}
