import ChaosDocuments
import ChaosImport
import ChaosProtocol

/// Makes a scenario of a spot trace: each stay of a machine is a node.
///
/// The machines that are there first found the cluster; whoever comes later joins it with links to all that are there.
/// The clock begins with the first event of the trace.
public struct SpotReplay: Sendable {
    /// What becomes of a machine that is taken away.
    public enum Removal: String, Sendable, CaseIterable {
        /// It has been warned, as spot machines are, and leaves.
        case leave
        /// It is gone at once. Where half of the members or more go together, no quorum is left, and the others halt for
        /// good.
        case crash
    }

    /// How many times faster than the trace, 1 … 10^6.
    public var speed: Int
    /// How many nodes there are at most at one time, 1 … 4096: a machine beyond that is left out.
    public var mostNodes: Int
    public var removal: Removal

    public static let speeds = 1...1_000_000
    public static let nodes = 1...MessageLimits.nodes

    /// - Precondition: the values are in their ranges.
    public init(speed: Int = 60, mostNodes: Int = SpotReplay.nodes.upperBound, removal: Removal = .leave) {
        precondition(Self.speeds.contains(speed) && Self.nodes.contains(mostNodes), "beyond the ranges")
        self.speed = speed
        self.mostNodes = mostNodes
        self.removal = removal
    }

    /// What happens, in a scenario's words.
    public struct Outcome: Sendable, Equatable {
        public struct Event: Sendable, Equatable {
            /// ns from the first event of the trace, in the time of the scenario, whole milliseconds.
            public let time: Int
            public let node: Int
            /// The nodes that a joiner has links to; nil: it goes.
            public let joins: [Int]?

            public init(time: Int, node: Int, joins: [Int]?) {
                self.time = time
                self.node = node
                self.joins = joins
            }
        }

        public fileprivate(set) var founders: [Int] = []
        public fileprivate(set) var events: [Event] = []
        /// How many machines were left out because there were enough, and how many removals because nobody would have
        /// been left.
        public fileprivate(set) var surplus = 0
        public fileprivate(set) var stayed = 0
    }

    /// Cost: O(events · nodes).
    public func outcome(of trace: SpotTrace) throws(InvalidInput) -> Outcome {
        var outcome = Outcome()
        var present: [(machine: String, node: Int)] = []
        var count = 0
        let start = trace.events[0].time
        for event in trace.events {
            let time = (event.time - start) / speed / 1_000_000 * 1_000_000
            guard event.isAddition else {
                guard let place = present.firstIndex(where: { $0.machine == event.machine }) else { continue }
                guard present.count > 1 else {
                    outcome.stayed += 1
                    continue
                }
                outcome.events.append(.init(time: time, node: present.remove(at: place).node, joins: nil))
                continue
            }
            // What stayed on although it was removed may come again: it is there.
            if present.contains(where: { $0.machine == event.machine }) { continue }
            guard present.count < mostNodes else {
                outcome.surplus += 1
                continue
            }
            count += 1
            guard count <= Self.nodes.upperBound else {
                throw InvalidInput(
                    "line \(event.line)", "the machine \(count)",
                    allowed: "at most \(Self.nodes.upperBound) machines, those left out not counted")
            }
            if event.time == start, outcome.events.isEmpty {
                outcome.founders.append(count)
            } else {
                outcome.events.append(.init(time: time, node: count, joins: present.map(\.node)))
            }
            present.append((event.machine, count))
        }
        return outcome
    }

    /// The scenario as a file, which `Scenario(yaml:)` reads.
    /// - Parameters:
    ///   - trace: what came and went, and when.
    ///   - name: of the scenario.
    ///   - source: where the trace is from, in a line.
    public func yaml(of trace: SpotTrace, name: String, source: String) throws(InvalidInput) -> String {
        let outcome = try outcome(of: trace)
        let list = { (nodes: [Int]) in "[\(nodes.map(String.init).joined(separator: ", "))]" }
        var lines = [
            "# \(SingleLine.of(source)), \(speed) times as fast.",
            "# Left out: \(outcome.surplus) machines beyond \(mostNodes) at a time, \(outcome.stayed) removals of the last one.",
            "# Network and training: set by hand.",
            "format: chaos-scenario",
            "version: 1",
            "name: \(Self.quoted(name))",
            "until: \(Self.seconds((outcome.events.last?.time ?? 0) + 10_000_000_000))",
            "founders: \(list(outcome.founders))",
            "network: {links: mesh, bandwidth: 1 Gbit/s, latency: 1 ms}",
            "training: {state: 16 MiB, gradient: 4 MiB, samples: 50000, batch: 256, samples_per_second: 1000}",
            "events:" + (outcome.events.isEmpty ? " []" : ""),
        ]
        lines += outcome.events.map { event in
            let time = Self.seconds(event.time)
            guard let joins = event.joins else { return "  - {at: \(time), \(removal.rawValue): \(event.node)}" }
            return "  - {at: \(time), join: \(event.node), links: \(list(joins))}"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whole milliseconds, as seconds.
    private static func seconds(_ time: Int) -> String {
        let (whole, rest) = (time / 1_000_000_000, time / 1_000_000 % 1000)
        guard rest > 0 else { return "\(whole) s" }
        var decimals = String("\(1000 + rest)".dropFirst())
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(whole).\(decimals) s"
    }

    /// A text in the double quotes of YAML.
    private static func quoted(_ text: String) -> String {
        let line = SingleLine.of(text)
        return "\"" + line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
