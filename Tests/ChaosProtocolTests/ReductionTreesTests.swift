import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosProtocol

struct ReductionTreesTests {
    private static func mesh(_ count: Int, bandwidth: (Link) -> Int? = { _ in 1 }, roundTrip: Int = 2) -> View {
        let members = (1...count).map { NodeID(UInt64($0)) }
        let links = members.flatMap { a in members.filter { a < $0 }.map { Link(a, $0) } }
        let qualities = links.map { ($0, LinkQuality(bandwidth: bandwidth($0), roundTrip: roundTrip)) }
        return View(
            number: 1, members: members, links: links, qualities: Dictionary(uniqueKeysWithValues: qualities))
    }

    private static func settings(bytes: Int, chunks: Int = 16) -> ReductionSettings {
        ReductionSettings(samples: 8, batch: 8, chunks: chunks, gradientBytes: bytes)
    }

    /// Each tree joins all members over links of the view, and the first is that of the view.
    @Test func eachTreeSpans() {
        var random = SeededRandom(seed: 2)
        var several = 0
        for _ in 0..<400 {
            let view = ReductionTreeTests.randomView(&random)
            let trees = ReductionTree.trees(view, chunks: 5)
            #expect(trees[0] == ReductionTree(view))
            several += trees.count > 1 ? 1 : 0
            for tree in trees.dropFirst() {
                #expect(tree.joinsAllMembers)
                let edges = ReductionTreeTests.edges(tree, of: view)
                #expect(edges.count == view.members.count - 1 && edges.isSubset(of: view.links))
            }
        }
        #expect(several > 100)
    }

    /// On a mesh of equal links the trees are stars around all members in turn, and use all links alike.
    @Test(arguments: [3, 4, 5, 8]) func equalLinksAreUsedAlike(_ count: Int) {
        let view = Self.mesh(count)
        let trees = ReductionTree.trees(view, chunks: count)
        #expect(Set(trees.map(\.root)) == Set(view.members))
        var uses: [Link: Int] = [:]
        for link in trees.flatMap({ ReductionTreeTests.edges($0, of: view) }) { uses[link, default: 0] += 1 }
        #expect(uses.count == view.links.count && uses.values.allSatisfy { $0 == 2 })
    }

    /// What learners there are, and over what links, changes no tree of the members.
    @Test func learnersChangeNothing() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            let view = ReductionTreeTests.randomView(&random)
            let inner = zip(view.links, view.qualities).filter { view.isBetweenMembers($0.0) }
            let alone = View(
                number: 1, members: view.members, links: inner.map(\.0),
                qualities: Dictionary(uniqueKeysWithValues: inner.map { ($0.0, $0.1) }))
            let (one, other) = (ReductionTree.trees(view, chunks: 6), ReductionTree.trees(alone, chunks: 6))
            #expect(one.count == other.count)
            for (a, b) in zip(one, other) {
                #expect(ReductionTreeTests.edges(a, of: view) == ReductionTreeTests.edges(b, of: alone))
                #expect(a.root == b.root)
            }
        }
    }

    /// Several only where they promise to be twice as fast: for a large gradient, on a mesh that is large enough, with all
    /// links measured.
    @Test func severalOnlyWhereTheyPromiseMuch() {
        let large = Self.settings(bytes: 1 << 30)
        let fast = { (_: Link) -> Int? in 1_000_000_000 }
        #expect(ReductionTree.trees(Self.mesh(6, bandwidth: fast), large).count == 16)
        // Three times a part of the gradient, but the way is longer.
        let far = Self.mesh(6, bandwidth: fast, roundTrip: 100_000_000)
        #expect(ReductionTree.trees(far, large).count == 16)
        #expect(ReductionTree.trees(far, Self.settings(bytes: 1 << 20)).count == 1)
        #expect(ReductionTree.trees(far, Self.settings(bytes: 0)).count == 1)
        // Twice as fast and no more.
        #expect(ReductionTree.trees(Self.mesh(4, bandwidth: fast), large).count == 1)
        #expect(ReductionTree.trees(Self.mesh(6) { $0 == Link(2, 3) ? nil : 1000 }, large).count == 1)
        #expect(ReductionTree.trees(Self.mesh(6, bandwidth: fast), Self.settings(bytes: 1 << 30, chunks: 1)).count == 1)
    }

    /// A member that is a step ahead along another tree is not asked again for what it has sent.
    @Test func whatComesEarlyCounts() {
        let view = Self.mesh(3)
        var settings = Self.settings(bytes: 0, chunks: 3)
        settings.hasTreesAtAnyRate = true
        var node = Reduction(node: 2, applied: 0, settings: settings)
        _ = node.onView(view, at: 0)
        let times = ComputeTimes(least: 1, greatest: 1)
        let trees = ReductionTree.trees(view, settings)
        let chunk = trees.firstIndex { $0.root == 2 }!
        for child in [1, 3] as [NodeID] {
            let message = ReductionMessage.partial(view: 1, step: 0, chunk: chunk, times)
            // The view has not begun here.
            let actions = node.onMessage(message, from: child, at: 1)
            #expect(actions.contains(.engine(.keep(step: 0, chunk: chunk, from: child))))
            #expect(
                !node.onMessage(message, from: child, at: 1).contains(
                    .engine(.keep(step: 0, chunk: chunk, from: child))))
        }
        _ = node.onMessage(.begin(view: 1, step: 0), from: 1, at: 2)
        let actions = node.onGradient(view: 1, step: 0, computeTime: 1, at: 3)
        #expect(actions.contains(.engine(.sum(step: 0, chunk: chunk, of: [1, 3], isTotal: true))))
    }
}
