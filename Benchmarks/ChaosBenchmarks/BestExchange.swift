import ChaosFormulation
import ChaosMILP
import ChaosModel
import ChaosProtocol

/// The greatest rate at which every member can give and get a gradient over the links of a network: a linear program, solved
/// by GLPK.
///
/// **The program.** Any number of spanning trees, each with a part of the gradient, which goes up it and down again, so that a
/// link carries the part once in each direction. The rates of the parts over each link are at most its bandwidth, and where
/// nodes have lines, over all links of a node at most its line. Written with few variables: directed capacities
/// x(u→v) + x(v→u) ≤ bandwidth, of which a flow of the whole rate reaches every member from the first one; by Edmonds' theorem
/// just such capacities can be divided into arborescences of that rate.
///
/// **Why nothing is faster.** Take any scheme that sends numbers and sums of numbers, and does not mix different numbers of
/// the gradient in one. Whoever has the sum of one number has heard, directly or not, of all; where n parties all hear of all
/// by messages that go one way, there are at least 2n − 2 of them (Harary and Schwenk 1974). That holds of any division of
/// the members into n parts as well, and messages between these. Let prices of links and lines be those of the dual program,
/// in which every spanning tree costs at least 1: what a tree costs is a sum over such divisions (Kruskal's algorithm
/// contracts them one by one), so the messages of each number cost at least 2, and all that the links and lines carry in both
/// directions costs twice the optimum. So the optimum bounds the rate of every scheme, and trees attain it.
enum BestExchange {
    /// In bit/s.
    static func rate(_ network: ExchangeNetwork, haveLines: Bool) throws -> Double {
        let worker = try MILPWorker(.glpk)
        switch try worker.solve(program(network, haveLines: haveLines), timeLimit: .seconds(300)) {
        case .answered(let answer) where answer.status == .optimal && answer.objective != nil:
            return -answer.objective! * Double(unit)
        case let other: throw BenchmarkFailure("\(network.name): \(other)")
        }
    }

    /// Of rates in the program: bit/s.
    private static let unit = 1_000_000

    private static func program(_ network: ExchangeNetwork, haveLines: Bool) -> Program {
        var program = Program(name: "exchange")
        let rate = program.add("rate", .continuous)
        program.objective.add(-1, rate)
        var directed: [(from: NodeID, to: NodeID, capacity: Variable)] = []
        var atNode: [NodeID: [Variable]] = [:]
        for (k, entry) in network.links.enumerated() {
            let ends = [(entry.link.a, entry.link.b), (entry.link.b, entry.link.a)]
            var both = Expression()
            for (i, (from, to)) in ends.enumerated() {
                let variable = program.add("x\(k)_\(i)", .continuous)
                directed.append((from, to, variable))
                both.add(1, variable)
                atNode[from, default: []].append(variable)
                atNode[to, default: []].append(variable)
            }
            program.add("link\(k)", both, .atMost, Rational(entry.capacity.bandwidth) / Rational(unit))
        }
        if haveLines {
            let lines = network.lines
            for node in network.members {
                var all = Expression()
                for variable in atNode[node] ?? [] { all.add(1, variable) }
                program.add("line\(node)", all, .atMost, Rational(lines[node]!) / Rational(unit))
            }
        }
        let root = network.members[0]
        for target in network.members.dropFirst() {
            var balance: [NodeID: Expression] = [:]
            for (k, arc) in directed.enumerated() where arc.to != root && arc.from != target {
                let flow = program.add("f\(target)_\(k)", .continuous)
                var within = Expression()
                within.add(1, flow)
                within.add(-1, arc.capacity)
                program.add("c\(target)_\(k)", within, .atMost, 0)
                balance[arc.to, default: Expression()].add(1, flow)
                balance[arc.from, default: Expression()].add(-1, flow)
            }
            for node in network.members where node != root {
                var sum = balance[node] ?? Expression()
                if node == target { sum.add(-1, rate) }
                program.add("b\(target)_\(node)", sum, .equal, 0)
            }
        }
        return program
    }
}
