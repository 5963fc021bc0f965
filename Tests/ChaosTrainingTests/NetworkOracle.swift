import Foundation

/// A multilayer perceptron in Float64, written from the textbook: the losses whose differences are the gradient.
struct NetworkOracle {
    /// Inputs, hidden units, classes.
    let units: [Int]

    /// Σ of −log softmax(z)[label] over the rows.
    func totalLoss(_ parameters: [Double], rows: [[Double]], labels: [Int]) -> Double {
        zip(rows, labels).reduce(0) { sum, sample in
            let z = output(parameters, sample.0)
            return sum + Foundation.log(z.reduce(0) { $0 + exp($1) }) - z[sample.1]
        }
    }

    private func output(_ parameters: [Double], _ row: [Double]) -> [Double] {
        var (x, rest) = (row, parameters[...])
        for (l, (m, n)) in zip(units, units.dropFirst()).enumerated() {
            let (weights, biases) = (Array(rest.prefix(m * n)), Array(rest.dropFirst(m * n).prefix(n)))
            rest = rest.dropFirst(m * n + n)
            x = (0..<n).map { j in (0..<m).reduce(biases[j]) { $0 + x[$1] * weights[$1 * n + j] } }
            if l < units.count - 2 { x = x.map { max($0, 0) } }
        }
        return x
    }

    /// Central differences.
    func gradient(_ parameters: [Double], rows: [[Double]], labels: [Int]) -> [Double] {
        let h = 1e-6
        return parameters.indices.map { i in
            var (above, below) = (parameters, parameters)
            above[i] += h
            below[i] -= h
            return (totalLoss(above, rows: rows, labels: labels) - totalLoss(below, rows: rows, labels: labels))
                / (2 * h)
        }
    }
}
