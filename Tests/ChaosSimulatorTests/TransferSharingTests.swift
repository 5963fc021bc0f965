import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSimulator

/// The shares that a tree of groups gives, against their definition.
struct TransferSharingTests {
    /// A tree of up to 12 groups, with flows below them, ascending.
    struct Flows {
        let instance: Instance
        let tree: CapacityTree
        let positions: [Int]
        /// For each flow its neighbour.
        let members: [Int]
        let bandwidths: [Int128]

        init(seed: UInt64, unit: Int128) throws {
            var random = SeededRandom(seed: seed)
            let isCoarse = random.once(in: 2)
            func bandwidth() -> Int { isCoarse ? random.int(1...40) : random.anyLength(upTo: ModelRange.mostBandwidth) }
            let groups = (0..<random.int(1...12)).map { g in
                CapacityGroup(id: "g\(g)", bandwidth: bandwidth(), parent: g == 0 ? nil : random.int(0...g - 1))
            }
            let neighbors = (0..<random.int(1...12)).map { i in
                Neighbor(id: "n\(i)", bandwidth: bandwidth(), group: random.int(0...groups.count - 1))
            }
            instance = try Instance(
                state: TrainingState(bytes: 1), shardSizes: [1], neighbors: neighbors, groups: groups)
            let (trees, places) = CapacityTree.trees(of: groups, unit: unit)
            tree = trees[0]
            members = neighbors.indices.sorted {
                (places[neighbors[$0].group!].position, $0) < (places[neighbors[$1].group!].position, $1)
            }
            positions = members.map { places[neighbors[$0].group!].position }
            bandwidths = members.map { Int128(neighbors[$0].bandwidth) * unit }
        }

        var rates: [Int128] { tree.fairRates(positions: positions, bandwidths: bandwidths) }

        /// The flows below group v of the tree.
        func below(_ v: Int) -> [Int] { positions.indices.filter { v <= positions[$0] && positions[$0] < tree.end[v] } }
    }

    @Test func noGroupPassesMoreThanItsCapacity() throws {
        for seed in 0..<1000 as Range<UInt64> {
            let flows = try Flows(seed: seed, unit: 1)
            let rates = flows.rates
            for (rate, bandwidth) in zip(rates, flows.bandwidths) { #expect(rate <= bandwidth) }
            for v in flows.tree.capacities.indices {
                #expect(flows.below(v).reduce(0) { $0 + rates[$1] } <= flows.tree.capacities[v], "seed \(seed)")
            }
        }
    }

    /// A flow that has less than its bandwidth is below a group that is full, but for what rounding leaves, and in which
    /// none has more: it could get more only from one that has no more than it.
    @Test func everyFlowHasABottleneck() throws {
        for seed in 0..<1000 as Range<UInt64> {
            let flows = try Flows(seed: seed, unit: 1)
            let rates = flows.rates
            for f in rates.indices where rates[f] < flows.bandwidths[f] {
                let isHeld = flows.tree.capacities.indices.contains { v in
                    let others = flows.below(v)
                    return others.contains(f) && others.allSatisfy { rates[$0] <= rates[f] }
                        && others.reduce(0) { $0 + rates[$1] } > flows.tree.capacities[v] - Int128(others.count)
                }
                #expect(isHeld, "seed \(seed), flow \(f) of \(rates)")
            }
        }
    }

    /// Progressive filling in rational numbers gives the same, to a few units.
    @Test func ratesAreThoseOfProgressiveFilling() throws {
        let unit = Int128(1) << 22
        for seed in 0..<300 as Range<UInt64> {
            let flows = try Flows(seed: seed, unit: unit)
            let exact = TransferOracle.fairRates(
                flows.instance, of: flows.members, weights: flows.members.map { _ in 1 })
            for (member, rate) in zip(flows.members, flows.rates) {
                let difference = exact[member]! * Rational(unit) - Rational(rate)
                #expect(difference.magnitude < Rational(flows.members.count), "seed \(seed): \(difference)")
            }
        }
    }

    @Test func forestIsCutIntoTrees() {
        let parents: [Int?] = [nil, 0, 4, 1, nil, 0]
        let groups = parents.enumerated().map { CapacityGroup(id: "\($0)", bandwidth: 10 + $0, parent: $1) }
        let (trees, places) = CapacityTree.trees(of: groups, unit: 2)
        #expect(
            trees == [
                CapacityTree(capacities: [20, 22, 26, 30], end: [4, 3, 3, 4]),
                CapacityTree(capacities: [28, 24], end: [2, 2]),
            ])
        #expect(places.map(\.tree) == [0, 0, 1, 0, 1, 0])
        #expect(places.map(\.position) == [0, 1, 1, 2, 0, 3])
    }
}
