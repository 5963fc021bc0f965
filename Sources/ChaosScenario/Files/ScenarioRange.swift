import ChaosDocuments
import ChaosModel
import ChaosProtocol

/// The ranges of a scenario file, beside those of the model. They keep every sum of times that the simulator makes far
/// from overflow, and a cluster within what a message can carry.
enum ScenarioRange {
    static let nodes = 1...MessageLimits.nodes
    static let nodeID = 1...1 << 53
    static let seed = 0...Int.max
    /// Latencies, the times of the protocol: up to an hour, in ns.
    static let shortTime = 0...3_600_000_000_000
    /// Of a message, in ns.
    static let jitter = 0...10_000_000_000
    /// Times of events, in ns.
    static let time = 0...ModelRange.mostNanoseconds
    static let bandwidth = 1...ModelRange.mostBandwidth
    static let bytes = 1...ModelRange.mostBytes
    static let count = 1...1 << 50
    static let perMille = 0...1000
    static let factor = 1...1000
    static let batch = 1...1_000_000
}

extension FieldReader {
    func node() throws -> NodeID? {
        try integer(in: ScenarioRange.nodeID).map { NodeID(UInt64($0)) }
    }

    /// Nodes in square brackets, each once; nil if one is refused.
    func nodes() throws -> [NodeID]? {
        guard try json.kind() == .array else {
            try refuse(allowed: "a list of nodes, as in [1, 2]")
            return nil
        }
        var nodes: [NodeID] = []
        var seen: Set<NodeID> = []
        var isWhole = true
        try json.array { _ in
            let path = json.currentPath
            guard let node = try node() else {
                isWhole = false
                return
            }
            nodes.append(node)
            if !seen.insert(node).inserted {
                faults.add(path, "node \(node) a second time", allowed: "each node once")
                isWhole = false
            }
        }
        return isWhole ? nodes : nil
    }

    /// The two ends of a link in square brackets; nil if they are refused.
    func link() throws -> Link? {
        let path = json.currentPath
        guard try json.kind() == .array else {
            try refuse(allowed: "the two ends of a link, as in [1, 2]")
            return nil
        }
        guard let ends = try nodes() else { return nil }
        guard ends.count == 2 else {
            faults.add(path, "\(ends.count) nodes", allowed: "the two ends of a link")
            return nil
        }
        return Link(ends[0], ends[1])
    }
}
