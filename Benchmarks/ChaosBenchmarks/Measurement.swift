/// Times taken in one process, so that their ratios hold whatever the machine does to both.
struct Measurement {
    /// The median of the rounds, in seconds.
    let median: Double
    let fastest: Double

    /// Runs the bodies in turn, A B A B …, after one round that is not counted.
    static func inTurn(rounds: Int, _ bodies: [() -> Void]) -> [Measurement] {
        var times = [[Double]](repeating: [], count: bodies.count)
        for round in 0...rounds {
            for (k, body) in bodies.enumerated() {
                let duration = ContinuousClock().measure(body)
                if round > 0 { times[k].append(duration.seconds) }
            }
        }
        return times.map { list in
            let sorted = list.sorted()
            return Measurement(median: sorted[sorted.count / 2], fastest: sorted[0])
        }
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

/// Keeps a result alive, so that its computation is not optimised away.
@inline(never)
func keep<T>(_ value: T) {
    withExtendedLifetime(value) {}
}
