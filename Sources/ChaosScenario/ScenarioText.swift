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
        case .slow(let node, let factor): "slow \(node) down by \(factor)"
        case .crawl(let link, let factor): "let \(link) crawl by \(factor)"
        case .pause(let node, let time): "pause \(node) for \(Double(time) / 1e6) ms"
        case .lie(let node): "let \(node) lie"
        case .wait: "wait"
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
                + " closed links noticed within \(milliseconds(network.failureBound)),"
                + " \(network.silence) ‰ of them never",
            "hello \(milliseconds(settings.negotiation.hello)), retry \(milliseconds(settings.negotiation.retry)),"
                + " takeover \(milliseconds(settings.negotiation.takeover)),"
                + " silence noticed after \(milliseconds(settings.monitor.failureBound))",
            "state \(training.stateBytes) bytes, gradient \(training.gradientBytes) in \(settings.reduction.chunks) chunks,"
                + " links \(network.capacity.bandwidth) bit/s, \(training.samplesPerSecond) samples/s, batch \(training.batch)",
        ]
        lines += steps.map { "after \(milliseconds($0.delay)): \($0.fault)" }
        return lines.joined(separator: "\n")
    }
}
