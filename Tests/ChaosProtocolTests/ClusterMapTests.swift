import ChaosModel
import Testing

@testable import ChaosProtocol

struct ClusterMapTests {
    /// Random reports in random order, old ones and links that only one end knows of among them; now and then the view
    /// that follows is installed. After each the map says the same as if it had been made anew.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func saysWhatTheReportsSay(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = random.int(2...9)
        // Ids at both ends of their range.
        let ids = (1...count).map { NodeID($0 % 2 == 0 ? .max - UInt64($0) + 2 : UInt64($0)) }
        let links = ids.flatMap { id in ids.filter { id < $0 }.map { Link(id, $0) } }
        let members = ids.prefix(random.int(1...count))
        var view = View(number: 1, members: Array(members))
        var map = ClusterMap(node: ids[0], view: view)
        var oracle = ClusterMapOracle(node: ids[0], view: view)
        for number in 1...40 {
            let report = report(number == 1 ? ids[0] : random.element(of: ids), number, of: ids, view, &random)
            #expect((map.learn(report) != .none) == oracle.learn(report))
            #expect(ids.filter(map.isReachable) == ids.filter(oracle.reachable.contains))
            #expect(ids.filter(map.isRelevant) == ids.filter(oracle.relevant.contains))
            #expect(links.filter(map.isUp) == links.filter(oracle.isUp))
            #expect(map.digest == oracle.digest)
            #expect(map.relevantReports == oracle.relevant.sorted().compactMap { oracle.reports[$0] })
            var anew = map
            anew.knownTree = nil
            #expect(map.nextInTree(under: view) == anew.nextInTree(under: view))
            // Only members ask for the next view.
            guard view.role(of: ids[0]) == .member else { continue }
            #expect(map.next(after: view) == oracle.next)
            if random.once(in: 6), let next = oracle.next {
                view = next
                map.follow(view)
                oracle.follow(view)
            }
        }
    }

    private func report(
        _ node: NodeID, _ number: Int, of ids: [NodeID], _ view: View, _ random: inout SeededRandom
    ) -> Report {
        let oneIn = random.element(of: [1, 1, 2, 3])
        let neighbors = ids.filter { $0 != node && random.once(in: oneIn) }
        let qualities = neighbors.map { ($0, LinkQuality(bandwidth: random.int(1...9), roundTrip: random.int(0...9))) }
        var wish = random.element(of: [.stay, .stay, .stay, .join, .leave, .ready(view: 1)] as [Report.Wish])
        if case .learner(let admitted) = view.role(of: node) {
            wish = random.element(of: [
                .stay, .ready(view: random.element(of: [view.number, view.number, admitted])),
                .again(admitted: admitted), wish,
            ])
        }
        return Report(
            node: node, sequence: random.once(in: 8) ? 1 : number, neighbors: neighbors,
            qualities: Dictionary(uniqueKeysWithValues: qualities.filter { _ in random.once(in: 2) }),
            resources: Resources(samplesPerSecond: random.int(1...9)),
            uneven: random.once(in: 20) ? view.number : 0, wish: wish)
    }

    @Test(arguments: [nil, .oldReadinessBelieved] as [PlantedDefect?])
    func readinessCountsForOneView(_ defect: PlantedDefect?) {
        let view = View(number: 5, members: [1], learners: [View.Learner(2, admitted: 3)], links: [Link(1, 2)])
        for said in 3...5 {
            var map = ClusterMap(node: 1, view: view)
            _ = map.learn(Report(node: 1, sequence: 1, neighbors: [2], wish: .stay))
            _ = map.learn(Report(node: 2, sequence: 1, neighbors: [1], wish: .ready(view: said)))
            let isMember = map.next(after: view, defect: defect)?.members == [1, 2]
            #expect(isMember == (said == 5 || defect != nil))
        }
    }

    @Test func keepsToItsLimit() {
        var map = ClusterMap(node: 1, view: nil)
        for id in 1...MessageLimits.nodes + 1 {
            let report = Report(node: NodeID(UInt64(id)), sequence: 1, neighbors: [], wish: .stay)
            #expect((map.learn(report) != .none) == (id <= MessageLimits.nodes))
        }
    }
}
