import ChaosModel
import ChaosProtocol
import ChaosTesting
import Testing

struct ReductionTreeTests {
    /// A view of up to six members and four learners over random links; measurements are few, so that ties are many.
    static func randomView(_ random: inout SeededRandom) -> View {
        let members = (1...random.int(1...6)).map { NodeID(UInt64($0)) }
        let learners = random.sample(random.int(0...4), below: 4).map {
            View.Learner(NodeID(UInt64($0) + 7), admitted: 1)
        }
        let nodes = members + learners.map(\.node)
        var links: [Link] = []
        for (i, a) in nodes.enumerated() {
            for b in nodes[..<i] where !random.once(in: 3) { links.append(Link(a, b)) }
        }
        var qualities: [Link: LinkQuality] = [:]
        for link in links {
            qualities[link] = LinkQuality(
                bandwidth: random.once(in: 4) ? nil : random.int(1...4),
                roundTrip: random.once(in: 4) ? nil : random.int(0...5))
        }
        return View(number: 1, members: members, learners: learners, links: links, qualities: qualities)
    }

    static func edges(_ tree: ReductionTree, of view: View) -> Set<Link> {
        Set(view.members.compactMap { node in tree.parent(of: node).map { Link(node, $0) } })
    }

    /// The distances from a node over some links, by relaxing them until nothing changes.
    static func distances(from root: NodeID, over links: Set<Link>, _ length: (Link) -> Int) -> [NodeID: Int] {
        var found = [root: 0]
        var changes = true
        while changes {
            changes = false
            for link in links {
                for (a, b) in [(link.a, link.b), (link.b, link.a)] {
                    guard let distance = found[a], found[b] ?? .max > distance + length(link) else { continue }
                    found[b] = distance + length(link)
                    changes = true
                }
            }
        }
        return found
    }

    /// Against all sets of links: of those that span the members, the tree is the best by its fastest links, ties by
    /// order; and of all roots it has the best.
    @Test func isTheBestOfAllTreesAndRoots() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<400 {
            let view = Self.randomView(&random)
            #expect(view.fault == nil)
            let tree = ReductionTree(view)
            let quality = Dictionary(uniqueKeysWithValues: zip(view.links, view.qualities))
            let candidates = view.links.filter { view.members.contains($0.a) && view.members.contains($0.b) }
                .sorted { (-(quality[$0]!.bandwidth ?? 0), $0) < (-(quality[$1]!.bandwidth ?? 0), $1) }
            // The first link weighs more than all others together.
            var best: (weight: Int, links: Set<Link>)?
            for bits in 0..<1 << candidates.count where bits.nonzeroBitCount == view.members.count - 1 {
                let chosen = candidates.indices.filter { bits >> $0 & 1 == 1 }
                let links = Set(chosen.map { candidates[$0] })
                guard Self.distances(from: 1, over: links, { _ in 1 }).count == view.members.count else { continue }
                let weight = chosen.reduce(0) { $0 + 1 << (candidates.count - $1) }
                if weight > best?.weight ?? -1 { best = (weight, links) }
            }
            #expect(tree.joinsAllMembers == (best != nil))
            guard let best else { continue }
            #expect(Self.edges(tree, of: view) == best.links)

            let greatest = candidates.compactMap { quality[$0]!.roundTrip }.max() ?? 0
            func depth(_ root: NodeID) -> Int {
                Self.distances(from: root, over: best.links) { quality[$0]!.roundTrip ?? greatest }.values.max()!
            }
            #expect(tree.root == view.members.min { (depth($0), $0) < (depth($1), $1) })
            #expect(tree.parent(of: tree.root) == nil)
        }
    }

    /// Between any two members the slowest link of the way is as fast as on the widest of all ways.
    @Test func everyWayIsAWidestWay() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<400 {
            let view = Self.randomView(&random)
            let tree = ReductionTree(view)
            guard tree.joinsAllMembers else { continue }
            let edges = Self.edges(tree, of: view)
            let bandwidth = Dictionary(uniqueKeysWithValues: zip(view.links, view.qualities.map { $0.bandwidth ?? 0 }))
            let inside = view.links.filter { view.members.contains($0.a) && view.members.contains($0.b) }
            for least in 0...4 {
                let wide = Set(inside.filter { bandwidth[$0]! >= least })
                for member in view.members {
                    let all = Self.distances(from: member, over: wide) { _ in 1 }
                    let kept = Self.distances(from: member, over: edges.intersection(wide)) { _ in 1 }
                    #expect(Set(all.keys) == Set(kept.keys))
                }
            }
        }
    }

    @Test func learnersHangAsHighAsTheyCanOverTheirBestLink() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<400 {
            let view = Self.randomView(&random)
            let tree = ReductionTree(view)
            let learners = view.learners.map(\.node)
            let bandwidth = Dictionary(uniqueKeysWithValues: zip(view.links, view.qualities.map { $0.bandwidth ?? 0 }))
            // Layers: members 0, learners by the number of links to the nearest member over learners.
            let outside = Set(view.links.filter { learners.contains($0.a) || learners.contains($0.b) })
            func layer(_ node: NodeID) -> Int? {
                view.members.contains(node)
                    ? 0
                    : view.members.compactMap { member in
                        let links = outside.filter {
                            [$0.a, $0.b].allSatisfy { learners.contains($0) || $0 == member }
                        }
                        return Self.distances(from: node, over: links) { _ in 1 }[member]
                    }.min()
            }
            for learner in learners {
                guard let height = layer(learner) else {
                    #expect(tree.parent(of: learner) == nil)
                    continue
                }
                let upwards = view.links.filter {
                    ($0.a == learner && layer($0.b) == height - 1) || ($0.b == learner && layer($0.a) == height - 1)
                }
                let best = upwards.min { (-bandwidth[$0]!, $0) < (-bandwidth[$1]!, $1) }!
                #expect(tree.parent(of: learner) == (best.a == learner ? best.b : best.a))
                #expect(tree.learnerChildren(of: tree.parent(of: learner)!).contains(learner))
                #expect(tree.memberChildren(of: learner) == [])
            }
            for node in view.members + learners {
                for child in tree.memberChildren(of: node) + tree.learnerChildren(of: node) {
                    #expect(tree.parent(of: child) == node)
                }
            }
        }
    }

    @Test func largeViewTakesItsTimeOnly() {
        let members = (1...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let links = zip(members, members.dropFirst()).map { Link($0, $1) }
        let slow = LinkQuality(bandwidth: 1, roundTrip: MessageLimits.greatestQuantity)
        let view = View(
            number: 1, members: members, links: links,
            qualities: Dictionary(uniqueKeysWithValues: links.map { ($0, slow) }))
        let tree = ReductionTree(view)
        #expect(tree.root == 2048)
        #expect(tree.joinsAllMembers)
    }
}
