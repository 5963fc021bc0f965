import ChaosProtocol

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
                + " links \(network.capacity.bandwidth) bit/s, \(training.samplesPerSecond) samples/s, batch \(training.batch)"
                + (settings.reduction.lost == .dropped ? ", lost samples are dropped" : ""),
        ]
        if isSigned { lines.append("what nodes say is signed") }
        if !dialable.isEmpty {
            let nodes = dialable.sorted().map(\.description).joined(separator: " ")
            lines.append("up to \(settings.negotiation.mostLinks) links by choice, to \(nodes)")
        }
        lines += steps.map(\.description)
        return lines.joined(separator: "\n")
    }
}
