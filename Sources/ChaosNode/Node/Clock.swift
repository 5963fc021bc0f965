import Foundation
import NIOCore

/// The two clocks.
enum Clock {
    /// CLOCK_MONOTONIC in nanoseconds: what the protocol counts in, and what processes of one machine have in common.
    static var now: Int { Int(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// Nanoseconds since 1970.
    static var wall: Int { Int(Date().timeIntervalSince1970 * 1e9) }
}

extension EventLoop {
    /// Calls back when the clock shows this time, at once if it is past.
    func schedule(at time: Int, _ body: @escaping @Sendable () -> Void) -> Scheduled<Void> {
        scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, time))), body)
    }
}
