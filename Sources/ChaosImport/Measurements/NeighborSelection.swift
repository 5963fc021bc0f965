import ChaosModel

/// A node that could be a neighbour, with the figures that a source gives.
struct Candidate: Sendable {
    let id: String
    /// bit/s.
    let bandwidth: Int
    /// One way, ns.
    let latency: Int
    /// ns; nil: the source has none.
    var roundTrip: Int?
    /// Figures from columns of the source, in base units.
    var columns: [NeighborFigure: Int] = [:]
}

/// Which candidates become neighbours. Equal figures: the name that comes first in the order of its bytes.
public enum NeighborSelection: String, Sendable, CaseIterable {
    /// Least latency.
    case nearest
    /// Greatest bandwidth.
    case fastest
    /// Least bandwidth.
    case slowest
    /// Drawn with the seed, each set equally likely.
    case random
    case all

    /// - Returns: the chosen ones in the order of their names, which is their order in the instance.
    func choose(_ count: Int?, of candidates: [Candidate], seed: UInt64) -> [Candidate] {
        let byName = candidates.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        let count = min(count ?? byName.count, byName.count)
        func best(_ precedes: (Candidate, Candidate) -> Bool) -> Set<Int> {
            let order = byName.indices.sorted { a, b in
                if precedes(byName[a], byName[b]) { return true }
                return !precedes(byName[b], byName[a]) && a < b
            }
            return Set(order.prefix(count))
        }
        let chosen: Set<Int>
        switch self {
        case .nearest: chosen = best { $0.latency < $1.latency }
        case .fastest: chosen = best { $0.bandwidth > $1.bandwidth }
        case .slowest: chosen = best { $0.bandwidth < $1.bandwidth }
        case .random:
            var random = SeededRandom(seed: seed)
            chosen = Set(random.sample(count, below: byName.count))
        case .all: return byName
        }
        return byName.indices.filter(chosen.contains).map { byName[$0] }
    }
}
