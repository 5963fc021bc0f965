import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// A thread of its own that does jobs one after another, with less claim to a processor than the event loop: on a machine
/// that is busy a heartbeat must not wait for a gradient.
final class SerialQueue: Sendable {
    private final class Jobs: Sendable {
        /// Nil ends the thread. The lock is one that the thread sanitizer knows.
        let queue = NIOLockedValueBox(CircularBuffer<(@Sendable () -> Void)?>())
        let count = DispatchSemaphore(value: 0)

        func add(_ job: (@Sendable () -> Void)?) {
            queue.withLockedValue { $0.append(job) }
            count.signal()
        }
    }

    private let jobs = Jobs()

    /// - Parameter niceness: added to that of the process.
    init(_ name: String, niceness: Int32 = 5) {
        let jobs = jobs
        let thread = Thread {
            #if os(Linux)
                // Of the thread, not of the process, here. Where it is not allowed, it stays as it is.
                let thread = Int32(PRIO_PROCESS.rawValue)
                setpriority(thread, 0, getpriority(thread, 0) + niceness)
            #endif
            while true {
                jobs.count.wait()
                guard let job = jobs.queue.withLockedValue({ $0.removeFirst() }) else { return }
                job()
            }
        }
        thread.name = name
        thread.start()
    }

    deinit { jobs.add(nil) }

    func async(_ job: @escaping @Sendable () -> Void) { jobs.add(job) }

    /// Returns when all jobs are done that were given so far. Not to be called by one of them.
    func finish() {
        let done = DispatchSemaphore(value: 0)
        jobs.add { done.signal() }
        done.wait()
    }
}
