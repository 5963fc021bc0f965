/// How fast a node works, and how much of its time.
///
/// Samples and times are summed up on their own, each sum losing an eighth with every step, so that the last eight
/// steps or so count and a long step counts for as much as it took. Exact up to the rounding of those eighths, which is
/// kept 2^16 below a sample.
struct WorkRate: Sendable {
    private static let scale = 16
    private static let mostSamples = 1 << 40
    /// A sum of which each step takes an eighth stays below eight times the greatest summand, up to the rounding.
    static let mostScaledSamples = 8 * (mostSamples << scale) + 7
    static let mostTime = 8 * MessageLimits.greatestQuantity + 7

    /// 2^16 for each.
    var samples = 0
    var computed = 0
    /// The times computed in the steps that `span` covers: all but the first.
    var busy = 0
    /// From one end of a step to the next.
    var span = 0
    /// When the last step ended; nil: none has.
    var last: Int?

    /// A step has ended.
    /// - Parameter time: how long this node computed in it, in nanoseconds.
    mutating func add(samples: Int, computeTime time: Int, at now: Int) {
        guard samples > 0, time > 0 else { return }
        let time = min(time, MessageLimits.greatestQuantity)
        self.samples += min(samples, Self.mostSamples) << Self.scale - self.samples / 8
        computed += time - computed / 8
        if let last {
            busy += time - busy / 8
            span += min(max(now - last, time), MessageLimits.greatestQuantity) - span / 8
        }
        last = now
    }

    /// Nil: no step yet.
    var samplesPerSecond: Int? {
        guard computed > 0 else { return nil }
        let rate = UInt128(samples) * 1_000_000_000 / (UInt128(computed) << UInt128(Self.scale))
        return min(max(Int(rate), 1), MessageLimits.greatestQuantity)
    }

    /// In thousandths; 0 when no step has ended for longer than the last ones took together.
    func load(at now: Int) -> Int {
        guard let last, span > 0, now - last <= span else { return 0 }
        return min(Int(UInt128(busy) * 1000 / UInt128(span)), 1000)
    }
}
