import ChaosProtocol
import ChaosScenario

extension Scenario {
    /// The shortest scenario found that still fails: steps, nodes, links and the network's faults are taken away as long
    /// as the failure stays.
    /// - Parameter fails: asked a few hundred times as a rule, at most `mostRuns` times.
    public func shrunk(mostRuns: Int = 2000, while fails: (Scenario) -> Bool) -> Scenario {
        var best = self
        var runs = 0
        var progress = true
        while progress {
            progress = false
            for candidate in best.smaller where candidate != best {
                runs += 1
                guard runs <= mostRuns else { return best }
                guard fails(candidate) else { continue }
                best = candidate
                progress = true
                break
            }
        }
        return best
    }

    /// Scenarios with a little less, the boldest first.
    private var smaller: [Scenario] {
        var list: [Scenario] = []
        func add(_ change: (inout Scenario) -> Void) {
            var copy = self
            change(&copy)
            list.append(copy)
        }
        for size in [8, 4, 2, 1] where size <= steps.count {
            for start in stride(from: steps.count - size, through: 0, by: -size) {
                add { $0.steps.removeSubrange(start..<start + size) }
            }
        }
        for node in founders where founders.count > 1 {
            let without = removing(node)
            if without.isConnected { list.append(without) }
        }
        for link in links {
            var without = self
            without.links.removeAll { $0 == link }
            if without.isConnected { list.append(without) }
        }
        add { $0.network.loss = 0 }
        add { $0.network.duplication = 0 }
        add { $0.network.mostDelay = $0.network.leastDelay }
        add { $0.network.leastDelay = 0 }
        add { $0.network.silence = 0 }
        add { $0.settings.reduction.chunks = 1 }
        add { $0.capacities = [:] }
        add { $0.network.failureBound = 1_000_000 }
        for i in steps.indices where steps[i].delay > 0 { add { $0.steps[i].delay = 0 } }
        return list
    }

    private func removing(_ node: NodeID) -> Scenario {
        var copy = self
        copy.founders.removeAll { $0 == node }
        copy.links.removeAll { $0.a == node || $0.b == node }
        copy.steps = steps.compactMap { $0.replacingEvent { $0.without(node) } }
        return copy
    }

    private var isConnected: Bool {
        var network = NetworkState()
        for node in founders { network.start(node) }
        for link in links { _ = network.mend(link) }
        return network.components.count == 1
    }
}
