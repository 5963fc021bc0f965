import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// Threads that take jobs from one queue, the next job by whoever is free, with less claim to a processor than the event
/// loop: on a machine that is busy a heartbeat must not wait for a gradient.
final class WorkerThreads: Sendable {
    private final class Jobs: Sendable {
        /// Nil ends a thread. The lock is one that the thread sanitizer knows.
        let queue = NIOLockedValueBox(CircularBuffer<(@Sendable () -> Void)?>())
        let count = DispatchSemaphore(value: 0)

        func add(_ job: (@Sendable () -> Void)?) {
            queue.withLockedValue { $0.append(job) }
            count.signal()
        }
    }

    private let jobs = Jobs()
    private let threads: Int

    /// - Parameters:
    ///   - threads: how many, 1 or more.
    ///   - niceness: added to that of the process.
    init(_ name: String, threads: Int, niceness: Int32 = 5) {
        let jobs = jobs
        self.threads = threads
        for _ in 0..<threads {
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
    }

    deinit { for _ in 0..<threads { jobs.add(nil) } }

    func async(_ job: @escaping @Sendable () -> Void) { jobs.add(job) }

    /// Returns when all jobs are done that were given so far. Not to be called by one of them.
    func finish() {
        // One for each thread, none of which ends before all have begun: then all that came before is done.
        let (begun, go, done) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        for _ in 0..<threads {
            jobs.add {
                begun.signal()
                go.wait()
                done.signal()
            }
        }
        for _ in 0..<threads { begun.wait() }
        for _ in 0..<threads { go.signal() }
        for _ in 0..<threads { done.wait() }
    }
}
