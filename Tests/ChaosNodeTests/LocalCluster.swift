import ChaosControl
import ChaosDocuments
import ChaosNode
import ChaosProtocol
import ChaosTesting
import Foundation
import Logging
import Testing

/// Nodes in this process, on loopback and on ports that the system chooses, with a folder of their own.
final class LocalCluster {
    let folder: String
    private(set) var nodes: [NodeID: (node: Node, endpoint: Endpoint)] = [:]
    private var ended: Set<NodeID> = []

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "chaos-node-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        // Those of a test that failed: a node that is let go of while it runs would end the process, and say nothing of why.
        for (id, node) in nodes where !ended.contains(id) {
            node.node.kill()
            _ = try? waitForEnd(id)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    static let digits = TrainerConfig.Perceptron(data: PackageRoot.url("Data/digits").path)

    func config(_ id: NodeID, founders: [NodeID], trainer: TrainerConfig, batch: Int = 100) -> NodeConfig {
        var config = NodeConfig(
            node: id, cluster: "test", listen: Endpoint(host: "127.0.0.1", port: 0), trainer: trainer, batch: batch)
        config.chunks = 4
        config.journal = journal(id)
        config.plans = folder + "/plans"
        config.experiments = true
        // On a busy machine silence says nothing; a node that is gone closes its connections.
        config.monitor.failureBound = 30_000_000_000
        config.monitor.disconnect = 30_000_000_000
        // A connection that is closed was refused, and not forgotten.
        config.introduction = 3_600_000_000_000
        if founders.contains(id) { config.founding = Self.founding(founders) }
        return config
    }

    static func founding(_ founders: [NodeID]) -> View {
        var links: [Link] = []
        for (i, a) in founders.enumerated() { for b in founders[(i + 1)...] { links.append(Link(a, b)) } }
        return View(number: 1, members: founders, links: links)
    }

    func journal(_ id: NodeID) -> String { "\(folder)/\(id).jsonl" }

    /// Starts a node.
    /// - Parameter linked: whether it is joined with all others that there are.
    @discardableResult
    func start(_ config: NodeConfig, linked: Bool = true) throws -> Node {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        if ProcessInfo.processInfo.environment["CHAOS_TEST_LOG"] != nil {
            logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
        }
        let node = try Node(config, logger: logger)
        let endpoint = try node.start()
        for (id, other) in nodes where linked && !ended.contains(id) { node.connect(to: id, at: other.endpoint) }
        nodes[config.node] = (node, endpoint)
        return node
    }

    subscript(_ id: NodeID) -> Node { nodes[id]!.node }

    func endpoint(_ id: NodeID) -> Endpoint { nodes[id]!.endpoint }

    /// Ends a node without a word.
    func kill(_ id: NodeID) throws {
        guard !ended.contains(id) else { return }
        self[id].kill()
        #expect(try waitForEnd(id) == .killed)
    }

    func leave(_ id: NodeID) throws -> Node.End {
        self[id].leave()
        return try waitForEnd(id)
    }

    func waitForEnd(_ id: NodeID) throws -> Node.End {
        ended.insert(id)
        return try self[id].waitForEnd()
    }

    func killAll() throws { for id in nodes.keys { try kill(id) } }

    /// Waits until it is so, at most a minute.
    func wait(_ what: String, until isSo: () throws -> Bool) throws {
        let end = ContinuousClock.now + .hanging
        while try !isSo() {
            guard ContinuousClock.now < end else {
                for (id, node) in nodes where !ended.contains(id) { print(id, try node.node.status()) }
                throw Timeout(what: what)
            }
            usleep(5000)
        }
    }

    struct Timeout: Error { let what: String }

    /// The members of the latest view of a node.
    /// Until a node has done more than five steps more.
    func waitForSteps(of id: NodeID) throws {
        let step = try self[id].status().step ?? 0
        try wait("steps of \(id)") { try self[id].status().step ?? 0 > step + 5 }
    }

    func members(_ id: NodeID) throws -> [NodeID] { try self[id].status().view?.members ?? [] }

    func entries(_ id: NodeID) throws -> [JournalEntry] {
        try DocumentIO.read(journal(id)).split(separator: 0x0A).map { try JournalEntry(line: $0) }
    }
}

/// What the journals of all nodes must show together.
struct JournalCheck {
    let entries: [NodeID: [JournalEntry]]

    init(_ cluster: LocalCluster) throws {
        var entries: [NodeID: [JournalEntry]] = [:]
        for id in cluster.nodes.keys { entries[id] = try cluster.entries(id) }
        self.entries = entries
    }

    /// - Parameter dead: nodes that ended in the midst, whose last step may have been done again by the others.
    func expectPromises(dead: Set<NodeID> = [], batch: Int, samples: Int) {
        var views: [Int: View] = [:]
        var states: [Int: Set<Digest>] = [:]
        var computed: [Int: [Int: [Range<Int>]]] = [:]
        var summed: [(view: Int, step: Int)] = []
        for (node, entries) in entries {
            var next: Int?
            let last = entries.compactMap { if case .applied(_, let step, _, _, _, _) = $0.event { step } else { nil } }
                .max()
            for entry in entries {
                switch entry.event {
                case .installed(let view): #expect(views.updateValue(view, forKey: view.number) ?? view == view)
                case .computed(let view, let step, let positions, _, _):
                    computed[step, default: [:]][view, default: []] += positions.ranges
                case .summed(let view, let step): summed.append((view, step))
                case .applied(_, let step, let digest, _, _, _):
                    if let next { #expect(step == next, "node \(node)") }
                    next = step + 1
                    if let digest, !(dead.contains(node) && step == last) { states[step, default: []].insert(digest) }
                case .forgot: next = nil
                case .refused(let peer, let fault): Issue.record("\(node) refused from \(peer): \(fault)")
                default: break
                }
            }
        }
        for (step, digests) in states { #expect(digests.count == 1, "step \(step)") }
        let perEpoch = (samples + batch - 1) / batch
        func isOnce(_ ranges: [Range<Int>], _ step: Int) -> Bool {
            let count = step % perEpoch == perEpoch - 1 ? samples - (perEpoch - 1) * batch : batch
            let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
            return sorted.first?.lowerBound == 0 && sorted.last?.upperBound == count
                && zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound }
        }
        for step in states.keys {
            #expect((computed[step] ?? [:]).values.contains { isOnce($0, step) }, "step \(step)")
        }
        for (view, step) in summed {
            #expect(isOnce(computed[step]?[view] ?? [], step), "step \(step) summed under view \(view)")
        }
    }

    func events(_ id: NodeID) -> [JournalEntry.Event] { entries[id]!.map(\.event) }
}
