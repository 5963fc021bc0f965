import ChaosDocuments
import ChaosProtocol

extension JournalEntry {
    /// - Throws: what is wrong with the line, with its path.
    public init(line: some Collection<UInt8>) throws(InvalidInput) {
        var record = try LineRecord(line: line, atMost: Self.mostBytes)
        time = try record.integer("time")
        node = try record.node("node")
        event = try Event(try record.name("event"), reading: &record)
        try record.end()
    }
}

extension JournalEntry.Event {
    fileprivate init(_ name: JournalName, reading record: inout LineRecord) throws(InvalidInput) {
        switch name {
        case .started: self = .started(try JournalEntry.Start(reading: &record))
        case .linkUp: self = .linkUp(peer: try record.node("peer"))
        case .linkDown: self = .linkDown(peer: try record.node("peer"))
        case .installed: self = .installed(try record.view("view"))
        case .identified:
            self = .identified(try record.node("peer"), institution: try record.text("institution"))
        case .epochBegun: self = .epochBegun(without: try record.nodes("without"))
        case .halted: self = .halted
        case .proceeded: self = .proceeded
        case .forgot: self = .forgot
        case .joining: self = .joining
        case .leaving: self = .leaving
        case .begun:
            self = .begun(
                view: try record.integer("view"), step: try record.integer("step"),
                digest: try record.optionalDigest("digest"))
        case .computed:
            self = .computed(
                view: try record.integer("view"), step: try record.integer("step"),
                positions: try record.positions("positions"), added: try record.positions("added"),
                computeTime: try record.integer("computeTime"))
        case .summed: self = .summed(view: try record.integer("view"), step: try record.integer("step"))
        case .applied:
            self = .applied(
                view: try record.integer("view"), step: try record.integer("step"),
                digest: try record.optionalDigest("digest"), loss: try record.optionalNumber("loss"),
                positions: try record.positions("positions"), idleTime: try record.integer("idleTime"))
        case .evaluated:
            self = .evaluated(
                step: try record.integer("step"), loss: try record.number("loss"),
                accuracy: try record.number("accuracy"))
        case .snapshotTaken: self = .snapshotTaken(step: try record.integer("step"))
        case .snapshotFreed: self = .snapshotFreed(step: try record.integer("step"))
        case .announced:
            self = .announced(
                learner: try record.node("learner"), admitted: try record.integer("admitted"),
                step: try record.integer("step"))
        case .slowed: self = .slowed(factor: try record.integer("factor"))
        case .lying: self = .lying(try record.flag("lies"))
        case .left: self = .left(isReleased: try record.flag("isReleased"))
        case .checkpointed:
            self = .checkpointed(step: try record.integer("step"), path: try record.text("path"))
        case .refused: self = .refused(from: try record.node("from"), fault: try record.text("fault"))
        case .offered, .withheld, .planned, .receiving, .pulled, .written, .replanned, .suspected, .abandoned, .news,
            .completed:
            try self.init(ofJoin: name, reading: &record)
        }
    }

    private init(ofJoin name: JournalName, reading record: inout LineRecord) throws(InvalidInput) {
        switch name {
        case .offered:
            self = .offered(
                by: try record.node("by"),
                Offer(
                    stateBytes: try record.integer("stateBytes"), bandwidth: try record.optionalInteger("bandwidth"),
                    latency: try record.optionalInteger("latency"), ready: try record.integer("ready"),
                    overhead: try record.integer("overhead"), limit: try record.optionalInteger("limit")))
        case .withheld: self = .withheld(by: try record.node("by"), try record.name("reason"))
        case .planned:
            self = .planned(
                shards: try record.integer("shards"), shardSize: try record.integer("shardSize"),
                makespan: try record.integer("makespan"))
        case .receiving:
            self = .receiving(
                admitted: try record.integer("admitted"), step: try record.integer("step"),
                stateBytes: try record.integer("stateBytes"), instance: try record.optionalText("instance"),
                plan: try record.optionalText("plan"))
        case .pulled:
            self = .pulled(
                step: try record.integer("step"), shardSize: try record.integer("shardSize"),
                shard: try record.integer("shard"), from: try record.node("from"))
        case .written:
            self = .written(
                step: try record.integer("step"), shardSize: try record.integer("shardSize"),
                shard: try record.integer("shard"), from: try record.node("from"))
        case .replanned:
            self = .replanned(
                shards: try record.integer("shards"), makespan: try record.integer("makespan"),
                instance: try record.optionalText("instance"), plan: try record.optionalText("plan"))
        case .suspected: self = .suspected(try record.node("peer"), reason: try record.text("reason"))
        case .abandoned: self = .abandoned(reason: try record.text("reason"))
        case .news: self = .news(try record.text("words"))
        default:
            self = .completed(
                admitted: try record.integer("admitted"), step: try record.integer("step"),
                digest: try record.optionalDigest("digest"))
        }
    }
}

extension LineRecord {
    mutating func positions(_ key: String) throws(InvalidInput) -> RangeSet<Int> {
        let bounds = try integers(key, 0...MessageLimits.greatestQuantity)
        guard let positions = RangeSet(bounds: bounds) else {
            throw fault(key, "\(bounds.prefix(8))", allowed: "begin and end of ranges in turn, ascending")
        }
        return positions
    }

    mutating func number(_ key: String) throws(InvalidInput) -> Double {
        guard let number = try optionalNumber(key) else {
            throw fault(key, "the key is missing", allowed: "this key")
        }
        return number
    }
}

extension JournalEntry.Start {
    fileprivate init(reading record: inout LineRecord) throws(InvalidInput) {
        self.init(
            wallClock: try record.integer("wallClock"), cluster: try record.text("cluster"),
            process: try record.integer("process"), trainer: try record.text("trainer"),
            stateBytes: try record.integer("stateBytes"), samples: try record.integer("samples"),
            batch: try record.integer("batch"), chunks: try record.integer("chunks"),
            lost: try record.name("lost"),
            founding: try record.optionalView("founding"))
    }
}
