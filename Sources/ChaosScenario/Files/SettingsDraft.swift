import ChaosDocuments
import ChaosProtocol

/// The key `settings` of a scenario file: what the nodes are set to, as far as it is not the default.
struct SettingsDraft {
    private var monitor = MonitorSettings()
    private var negotiation = NegotiationSettings()
    private var chunks: Int?
    private var stepRetry: Int?
    private var patience: Int?
    private var shardSizes: [Int]?

    mutating func read(_ fields: FieldReader) throws {
        let path = fields.json.currentPath
        func time(_ value: inout Int) throws {
            value = try fields.quantity(.time, in: 1...ScenarioRange.shortTime.upperBound) ?? value
        }
        try fields.object(SettingsField.self) { key in
            switch key {
            case .heartbeat: try time(&monitor.heartbeat)
            case .failureBound: try time(&monitor.failureBound)
            case .hello: try time(&negotiation.hello)
            case .retry: try time(&negotiation.retry)
            case .takeover: try time(&negotiation.takeover)
            case .longestTakeover: try time(&negotiation.longestTakeover)
            case .chunks: chunks = try fields.integer(in: 1...MessageLimits.chunks)
            case .stepRetry: stepRetry = try fields.quantity(.time, in: 1...ScenarioRange.shortTime.upperBound)
            case .patience: patience = try fields.quantity(.time, in: 1...ScenarioRange.shortTime.upperBound)
            case .shardSizes: shardSizes = try Self.readShardSizes(fields)
            }
        }
        if monitor.failureBound < monitor.heartbeat {
            fields.faults.add(
                "\(path).failure_bound", "\(monitor.failureBound) ns",
                allowed: "no less than heartbeat, \(monitor.heartbeat) ns")
        }
        if negotiation.longestTakeover < negotiation.takeover {
            fields.faults.add(
                "\(path).longest_takeover", "\(negotiation.longestTakeover) ns",
                allowed: "no less than takeover, \(negotiation.takeover) ns")
        }
    }

    /// A divisibility chain, each size at most what a message may carry.
    private static func readShardSizes(_ fields: FieldReader) throws -> [Int]? {
        let path = fields.json.currentPath
        var sizes: [Int] = []
        var isWhole = try fields.json.kind() == .array
        try fields.array("a list of sizes, as in [64 KiB, 1 MiB]") { _ in
            let path = fields.json.currentPath
            guard let size = try fields.quantity(.bytes, in: 1...MessageLimits.shardBytes) else {
                isWhole = false
                return
            }
            if let last = sizes.last, size <= last || size % last != 0 {
                fields.faults.add(path, "\(size)", allowed: "a multiple of the size before it, \(last)")
            }
            sizes.append(size)
        }
        if isWhole, sizes.isEmpty { fields.faults.add(path, "no size", allowed: "at least one") }
        return isWhole ? sizes : nil
    }

    /// - Precondition: the training is valid.
    func settings(of training: VirtualTraining, _ faults: inout FaultList) -> NodeSettings {
        var settings = NodeSettings(training)
        settings.monitor = monitor
        settings.negotiation = negotiation
        if let chunks { settings.reduction.chunks = chunks }
        if let stepRetry {
            settings.reduction.retry = stepRetry
            settings.reduction.longestRetry = max(stepRetry, settings.reduction.longestRetry)
        }
        if let patience { settings.reduction.patience = patience }
        if let shardSizes { settings.receiver.shardSizes = shardSizes }
        if let largest = settings.receiver.shardSizes.last, training.stateBytes > largest * MessageLimits.shards {
            faults.add(
                "training.state", "\(training.stateBytes) bytes",
                allowed: "at most \(MessageLimits.shards) shards of the largest size, \(largest) bytes")
        }
        return settings
    }
}
