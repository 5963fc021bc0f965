import ChaosProtocol

extension Scenario.Fault: CustomStringConvertible {
    public var description: String {
        func list(_ nodes: [NodeID]) -> String { nodes.map(\.description).joined(separator: " ") }
        return switch self {
        case .cut(let link): "cut \(link)"
        case .mend(let link): "mend \(link)"
        case .isolate(let nodes): "isolate \(list(nodes))"
        case .heal: "heal"
        case .crash(let node): "crash \(node)"
        case .join(let node, let links): "join \(node) with links to \(list(links))"
        case .leave(let node): "leave \(node)"
        case .calm: "calm"
        }
    }
}

extension Scenario: CustomStringConvertible {
    /// The scenario in lines: who is there, the network, what happens.
    public var description: String {
        func milliseconds(_ time: Int) -> String { "\(Double(time) / 1e6) ms" }
        var lines = [
            "seed \(seed), founders \(founders.map(\.description).joined(separator: " ")),"
                + " links \(links.map(\.description).joined(separator: " "))",
            "loss \(network.loss) ‰, duplication \(network.duplication) ‰,"
                + " delays \(milliseconds(network.leastDelay)) to \(milliseconds(network.mostDelay)),"
                + " failures noticed within \(milliseconds(network.failureBound)),"
                + " learners catch up within \(milliseconds(network.catchUp))",
            "hello \(milliseconds(settings.hello)), retry \(milliseconds(settings.retry)),"
                + " takeover \(milliseconds(settings.takeover))",
        ]
        lines += steps.map { "after \(milliseconds($0.delay)): \($0.fault)" }
        return lines.joined(separator: "\n")
    }
}
