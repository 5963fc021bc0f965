import ChaosDocuments

/// The layers of a multilayer perceptron, and where their parameters lie.
///
/// The parameters of layer l with m inputs and n outputs are its weights, m rows of n numbers, row i being what input i
/// goes into, and then its n biases. The layers follow each other without a gap.
struct NetworkShape: Sendable, Equatable {
    /// One layer: the places of its first weight and its first bias.
    struct Layer: Sendable, Equatable {
        let inputs: Int
        let outputs: Int
        let weights: Int
        var biases: Int { weights + inputs * outputs }
        var end: Int { biases + outputs }
    }

    static let mostLayers = 64
    static let mostUnits = 1 << 16
    static let mostParameters = 1 << 28

    let layers: [Layer]

    /// The number of parameters.
    var parameters: Int { layers[layers.count - 1].end }
    /// Inputs, hidden units and classes, as in 64-32-10.
    var units: [Int] { [layers[0].inputs] + layers.map(\.outputs) }

    /// - Parameter units: inputs, hidden units, classes; at least two numbers.
    init(units: [Int]) throws(InvalidInput) {
        guard (2...Self.mostLayers + 1).contains(units.count) else {
            throw InvalidInput("layers", "\(units.count - 1) layers", allowed: "1 … \(Self.mostLayers)")
        }
        for (k, count) in units.enumerated() where !(1...Self.mostUnits).contains(count) {
            throw InvalidInput("layers[\(k)]", "\(count) units", allowed: "1 … \(Self.mostUnits)")
        }
        var layers: [Layer] = []
        for (inputs, outputs) in zip(units, units.dropFirst()) {
            layers.append(Layer(inputs: inputs, outputs: outputs, weights: layers.last?.end ?? 0))
        }
        self.layers = layers
        guard parameters <= Self.mostParameters else {
            throw InvalidInput("layers", "\(parameters) parameters", allowed: "at most \(Self.mostParameters)")
        }
    }
}
