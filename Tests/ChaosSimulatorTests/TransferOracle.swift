import ChaosModel

/// Max-min fair sharing in rational numbers of any size, by its definition. It shares nothing with the network under
/// test: rates are raised together until a constraint is met, and time is a fraction whatever its length.
struct TransferOracle {
    let instance: Instance
    let size: Int
    let counts: [Int]
    /// Of each neighbour: a flow has its weight times the level.
    let weights: [Int]

    init(_ instance: Instance, size: Int, counts: [Int], weights: [Int]? = nil) {
        self.instance = instance
        self.size = size
        self.counts = counts
        self.weights = weights ?? counts.map { _ in 1 }
    }

    /// Progressive filling: the rates of the given neighbours in bit/s.
    static func fairRates(_ instance: Instance, of active: [Int], weights: [Int]) -> [Int: Rational] {
        var rates: [Int: Rational] = [:]
        var rising = Set(active)
        func isBelow(_ i: Int, _ g: Int) -> Bool {
            var group = instance.neighbors[i].group
            while let current = group {
                if current == g { return true }
                group = instance.groups[current].parent
            }
            return false
        }
        let members = instance.groups.indices.map { g in active.filter { isBelow($0, g) } }
        while !rising.isEmpty {
            var level: Rational?
            var frozen: Set<Int> = []
            func meet(_ bound: Rational, _ flows: some Sequence<Int>) {
                if let least = level, bound > least { return }
                if level != bound { frozen = [] }
                level = bound
                frozen.formUnion(flows)
            }
            for i in rising { meet(Rational(instance.neighbors[i].bandwidth) / Rational(weights[i]), [i]) }
            for (g, group) in instance.groups.enumerated() {
                let open = members[g].filter(rising.contains)
                if open.isEmpty { continue }
                let used = members[g].compactMap { rates[$0] }.reduce(.zero, +)
                let weight = open.reduce(0) { $0 + weights[$1] }
                meet((Rational(group.bandwidth) - used) / Rational(weight), open)
            }
            for i in frozen { rates[i] = level! * Rational(weights[i]) }
            rising.subtract(frozen)
        }
        return rates
    }

    /// When each neighbour's last shard has arrived; 0 for none. Events are a few for each neighbour without overhead and
    /// for each shard with one.
    func finishes() -> [Rational] {
        var finishes = counts.map { _ in Rational.zero }
        var left = counts
        /// When the overhead under way ends.
        var waiting: [Int: Rational] = [:]
        /// The work that is left of a transmission under way, in ns at 1 bit/s.
        var sending: [Int: Rational] = [:]
        for (i, neighbor) in instance.neighbors.enumerated() where counts[i] > 0 {
            waiting[i] = Rational(neighbor.start + neighbor.overhead)
        }
        var now = Rational.zero
        while !waiting.isEmpty || !sending.isEmpty {
            let rates = Self.fairRates(instance, of: sending.keys.sorted(), weights: weights)
            let ends = sending.map { now + $1 / rates[$0]! }
            let next = (waiting.values + ends).min()!
            for (i, work) in sending { sending[i] = work - rates[i]! * (next - now) }
            now = next
            for (i, work) in sending where work == .zero {
                sending[i] = nil
                if instance.neighbors[i].overhead == 0 { left[i] = 0 } else { left[i] -= 1 }
                if left[i] == 0 {
                    finishes[i] = now
                } else {
                    waiting[i] = now + Rational(instance.neighbors[i].overhead)
                }
            }
            for (i, end) in waiting where end == now {
                waiting[i] = nil
                let items = instance.neighbors[i].overhead == 0 ? left[i] : 1
                sending[i] = Rational(items) * Rational(size) * Rational(ModelRange.bitNanosecondsPerByte)
            }
        }
        return finishes
    }
}
