import Foundation

/// What there is to be reached when an event is handled: as many messages, one after another, as it cannot do without,
/// between as many processes that do nothing else.
///
/// One process sends to all others and hears from all, three times: what is proposed and accepted; what is decided and who
/// is ready; and when to begin, the answer to which stands for the report with which it all begins.
enum BareRounds {
    static let role = "answerer"
    private static let rounds = 3
    /// As many as a view of eight nodes takes.
    private static let bytes = 200
    private static let pause: UInt32 = 30_000

    /// - Returns: nanoseconds of each repetition.
    static func measure(processes: Int, repetitions: Int) throws -> [Int] {
        let listener = try LoopbackListener()
        defer { withExtendedLifetime(listener) {} }
        let others = try (1..<processes).map { _ in try listener.connection(to: role) }
        let message = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 8)
        defer { message.deallocate() }
        message.initializeMemory(as: UInt8.self, repeating: 1)
        return try (0..<repetitions).map { _ in
            // As between two events: the processors have gone to sleep.
            usleep(pause)
            let start = DispatchTime.now().uptimeNanoseconds
            for _ in 0..<rounds {
                for other in others { try other.write(UnsafeRawBufferPointer(message)) }
                for other in others { try other.read(message) }
            }
            return Int(DispatchTime.now().uptimeNanoseconds - start)
        }
    }

    /// Another process: answers each message until there are no more.
    static func answer(_ port: UInt16) throws {
        let connection = try LoopbackSocket(to: port)
        let message = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 8)
        defer { message.deallocate() }
        while (try? connection.read(message)) != nil {
            try connection.write(UnsafeRawBufferPointer(message))
        }
    }
}
