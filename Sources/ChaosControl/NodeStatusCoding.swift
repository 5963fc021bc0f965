import ChaosDocuments
import ChaosModel
import ChaosProtocol

extension NodeStatus {
    func write(_ text: inout LineText) {
        text.field("node", node)
        text.field("cluster", cluster)
        text.field("institution", institution)
        text.records("institutions", institutions.sorted { $0.key < $1.key }) { text, entry in
            text.field("node", entry.key)
            text.field("institution", entry.value)
        }
        text.field("certificateExpiry", certificateExpiry)
        text.field("process", process)
        text.field("address", address)
        text.field("time", time)
        text.field("phase", phase.rawValue)
        text.field("reason", reason)
        text.field("uptime", uptime)
        text.field("checkpoint", checkpoint)
        text.field("trouble", trouble)
        text.field("view", view)
        text.field("isHalted", isHalted)
        text.field("step", step)
        text.field("loss", loss)
        text.field("testLoss", testLoss)
        text.field("testAccuracy", testAccuracy)
        text.field("stateDigest", stateDigest)
        text.field("stateDigestStep", stateDigestStep)
        text.field("idleTime", idleTime)
        text.field("slowness", slowness)
        text.field("lies", lies)
        text.records("links", links) { text, link in link.write(&text) }
        if let transfer { text.record("transfer", transfer.write) }
        text.field("snapshots", snapshots)
    }

    init(reading record: inout LineRecord) throws(InvalidInput) {
        self.init(
            node: try record.node("node"), cluster: try record.text("cluster"),
            process: try record.integer("process"), address: try record.text("address"),
            time: try record.integer("time"), phase: try record.name("phase"), view: try record.optionalView("view"),
            isHalted: try record.flag("isHalted"), step: try record.optionalInteger("step"),
            loss: try record.optionalNumber("loss"), testLoss: try record.optionalNumber("testLoss"),
            testAccuracy: try record.optionalNumber("testAccuracy"),
            stateDigest: try record.optionalDigest("stateDigest"), idleTime: try record.integer("idleTime"),
            slowness: try record.integer("slowness"), lies: try record.flag("lies"),
            links: try record.records("links", Link.init(reading:)),
            transfer: try record.optionalRecord("transfer", Transfer.init(reading:)),
            snapshots: try record.integers("snapshots"),
            stateDigestStep: try record.optionalInteger("stateDigestStep"),
            reason: try record.optionalText("reason"), uptime: try record.integer("uptime"),
            checkpoint: try record.optionalInteger("checkpoint"), trouble: try record.optionalText("trouble"),
            institution: try record.optionalText("institution"),
            institutions: Dictionary(
                try record.records("institutions") { (record) throws(InvalidInput) in
                    (try record.node("node"), try record.text("institution"))
                }
            ) { first, _ in first },
            certificateExpiry: try record.optionalInteger("certificateExpiry"))
    }
}

extension NodeStatus.Link {
    func write(_ text: inout LineText) {
        text.field("peer", peer)
        text.field("address", address)
        text.field("isUp", isUp)
        text.field("connections", connections)
        text.field("bandwidth", bandwidth)
        text.field("roundTrip", roundTrip)
        text.field("bytesSent", bytesSent)
        text.field("bytesReceived", bytesReceived)
        text.field("bytesQueued", bytesQueued)
        text.field("trouble", trouble)
        text.field("institution", institution)
    }

    init(reading record: inout LineRecord) throws(InvalidInput) {
        self.init(
            peer: try record.node("peer"), address: try record.optionalText("address"),
            isUp: try record.flag("isUp"), connections: try record.integer("connections"),
            bandwidth: try record.optionalInteger("bandwidth"), roundTrip: try record.optionalInteger("roundTrip"),
            bytesSent: try record.integer("bytesSent"), bytesReceived: try record.integer("bytesReceived"),
            bytesQueued: try record.integer("bytesQueued"), trouble: try record.optionalText("trouble"),
            institution: try record.optionalText("institution"))
    }
}

extension NodeStatus.Transfer {
    func write(_ text: inout LineText) {
        text.field("admitted", admitted)
        text.field("step", step)
        text.field("stateBytes", stateBytes)
        text.field("shardSize", shardSize)
        text.field("bytes", bytes)
        text.field("began", began)
        text.field("ended", ended)
        text.field("plannedMakespan", plannedMakespan)
        text.field("plansAnew", plansAnew)
        text.records("neighbors", neighbors) { text, neighbor in
            text.field("node", neighbor.node)
            text.field("plannedBytes", neighbor.plannedBytes)
            text.field("bytes", neighbor.bytes)
            text.field("plannedRate", neighbor.plannedRate)
            text.field("measuredRate", neighbor.measuredRate)
            text.field("plannedFinish", neighbor.plannedFinish)
            text.field("lastArrival", neighbor.lastArrival)
        }
    }

    init(reading record: inout LineRecord) throws(InvalidInput) {
        self.init(
            admitted: try record.integer("admitted"), step: try record.integer("step"),
            stateBytes: try record.integer("stateBytes"), shardSize: try record.integer("shardSize"),
            bytes: try record.integer("bytes"), began: try record.integer("began"),
            ended: try record.optionalInteger("ended"), plannedMakespan: try record.integer("plannedMakespan"),
            plansAnew: try record.integer("plansAnew"),
            neighbors: try record.records("neighbors") { (record) throws(InvalidInput) in
                Neighbor(
                    node: try record.node("node"), plannedBytes: try record.integer("plannedBytes"),
                    bytes: try record.integer("bytes"), plannedRate: try record.integer("plannedRate"),
                    measuredRate: try record.optionalInteger("measuredRate"),
                    plannedFinish: try record.integer("plannedFinish"),
                    lastArrival: try record.optionalInteger("lastArrival"))
            })
    }
}

extension NodeStatus.Transfer {
    /// The transfer as a line, with a line feed at its end: what a node writes beside the plan of a join.
    public var line: [UInt8] { LineText.line { write(&$0) } }

    /// - Throws: what is wrong with the line, with its path.
    public init(line: some Collection<UInt8>) throws(InvalidInput) {
        var record = try LineRecord(line: line, atMost: ControlResponse.mostBytes)
        try self.init(reading: &record)
        try record.end()
    }
}
