import ChaosProtocol

/// What is otherwise when a scenario is played with real nodes on one machine, which has neither the memory nor the time
/// of a cluster.
public struct LabSettings: Hashable, Sendable {
    /// What the nodes train.
    public enum Training: String, Hashable, Sendable, CaseIterable {
        /// A perceptron on the digits data, for as fast as it goes.
        case digits
        /// A state, a gradient and times as the scenario says, in which nothing is learnt.
        case synthetic
        /// What a program of the user's trains, beside each node (Documentation/ENGINE.md).
        case engine
    }

    /// A variable of the environment of engines.
    public struct Variable: Hashable, Sendable {
        public let name: String
        public let value: String
        /// Of which nodes; nil: of all.
        public let nodes: [NodeID]?
    }

    public var training = Training.digits
    /// Units of the hidden layers of the perceptron.
    public var hidden = [32]
    /// The program that computes gradients, and its arguments, in which `{socket}` stands for the path of the node's socket.
    public var program: [String] = []
    public var environment: [Variable] = []
    /// How many steps engines do, before they end; nil: without end.
    public var steps: Int?
    /// These take the places of those of the scenario's training; the first three mean something to synthetic training only.
    public var stateBytes: Int?
    public var gradientBytes: Int?
    public var samples: Int?
    public var batch: Int?
    public var samplesPerSecond: Int?
    /// How the numbers of gradients go from node to node. In virtual time they are bytes, as many as the scenario says.
    public var wire = WireFormat.float32
    /// How many times faster the events come, 1 … 1000.
    public var speed = 1
    /// How many times less the links carry, 1 … 10^6.
    public var bandwidthDivisor = 1

    public init() {}
}

extension Scenario {
    /// The scenario with what its `lab` says put in place.
    public var inLab: Scenario {
        var scenario = self
        scenario.training.stateBytes = lab.stateBytes ?? training.stateBytes
        scenario.training.gradientBytes = lab.gradientBytes ?? training.gradientBytes
        scenario.training.samples = lab.samples ?? training.samples
        scenario.training.batch = min(lab.batch ?? training.batch, scenario.training.samples)
        scenario.training.samplesPerSecond = lab.samplesPerSecond ?? training.samplesPerSecond
        scenario.steps = steps.map { $0.hastened(by: lab.speed) }
        scenario.network.capacity.bandwidth = max(1, network.capacity.bandwidth / lab.bandwidthDivisor)
        for link in capacities.keys {
            scenario.capacities[link]!.bandwidth = max(1, capacities[link]!.bandwidth / lab.bandwidthDivisor)
        }
        return scenario
    }
}
