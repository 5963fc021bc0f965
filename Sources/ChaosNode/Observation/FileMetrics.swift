import ChaosDocuments
import CoreMetrics
import Dispatch
import Logging
import NIOConcurrencyHelpers

/// Writes metrics to a file every now and then, whole or not at all, a metric a line in the text form that Prometheus
/// reads. Counters are sums, gauges last values, timers and recorders a count and a sum.
final class FileMetrics: MetricsFactory, Sendable {
    private struct Key: Hashable, Comparable {
        let label: String
        let dimensions: String

        static func < (a: Key, b: Key) -> Bool { (a.label, a.dimensions) < (b.label, b.dimensions) }
    }

    private enum Kind: String { case counter, gauge, summary }

    private final class Value: Sendable, CounterHandler, RecorderHandler, TimerHandler, MeterHandler {
        let kind: Kind
        private let numbers = NIOLockedValueBox<(count: Int64, sum: Double, last: Double)>((0, 0, 0))

        init(_ kind: Kind) { self.kind = kind }

        func increment(by amount: Int64) { numbers.withLockedValue { $0.sum += Double(amount) } }
        func reset() { numbers.withLockedValue { $0 = (0, 0, 0) } }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) { numbers.withLockedValue { $0 = ($0.count + 1, $0.sum + value, value) } }
        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
        func set(_ value: Int64) { record(Double(value)) }
        func set(_ value: Double) { record(value) }
        func increment(by amount: Double) { numbers.withLockedValue { $0.last += amount } }
        func decrement(by amount: Double) { numbers.withLockedValue { $0.last -= amount } }

        func lines(_ label: String, _ dimensions: String) -> [String] {
            let (count, sum, last) = numbers.withLockedValue { $0 }
            switch kind {
            case .counter: return ["\(label)\(dimensions) \(sum)"]
            case .gauge: return ["\(label)\(dimensions) \(last)"]
            case .summary: return ["\(label)_count\(dimensions) \(count)", "\(label)_sum\(dimensions) \(sum)"]
            }
        }
    }

    private let path: String
    private let values = NIOLockedValueBox<[Key: Value]>([:])
    private let queue = DispatchQueue(label: "chaos.metrics")
    private let period: Int
    /// Whether the last writing failed: that is told once.
    private let isFailing = NIOLockedValueBox(false)
    private let logger = Logger(label: "metrics")

    /// - Parameter period: between two writings, in nanoseconds.
    init(_ path: String, period: Int) {
        self.path = path
        self.period = period
        writeLater()
    }

    private func writeLater() {
        queue.asyncAfter(deadline: .now() + .nanoseconds(period)) { [weak self] in
            self?.write()
            self?.writeLater()
        }
    }

    /// Returns when what there is now has been written.
    func writeNow() { queue.sync { write() } }

    private func write() {
        let all = values.withLockedValue { $0 }
        var lines: [String] = []
        var last = ""
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            if key.label != last { lines.append("# TYPE \(key.label) \(value.kind.rawValue)") }
            last = key.label
            lines += value.lines(key.label, key.dimensions)
        }
        var failure: String?
        do {
            try DocumentIO.write(lines.joined(separator: "\n") + "\n", to: path)
        } catch {
            // A full disk must not end the training.
            failure = "\(error)"
        }
        let isNews = isFailing.withLockedValue { isFailing in
            defer { isFailing = failure != nil }
            return failure != nil && !isFailing
        }
        if isNews, let failure { logger.error("the metrics cannot be written", metadata: ["error": "\(failure)"]) }
    }

    private func value(_ label: String, _ dimensions: [(String, String)], _ kind: Kind) -> Value {
        let list = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        let key = Key(label: label, dimensions: list.isEmpty ? "" : "{\(list)}")
        return values.withLockedValue { values in
            if let value = values[key] { return value }
            let value = Value(kind)
            values[key] = value
            return value
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        value(label, dimensions, .counter)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        value(label, dimensions, aggregate ? .summary : .gauge)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        value(label, dimensions, .gauge)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        value(label, dimensions, .summary)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
