import ChaosProtocol

/// What each kind of entry is called in a line.
enum JournalName: String, CaseIterable {
    case started, linkUp, linkDown, installed, identified, epochBegun, halted, proceeded, begun, computed, summed,
        applied, evaluated, forgot
    case snapshotTaken, snapshotFreed, announced, joining, offered, withheld, planned, receiving, pulled, written
    case replanned, suspected, abandoned, news, completed, refused, checkpointed, slowed, lying, leaving, left
}

extension JournalEntry {
    /// The entry as a line, with a line feed at its end.
    public var line: [UInt8] {
        LineText.line { text in
            text.field("time", time)
            text.field("node", node)
            text.field("event", event.name.rawValue)
            event.write(&text)
        }
    }
}

extension JournalEntry.Event {
    var name: JournalName {
        switch self {
        case .started: .started
        case .linkUp: .linkUp
        case .linkDown: .linkDown
        case .installed: .installed
        case .identified: .identified
        case .epochBegun: .epochBegun
        case .halted: .halted
        case .proceeded: .proceeded
        case .begun: .begun
        case .computed: .computed
        case .summed: .summed
        case .applied: .applied
        case .evaluated: .evaluated
        case .forgot: .forgot
        case .snapshotTaken: .snapshotTaken
        case .snapshotFreed: .snapshotFreed
        case .announced: .announced
        case .joining: .joining
        case .offered: .offered
        case .withheld: .withheld
        case .planned: .planned
        case .receiving: .receiving
        case .pulled: .pulled
        case .written: .written
        case .replanned: .replanned
        case .suspected: .suspected
        case .abandoned: .abandoned
        case .news: .news
        case .completed: .completed
        case .refused: .refused
        case .checkpointed: .checkpointed
        case .slowed: .slowed
        case .lying: .lying
        case .leaving: .leaving
        case .left: .left
        }
    }

    func write(_ text: inout LineText) {
        switch self {
        case .started(let start): start.write(&text)
        case .linkUp(let peer), .linkDown(let peer): text.field("peer", peer)
        case .installed(let view): text.field("view", view)
        case .identified(let node, let institution):
            text.field("peer", node)
            text.field("institution", institution)
        case .epochBegun(let gone): text.field("without", gone)
        case .halted, .proceeded, .forgot, .joining, .leaving: break
        case .begun(let view, let step, let digest):
            text.field("view", view)
            text.field("step", step)
            text.field("digest", digest)
        case .computed(let view, let step, let positions, let added, let time):
            text.field("view", view)
            text.field("step", step)
            text.field("positions", positions)
            text.field("added", added)
            text.field("computeTime", time)
        case .summed(let view, let step):
            text.field("view", view)
            text.field("step", step)
        case .applied(let view, let step, let digest, let loss, let positions, let idle):
            text.field("view", view)
            text.field("step", step)
            text.field("digest", digest)
            text.field("loss", loss)
            text.field("positions", positions)
            text.field("idleTime", idle)
        case .evaluated(let step, let loss, let accuracy):
            text.field("step", step)
            text.field("loss", loss)
            text.field("accuracy", accuracy)
        case .snapshotTaken(let step), .snapshotFreed(let step): text.field("step", step)
        case .announced(let learner, let admitted, let step):
            text.field("learner", learner)
            text.field("admitted", admitted)
            text.field("step", step)
        case .slowed(let factor): text.field("factor", factor)
        case .lying(let lies): text.field("lies", lies)
        case .left(let isReleased): text.field("isReleased", isReleased)
        case .checkpointed(let step, let path):
            text.field("step", step)
            text.field("path", path)
        case .refused(let peer, let fault):
            text.field("from", peer)
            text.field("fault", fault)
        default: writeJoin(&text)
        }
    }

    /// What concerns a join.
    private func writeJoin(_ text: inout LineText) {
        switch self {
        case .offered(let peer, let offer):
            text.field("by", peer)
            text.field("stateBytes", offer.stateBytes)
            text.field("bandwidth", offer.bandwidth)
            text.field("latency", offer.latency)
            text.field("ready", offer.ready)
            text.field("overhead", offer.overhead)
            text.field("limit", offer.limit)
        case .withheld(let peer, let refusal):
            text.field("by", peer)
            text.field("reason", refusal.rawValue)
        case .planned(let shards, let size, let makespan):
            text.field("shards", shards)
            text.field("shardSize", size)
            text.field("makespan", makespan)
        case .receiving(let admitted, let step, let bytes, let instance, let plan):
            text.field("admitted", admitted)
            text.field("step", step)
            text.field("stateBytes", bytes)
            text.field("instance", instance)
            text.field("plan", plan)
        case .pulled(let step, let size, let shard, let peer), .written(let step, let size, let shard, let peer):
            text.field("step", step)
            text.field("shardSize", size)
            text.field("shard", shard)
            text.field("from", peer)
        case .replanned(let shards, let makespan, let instance, let plan):
            text.field("shards", shards)
            text.field("makespan", makespan)
            text.field("instance", instance)
            text.field("plan", plan)
        case .suspected(let peer, let reason):
            text.field("peer", peer)
            text.field("reason", reason)
        case .abandoned(let reason): text.field("reason", reason)
        case .news(let words): text.field("words", words)
        case .completed(let admitted, let step, let digest):
            text.field("admitted", admitted)
            text.field("step", step)
            text.field("digest", digest)
        default: break
        }
    }
}

extension LineText {
    /// Positions of a step: where ranges of them begin and end, in turn.
    mutating func field(_ key: String, _ positions: RangeSet<Int>) { field(key, positions.bounds) }
}

extension JournalEntry.Start {
    func write(_ text: inout LineText) {
        text.field("wallClock", wallClock)
        text.field("cluster", cluster)
        text.field("process", process)
        text.field("trainer", trainer)
        text.field("stateBytes", stateBytes)
        text.field("samples", samples)
        text.field("batch", batch)
        text.field("chunks", chunks)
        text.field("lost", lost.rawValue)
        text.field("founding", founding)
    }
}
