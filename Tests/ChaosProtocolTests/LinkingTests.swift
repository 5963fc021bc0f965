import ChaosModel
import Testing

@testable import ChaosProtocol

/// Links that a node makes by itself.
@Suite struct LinkingTests {
    /// A map in which node 1 is linked to 2, and 2 to all others up to `count`, who can be dialled.
    private static func map(_ count: UInt64, fast: NodeID? = nil) -> ClusterMap {
        let nodes = (1...count).map { NodeID($0) }
        var map = ClusterMap(node: 1, view: View(number: 1, members: nodes, links: []))
        let hub = nodes.filter { $0 != 2 }
        let qualities = Dictionary(
            uniqueKeysWithValues: hub.map { ($0, LinkQuality(bandwidth: $0 == fast ? 1000 : 10, roundTrip: nil)) })
        _ = map.learn(Report(node: 2, sequence: 1, neighbors: hub, qualities: qualities, wish: .stay, address: "n2:1"))
        for node in hub {
            _ = map.learn(Report(node: node, sequence: 1, neighbors: [2], wish: .stay, address: "n\(node):1"))
        }
        return map
    }

    @Test(arguments: [1, 2, 3, 8]) func asManyAsThereMayBe(most: Int) {
        var linking = Linking(most: most, patience: 100)
        let places = linking.choose(by: 1, linked: [2], in: Self.map(20), at: 0) ?? [:]
        #expect(places.count == most - 1 && !places.keys.contains(1) && !places.keys.contains(2))
        #expect(places.allSatisfy { $1 == "n\($0):1" })
        // Said once.
        do {
            let places = linking.choose(by: 1, linked: [2], in: Self.map(20), at: 1)
            #expect(places == nil)
        }
        #expect(linking.choices.values.count(where: \.isAtRandom) == min(2, most - 1))
    }

    @Test func nobodyWhereNobodyIsToBe() {
        var linking = Linking(most: 0, patience: 100)
        do {
            let places = linking.choose(by: 1, linked: [], in: Self.map(20), at: 0)
            #expect(places == nil)
        }
        var full = Linking(most: 8, patience: 100)
        do {
            let places = full.choose(by: 1, linked: (2...9).map { NodeID($0) }, in: Self.map(20), at: 0)
            #expect(places == nil)
        }
    }

    /// Beside two at random, the one that others measure most from.
    @Test func theFastestIsChosen() {
        for fast in [3, 9, 17, 20] as [NodeID] {
            var linking = Linking(most: 4, patience: 100)
            let places = linking.choose(by: 1, linked: [2], in: Self.map(20, fast: fast), at: 0) ?? [:]
            #expect(places.keys.contains(fast))
        }
    }

    /// Each node has others at random.
    @Test func chanceIsOfBoth() {
        let choices = (1...20 as ClosedRange<UInt64>).map { id -> Set<NodeID> in
            var linking = Linking(most: 2, patience: 100)
            let places = linking.choose(by: NodeID(id), linked: [], in: Self.map(20), at: 0)
            return Set(places?.keys.map { $0 } ?? [])
        }
        #expect(Set(choices).count > 15)
    }

    /// Who does not answer is dialled on and takes nobody's place; who is gone is not.
    @Test func walls() {
        var linking = Linking(most: 3, patience: 100)
        let map = Self.map(20)
        let first = linking.choose(by: 1, linked: [2], in: map, at: 0) ?? [:]
        let more = linking.choose(by: 1, linked: [2], in: map, at: 100) ?? [:]
        #expect(Set(more.keys).isSuperset(of: first.keys) && more.count == 4)
        for time in 2...50 { _ = linking.choose(by: 1, linked: [2], in: map, at: 100 * time) }
        #expect(linking.choices.keys.count == 12)
        var later = map
        later.follow(View(number: 2, members: [1, 2], links: [Link(1, 2)]))
        _ = later.learn(Report(node: 2, sequence: 2, neighbors: [1], wish: .stay, address: "n2:1"))
        later.follow(View(number: 3, members: [1, 2], links: [Link(1, 2)]))
        do {
            let places = linking.choose(by: 1, linked: [2], in: later, at: 6000)
            #expect(places == [:])
        }
    }

    /// What is looked for here is there where it is planted: then a node keeps to those that it cannot reach.
    @Test(arguments: [nil, PlantedDefect.wallTakesPlace]) func wallsOfAWholeNode(_ defect: PlantedDefect?) {
        var settings = NegotiationSettings()
        settings.mostLinks = 3
        var node = Negotiation(
            node: 1, founding: View(number: 1, members: [1, 2], links: [Link(1, 2)]), settings: settings,
            defect: defect)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        let others = (3...20).map { NodeID($0) }
        let hub = Report(node: 2, sequence: 1, neighbors: [1] + others, wish: .stay)
        let reports = others.map { Report(node: $0, sequence: 1, neighbors: [2], wish: .join, address: "n\($0):1") }
        _ = node.onMessage(.reports([hub] + reports), from: 2, at: 0)
        var chosen: [Int] = []
        for time in 1...120 {
            for case .dial(let places) in node.onWake(at: time * settings.hello) { chosen.append(places.count) }
        }
        #expect(chosen == (defect == nil ? [2, 4, 6] : [2]))
    }

    /// An address that has changed is dialled anew.
    @Test func whoMovesIsFound() {
        var linking = Linking(most: 2, patience: 100)
        var map = Self.map(3)
        do {
            let places = linking.choose(by: 1, linked: [2], in: map, at: 0)
            #expect(places == [3: "n3:1"])
        }
        _ = map.learn(Report(node: 3, sequence: 2, neighbors: [2], wish: .stay, address: "other:7"))
        do {
            let places = linking.choose(by: 1, linked: [2], in: map, at: 1)
            #expect(places == [3: "other:7"])
        }
    }
}
