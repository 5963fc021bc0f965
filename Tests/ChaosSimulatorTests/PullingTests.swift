import ChaosJudgement
import ChaosModel
import ChaosProtocol
import ChaosScenario
import Synchronization
import Testing

@testable import ChaosSimulator

/// How long a transfer takes, against what its links could have carried (Documentation/PROTOCOL.md, "How late a state can
/// be").
struct PullingTests {
    private static let second = 1_000_000_000
    private static let joiner = NodeID(9)

    /// When a transfer began, when its last new shard came, and the size of a shard.
    private struct Pull: Sendable {
        var began = 0
        var whole = 0
        var shardBytes = 0
    }

    /// The courses of the rates of a joiner's links, in bit/s: each holds from its time on.
    private struct Rates {
        var changes: [[(time: Int, rate: Double)]]

        /// Bits that a link can carry between two times.
        func capacity(of link: Int, _ start: Int, _ end: Int) -> Double {
            let list = changes[link]
            return list.indices.reduce(0.0) { sum, k in
                let from = max(start, list[k].time)
                let to = min(end, k + 1 < list.count ? list[k + 1].time : .max)
                return sum + max(0, Double(to - from)) * list[k].rate / 1e9
            }
        }

        /// When the links together, or one of them, can have carried so many bits since a time, to the microsecond.
        func time(of bits: Double, over links: Range<Int>, since start: Int) -> Int {
            var (low, high) = (start, start + 1_000 * PullingTests.second)
            while high - low > 1000 {
                let middle = (low + high) / 2
                if links.reduce(0.0, { $0 + capacity(of: $1, start, middle) }) < bits {
                    low = middle
                } else {
                    high = middle
                }
            }
            return high
        }
    }

    /// - Parameter events: after the join, each with its time since then.
    private static func play(
        _ bandwidths: [Int], state: Int, sizes: [Int], _ events: [(time: Int, event: Scenario.Event)], seed: UInt64 = 1,
        defect: PlantedDefect? = nil
    ) -> (pull: Pull, outcome: RunOutcome) {
        let ids = bandwidths.indices.map { NodeID(UInt64($0 + 1)) }
        let links = ids.flatMap { a in ids.filter { a < $0 }.map { Link(a, $0) } }
        let training = VirtualTraining(
            stateBytes: state, gradientBytes: 64, samples: 1000, batch: 10, samplesPerSecond: 10)
        var network = NetworkConditions(capacity: LinkCapacity(bandwidth: 1_000_000_000, latency: 1_000_000))
        (network.leastDelay, network.mostDelay, network.failureBound) = (0, 100_000, 100_000)
        var steps: [Scenario.Step] = [.event(.join(joiner, links: ids), after: second)]
        var last = 0
        for (time, event) in events.sorted(by: { $0.time < $1.time }) {
            steps.append(.event(event, after: time - last))
            last = time
        }
        steps.append(.wait(10 * second))
        var scenario = Scenario(
            seed: seed, founders: ids, links: links, network: network, training: training, steps: steps)
        scenario.settings.receiver.shardSizes = sizes
        for (id, bandwidth) in zip(ids, bandwidths) {
            scenario.capacities[Link(id, joiner)] = LinkCapacity(bandwidth: bandwidth, latency: 1_000_000)
        }
        let pull = Mutex(Pull())
        var simulation = Simulation(scenario, defect: defect) { now, happening in
            guard case .action(joiner, .engine(let action)) = happening else { return }
            pull.withLock {
                switch action {
                case .makeRoom: $0.began = now
                case .write(_, let size, _): ($0.whole, $0.shardBytes) = (now, size)
                default: break
                }
            }
        }
        let outcome = simulation.run()
        return (pull.withLock { $0 }, outcome)
    }

    /// 256 MiB over 100, 200 and 400 Mbit/s, and one neighbour is killed half-way: at most what the links can carry from then
    /// on, the notice, and a shard of the slowest that is left.
    @Test(arguments: [1, 2, 3], [1 << 20, 8 << 20]) func neighbourIsKilledHalfWay(victim: Int, size: Int) throws {
        let (bandwidths, state) = ([100_000_000, 200_000_000, 400_000_000], 256 << 20)
        let total = Double(bandwidths.reduce(0, +))
        let halfWay = Int(Double(state * 8) / total / 2 * 1e9)
        let undisturbed = Self.play(bandwidths, state: state, sizes: [size], [])
        #expect(undisturbed.outcome.violation == nil)
        let delay = undisturbed.pull.began - Self.second + halfWay
        let (pull, outcome) = Self.play(
            bandwidths, state: state, sizes: [size], [(delay, .crash(NodeID(UInt64(victim))))])
        #expect(outcome.violation == nil)
        #expect(pull.began == undisturbed.pull.began)
        let rest = total - Double(bandwidths[victim - 1])
        let left = Double(state * 8) - total * Double(halfWay) / 1e9
        let least = halfWay + Int(left / rest * 1e9)
        // What the victim was sending is lost too: a shard at most.
        let slowest = bandwidths.enumerated().filter { $0.offset != victim - 1 }.map(\.element).min()!
        let shard = Int(Double(size * 8) / Double(slowest) * 1e9)
        let taken = pull.whole - pull.began
        #expect(taken >= least - 1_000_000)
        // Requests, and what the monitor's probes take.
        #expect(taken <= least + shard + 50_000_000, "\(taken), at least \(least)")
    }

    /// Rates that change again and again by factors of up to 100, from before the plan on.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func ratesChange(seed: UInt64) {
        let (run, bound) = Self.lateness(seed: seed)
        #expect(run.outcome.violation == nil)
        #expect(run.pull.whole - run.pull.began <= bound - run.pull.began)
    }

    /// The bound is not so wide that anything would keep it.
    @Test(arguments: [.linkLeftIdle, .endNeverBegun] as [PlantedDefect]) func plantedDefectsAreLate(
        _ defect: PlantedDefect
    ) {
        let late = (1...6 as ClosedRange<UInt64>).count { seed in
            let (run, bound) = Self.lateness(seed: seed, defect: defect)
            return run.outcome.violation?.invariant == .noneIdle || run.pull.whole > bound
        }
        #expect(late >= 2)
    }

    private static func lateness(
        seed: UInt64, defect: PlantedDefect? = nil
    ) -> (run: (pull: Pull, outcome: RunOutcome), bound: Int) {
        var random = SeededRandom(seed: seed)
        let bandwidths = (0..<random.int(2...5)).map { _ in 10_000_000 * random.int(1...20) }
        let state = random.int(1 << 20...8 << 20)
        let size = 1 << random.int(15...18)
        var rates = Rates(changes: bandwidths.map { [(0, Double($0))] })
        var events: [(time: Int, event: Scenario.Event)] = []
        var time = 0
        while time < 10 * second {
            let link = random.int(0...bandwidths.count - 1)
            let factor = random.anyLength(upTo: 100)
            events.append((time, .crawl(Link(NodeID(UInt64(link + 1)), joiner), factor: factor)))
            rates.changes[link].append((second + time, Double(bandwidths[link] / factor)))
            time += 1_000_000 * random.int(1...600)
        }
        let run = play(bandwidths, state: state, sizes: [size], events, seed: seed, defect: defect)
        let settings = ReceiverSettings()
        let rest = settings.idleness + settings.tick
        // Requests, answers and their disorder.
        let latency = 5_000_000
        let all = rates.changes.indices
        // Until the last shard is asked for every link is busy but for a rest.
        let asked = rates.time(of: Double(8 * state), over: all, since: run.pull.began + rest + latency)
        // At most what fits into the windows is on the way then, and any link could bring it.
        let bits = Double(8 * size)
        let windows = bandwidths.map { 4 + Int(0.022 * Double($0) / bits) }.reduce(0, +)
        let most = min(windows, (state + size - 1) / size)
        let ends = all.map { link in
            (1...most).reduce(asked + rest) { end, _ in
                rates.time(of: bits, over: link..<link + 1, since: end + latency)
            }
        }
        return (run, ends.min()!)
    }
}
