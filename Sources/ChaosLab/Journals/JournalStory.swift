import ChaosControl
import ChaosJudgement
import ChaosModel
import ChaosPage
import ChaosProtocol
import ChaosScenario

/// Tells the story of what nodes have written down, as the simulator tells its own.
struct JournalStory {
    /// What a joiner pulled, beside what a `Story.Join` has.
    struct Pull: Sendable {
        let node: NodeID
        /// From the beginning of the run, in nanoseconds.
        let began: Int
        let stateBytes: Int
        let instance: String?
        let plan: String?
        /// The neighbours that each shard was asked of.
        var asked: [Int: Set<NodeID>] = [:]
        var shardSize = 0
        /// Bytes that were asked of more than one neighbour, once for each beyond the first.
        var bytesTwice = 0
        var complete: Int?
        /// What came from each neighbour, and when the last of it, from the beginning of the run.
        var bytes: [NodeID: Int] = [:]
        var lastArrival: [NodeID: Int] = [:]
    }

    /// What became of training.
    struct Progress: Sendable {
        var steps: [NodeID: Int] = [:]
        var idle: [NodeID: Int] = [:]
        /// The last loss that each node wrote, and the last step.
        var loss: Double?
        var step = 0
        /// The latest evaluation, by step.
        var evaluated: (step: Int, loss: Double, accuracy: Double)?
    }

    private let teller: StoryTeller
    private let show: @Sendable (PageEvent) -> Void
    private let origin: Int
    /// The instance and plan of each join that will be received, in their order.
    private var files: [NodeID: [(instance: String, plan: String)]] = [:]
    /// By node, of the transfer at hand.
    private var open: [NodeID: Pull] = [:]
    private var started: Set<NodeID> = []
    /// As the others know each node.
    private var institutions: [NodeID: String] = [:]
    private(set) var pulls: [Pull] = []
    private(set) var progress = Progress()

    /// - Parameters:
    ///   - entries: all that will be told.
    ///   - origin: the time that the story begins with.
    ///   - show: told what a page shows, in the order of time.
    init(of entries: [JournalEntry], origin: Int, show: @escaping @Sendable (PageEvent) -> Void) {
        self.origin = origin
        self.show = show
        teller = StoryTeller(show: show)
        for entry in entries {
            guard case .receiving(_, _, _, let instance?, let plan?) = entry.event else { continue }
            files[entry.node, default: []].append((instance, plan))
        }
    }

    mutating func note(_ event: Scenario.Event, at time: Int) {
        // That it leaves, a node has known since its own word for it.
        if case .isToEnd = event.presence { return mark(event.description, nil, at: time, .event) }
        teller.note(.event(event), at: time - origin)
    }

    mutating func mark(_ text: String, _ node: NodeID?, at time: Int, _ kind: Story.Mark.Kind = .news) {
        teller.mark(text, node, at: time - origin, kind)
    }

    mutating func end(_ node: NodeID, at time: Int) { teller.end(node, at: time - origin) }

    mutating func note(_ entry: JournalEntry) {
        let (node, time) = (entry.node, entry.time - origin)
        func act(_ action: ClusterNode.Action) { teller.note(.action(node, action), at: time) }
        func show(_ event: PageEvent.Event) { self.show(PageEvent(event, at: max(0, time))) }
        switch entry.event {
        case .linkUp(let peer): act(.link(to: peer, isUp: true))
        case .linkDown(let peer): act(.link(to: peer, isUp: false))
        case .installed(let view): act(.install(view))
        case .identified(let peer, let institution):
            if institutions.updateValue(institution, forKey: peer) != institution {
                show(.institution(peer, institution))
            }
        case .epochBegun(let gone):
            teller.mark("goes on without \(gone.map(\.description).joined(separator: " "))", node, at: time, .event)
        case .halted: act(.halt)
        case .proceeded: act(.proceed)
        case .begun(let view, let step, _): act(.engine(.begun(view: view, step: step)))
        case .computed(let view, let step, _, let added, _):
            act(.engine(.compute(view: view, step: step, positions: added, isAdded: true)))
        case .applied(_, let step, _, let loss, _, let idle):
            progress.steps[node, default: 0] += 1
            progress.idle[node] = idle
            show(.idle(node, idle))
            guard step >= progress.step else { break }
            (progress.step, progress.loss) = (step + 1, loss ?? progress.loss)
            if let loss { show(.loss(step: step, loss)) }
        case .evaluated(let step, let loss, let accuracy):
            guard step >= progress.evaluated?.step ?? 0 else { break }
            progress.evaluated = (step, loss, accuracy)
            show(.evaluated(step: step, loss: loss, accuracy: accuracy))
        case .planned(let shards, let size, let makespan): plan(node, shards, size, makespan, time)
        case .receiving(_, let step, let bytes, let instance, let plan):
            if instance != nil, plan != nil { files[node]?.removeFirst() }
            close(node)
            open[node] = Pull(node: node, began: time, stateBytes: bytes, instance: instance, plan: plan)
            act(.engine(.makeRoom(step: step, stateBytes: bytes)))
        case .pulled(_, let size, let shard, let source): pull(shard, size, from: source, by: node)
        case .written(let step, let size, let shard, let source):
            let bytes = min(size, max(0, (open[node]?.stateBytes ?? 0) - shard * size))
            open[node]?.bytes[source, default: 0] += bytes
            open[node]?.lastArrival[source] = time
            teller.note(
                .delivered(
                    .replication(.shard(step: step, shardSize: size, shard: shard)), bytes: bytes, from: source,
                    to: node), at: time)
        case .replanned(let shards, let makespan, _, _):
            teller.noteReplanned(
                of: node, "replanned: \(shards) shards in \(ExactTime(nanoseconds: Int128(makespan)).readable)",
                at: time)
        case .suspected(let neighbor, let reason):
            teller.mark("suspects \(neighbor): \(reason)", node, at: time, .trouble)
        case .abandoned(let reason):
            close(node)
            teller.noteAbandonment(of: node, "abandons the attempt: \(reason)", at: time)
        case .completed(_, let step, _):
            open[node]?.complete = time
            close(node)
            act(.engine(.complete(step: step)))
        case .left(true): act(.released)
        case .left(false): teller.end(node, at: time)
        case .leaving: teller.leave(node, at: time)
        case .refused(let peer, let fault): teller.mark("refused from \(peer): \(fault)", node, at: time, .trouble)
        // A plan that was refused, nobody who serves: what the simulator's story has too.
        case .news(let text): teller.mark(text, node, at: time, .trouble)
        case .started, .summed, .forgot, .snapshotTaken, .snapshotFreed, .announced, .joining, .offered,
            .withheld, .checkpointed, .slowed, .lying:
            break
        }
    }

    private mutating func plan(_ node: NodeID, _ shards: Int, _ size: Int, _ makespan: Int, _ time: Int) {
        // A plan for which nobody was admitted has no transfer and no file.
        if let (instance, plan) = files[node]?.first, let instance = try? Instance(contentsOf: instance),
            let plan = try? Plan(contentsOf: plan)
        {
            return teller.note(.action(node, .tell(.solved(instance, plan))), at: time)
        }
        let planned = ExactTime(nanoseconds: Int128(makespan)).readable
        teller.mark("solved: \(shards) shards of \(size) bytes in \(planned)", node, at: time, .plan)
    }

    private mutating func pull(_ shard: Int, _ size: Int, from source: NodeID, by node: NodeID) {
        guard var pull = open.removeValue(forKey: node) else { return }
        pull.shardSize = size
        let isNew = pull.asked[shard, default: []].insert(source).inserted
        if isNew, pull.asked[shard]!.count > 1 { pull.bytesTwice += min(size, max(0, pull.stateBytes - shard * size)) }
        open[node] = pull
    }

    private mutating func close(_ node: NodeID) {
        if let pull = open.removeValue(forKey: node) { pulls.append(pull) }
    }

    /// - Parameter traffic: bytes that each node sent and received, as far as it is known.
    mutating func finish(
        _ nodes: [NodeID], traffic: [NodeID: (sent: Int, received: Int)], _ outcome: RunOutcome
    ) -> Story {
        for node in open.keys.sorted() { close(node) }
        return teller.finish(
            nodes.map { node in
                Story.Account(
                    node: node, institution: institutions[node], steps: progress.steps[node] ?? 0,
                    idle: progress.idle[node] ?? 0,
                    sent: traffic[node]?.sent ?? 0, received: traffic[node]?.received ?? 0)
            }, outcome)
    }
}
