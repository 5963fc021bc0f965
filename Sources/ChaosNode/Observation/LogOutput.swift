import ChaosDocuments
import Foundation
import Logging
import NIOConcurrencyHelpers

/// Takes the lines of a log and has them written by a thread of its own, so that nobody waits for whoever reads them: a
/// terminal that was stopped, a pipe that is full, a disk. What waits is bounded, and what is not written for that reason
/// is counted and told. Of lines of one kind, which differ in figures only, no more than some are written in a time.
public final class LogOutput: Sendable {
    /// Of lines that wait, in bytes.
    public static let mostWaiting = 1 << 20
    /// Lines of one kind in `period` nanoseconds.
    public static let mostOfAKind = 50
    public static let period = 10_000_000_000
    /// Kinds that are counted apart.
    private static let mostKinds = 1000

    private struct Kind {
        var since: Int
        var written = 0
        var suppressed = 0
    }

    private struct State {
        var waiting: [[UInt8]] = []
        /// Of those that wait and those that are being written.
        var bytes = 0
        var dropped = 0
        var kinds: [String: Kind] = [:]

        mutating func add(_ line: String) {
            let line = Array((line + "\n").utf8)
            guard bytes + line.count <= LogOutput.mostWaiting else {
                dropped += 1
                return
            }
            bytes += line.count
            waiting.append(line)
        }
    }

    private let state = NIOLockedValueBox(State())
    private let leastLevel = NIOLockedValueBox(Logger.Level.info)
    private let descriptor: Int32
    private let queue = SerialQueue("log")
    private let now: @Sendable () -> Int

    /// - Parameter descriptor: an open file, which stays open.
    public convenience init(descriptor: Int32 = 2) { self.init(descriptor: descriptor) { Clock.now } }

    /// - Parameters:
    ///   - descriptor: an open file, which stays open.
    ///   - now: the time in nanoseconds.
    init(descriptor: Int32, now: @escaping @Sendable () -> Int) {
        self.descriptor = descriptor
        self.now = now
    }

    /// Lines below it are not logged. It may change while the process runs, for all that log here.
    public var level: Logger.Level {
        get { leastLevel.withLockedValue { $0 } }
        set { leastLevel.withLockedValue { $0 = newValue } }
    }

    /// Takes a line. Cost: O(length).
    /// - Parameters:
    ///   - kind: what it has in common with others of its kind.
    ///   - line: without a line break; what would not show in it is shown as escapes.
    public func write(_ line: String, kind: String) {
        let time = now()
        let isFirst = state.withLockedValue { state -> Bool in
            if state.kinds.count >= Self.mostKinds, state.kinds[kind] == nil { state.kinds = [:] }
            var entry = state.kinds[kind] ?? Kind(since: time)
            if time - entry.since >= Self.period {
                if entry.suppressed > 0 { state.add("\(entry.suppressed) more lines like the next one were left out") }
                entry = Kind(since: time)
            }
            defer { state.kinds[kind] = entry }
            guard entry.written < Self.mostOfAKind else {
                entry.suppressed += 1
                return false
            }
            entry.written += 1
            let wasEmpty = state.waiting.isEmpty
            state.add(SingleLine.of(line, most: .max))
            return wasEmpty && !state.waiting.isEmpty
        }
        if isFirst { queue.async { [weak self] in self?.drain() } }
    }

    private func drain() {
        while true {
            let lines = state.withLockedValue { state -> [[UInt8]] in
                defer { state.waiting = [] }
                return state.waiting
            }
            guard !lines.isEmpty else { return }
            for line in lines {
                var sent = 0
                while sent < line.count {
                    let count = line.withUnsafeBytes {
                        Foundation.write(descriptor, $0.baseAddress! + sent, line.count - sent)
                    }
                    if count < 0, errno == EINTR { continue }
                    // Nothing can be said about a log that is closed.
                    guard count > 0 else { break }
                    sent += count
                }
                state.withLockedValue { state in
                    state.bytes -= line.count
                    guard state.dropped > 0, state.bytes < Self.mostWaiting / 2 else { return }
                    let dropped = state.dropped
                    state.dropped = 0
                    state.add("\(dropped) lines were dropped, because nobody read them")
                }
            }
        }
    }

    /// Waits until what waits is written, but no longer than some time: nobody may be there to read it.
    public func flush(atMost seconds: Double = 1) {
        let end = Date(timeIntervalSinceNow: seconds)
        while state.withLockedValue({ $0.bytes > 0 }), Date() < end { usleep(2000) }
    }
}

/// Gives lines to a `LogOutput`: time, level, label, metadata, message.
public struct LineLogHandler: LogHandler {
    private let label: String
    private let output: LogOutput
    public var metadata: Logger.Metadata = [:]

    public init(label: String, output: LogOutput) {
        self.label = label
        self.output = output
    }

    public var logLevel: Logger.Level {
        get { output.level }
        set { output.level = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value) " }.joined()
        let time = Date().formatted(.iso8601.time(includingFractionalSeconds: true))
        output.write(
            "\(time) \(event.level) \(label): \(pairs)\(event.message)",
            kind: "\(event.level) \(label) \(event.message)")
    }
}
