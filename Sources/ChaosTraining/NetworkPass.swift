#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Forward and backward pass of a multilayer perceptron, one sample at a time: hidden layers with ReLU, and the
/// cross-entropy of the softmax of the last layer.
///
/// Inner loops run along the outputs of a layer, which lie next to each other, and inputs that are 0 are passed over:
/// of the digits' pixels and of what ReLU lets through, that is half.
struct NetworkPass {
    private let shape: NetworkShape
    /// Where the outputs of each layer begin.
    private let starts: [Int]
    private let parameters: UnsafePointer<Float>
    /// The outputs of all layers, one after the other.
    private let outputs: UnsafeMutablePointer<Float>
    /// The derivatives of the loss by the inputs of the activations, in the same places.
    private let deltas: UnsafeMutablePointer<Float>

    /// Gives `body` a pass through the network with these parameters.
    static func with<Result>(
        _ shape: NetworkShape, _ parameters: UnsafePointer<Float>, _ body: (NetworkPass) -> Result
    ) -> Result {
        var starts = [0]
        for layer in shape.layers { starts.append(starts[starts.count - 1] + layer.outputs) }
        let units = starts[starts.count - 1]
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * units) { space in
            space.initialize(repeating: 0)
            let outputs = space.baseAddress!
            return body(
                NetworkPass(
                    shape: shape, starts: starts, parameters: parameters, outputs: outputs, deltas: outputs + units))
        }
    }

    /// Runs one sample through the network.
    /// - Parameter gradient: what the sample's gradient is added to; nil to leave it.
    func run(
        _ input: UnsafePointer<Float>, label: Int, gradient: UnsafeMutablePointer<Float>?, report: inout TrainingReport
    ) {
        forward(input)
        softmax(label, &report)
        if let gradient { backward(input, gradient) }
    }

    private func forward(_ input: UnsafePointer<Float>) {
        var x = input
        for (l, layer) in shape.layers.enumerated() {
            let y = outputs + starts[l]
            y.update(from: parameters + layer.biases, count: layer.outputs)
            var row = parameters + layer.weights
            for i in 0..<layer.inputs {
                if x[i] != 0 { addScaled(row, by: x[i], to: y, layer.outputs) }
                row += layer.outputs
            }
            if l < shape.layers.count - 1 {
                for j in 0..<layer.outputs where y[j] < 0 { y[j] = 0 }
            }
            x = UnsafePointer(y)
        }
    }

    /// The loss, and its derivative by the inputs of the softmax: probability less one for the label.
    private func softmax(_ label: Int, _ report: inout TrainingReport) {
        let last = shape.layers.count - 1
        let (z, delta, classes) = (outputs + starts[last], deltas + starts[last], shape.layers[last].outputs)
        var best = 0
        for j in 1..<max(classes, 1) where z[j] > z[best] { best = j }
        let greatest = z[best]
        var sum: Float = 0
        for j in 0..<classes {
            delta[j] = exponential(ofNonPositive: z[j] - greatest)
            sum += delta[j]
        }
        for j in 0..<classes { delta[j] /= sum }
        delta[label] -= 1
        report.samples += 1
        report.totalLoss += log(Double(sum)) - Double(z[label] - greatest)
        if best == label { report.correct += 1 }
    }

    private func backward(_ input: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
        for l in shape.layers.indices.reversed() {
            let layer = shape.layers[l]
            let delta = UnsafePointer(deltas + starts[l])
            let x = l == 0 ? input : UnsafePointer(outputs + starts[l - 1])
            addScaled(delta, by: 1, to: gradient + layer.biases, layer.outputs)
            for i in 0..<layer.inputs where x[i] != 0 {
                addScaled(delta, by: x[i], to: gradient + layer.weights + i * layer.outputs, layer.outputs)
            }
            guard l > 0 else { break }
            let before = deltas + starts[l - 1]
            for i in 0..<layer.inputs {
                // The derivative of ReLU, taken as 0 at 0.
                before[i] = x[i] == 0 ? 0 : dot(parameters + layer.weights + i * layer.outputs, delta, layer.outputs)
            }
        }
    }
}

/// y ← y + a · x.
@inline(__always)
private func addScaled(_ x: UnsafePointer<Float>, by a: Float, to y: UnsafeMutablePointer<Float>, _ count: Int) {
    for j in 0..<count { y[j] += a * x[j] }
}

/// The sum of products in four interleaved parts: a fixed order that a processor need not go through one by one.
@inline(__always)
private func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
    var (a, b, c, d): (Float, Float, Float, Float) = (0, 0, 0, 0)
    var j = 0
    while j + 4 <= count {
        a += x[j] * y[j]
        b += x[j + 1] * y[j + 1]
        c += x[j + 2] * y[j + 2]
        d += x[j + 3] * y[j + 3]
        j += 4
    }
    while j < count {
        a += x[j] * y[j]
        j += 1
    }
    return (a + b) + (c + d)
}
