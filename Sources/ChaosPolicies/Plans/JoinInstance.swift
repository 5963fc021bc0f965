import ChaosModel
import ChaosProtocol
import ChaosScenario

extension Scenario {
    /// What a joiner is to solve if it knows the links: those to its sources as the scenario has them, a round trip being two
    /// ways.
    /// - Parameters:
    ///   - bytes: of the state, or of what is missing of it.
    ///   - overhead: of each shard, in ns.
    /// - Throws: what is out of range.
    public func instance(
        joining node: NodeID, from sources: [NodeID], bytes: Int, shardSizes: [Int], overhead: Int = 0
    ) throws -> Instance {
        try Instance(
            state: TrainingState(bytes: bytes), shardSizes: shardSizes, joiner: "\(node)",
            neighbors: sources.map { source in
                let capacity = capacity(of: Link(node, source))
                return Neighbor(
                    id: "\(source)", bandwidth: capacity.bandwidth, latency: 2 * capacity.latency, overhead: overhead)
            })
    }
}
