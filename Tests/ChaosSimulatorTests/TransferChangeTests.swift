import ChaosModel
import ChaosSimulator
import Testing

/// Links whose bandwidth changes, and links that are emptied or removed.
struct TransferChangeTests {
    typealias Network = FluidNetwork<Int>

    /// 10^9 bit/s: eight nanoseconds a byte.
    static let giga = 1_000_000_000

    private static func ends(_ network: inout Network) -> [String] {
        var ends: [String] = []
        while let completion = network.popCompletion() { ends.append("\(completion.payload) \(completion.end)") }
        return ends
    }

    @Test(arguments: [nil, 0]) func bandwidthChangesUnderWay(group: Int?) {
        var network = Network(groups: [CapacityGroup(id: "g", bandwidth: 1 << 40)])
        let link = network.addLink(bandwidth: Self.giga, group: group)
        network.enqueue(1, bytes: 10, overhead: 5, on: link, at: 0)
        network.enqueue(2, bytes: 10, overhead: 5, count: 3, on: link, at: 0)
        // In the first item, after four of its ten bytes: six more at half the rate.
        network.setBandwidth(Self.giga / 2, of: link, at: 5 + 32)
        // 133 + 5 + 160 + 5 + 160 = 463: in the overhead of the third of them.
        network.setBandwidth(Self.giga * 8, of: link, at: 465)
        #expect(Self.ends(&network) == ["1 133", "2 478"])
    }

    /// Against the course of work over time, byte by byte.
    @Test func changesKeepTheWork() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var network = Network()
            var bandwidth = random.int(1...9) * Self.giga / 7
            let link = network.addLink(bandwidth: bandwidth)
            let (bytes, overhead, count) = (random.int(1...50), random.int(0...40), random.int(1...6))
            network.enqueue(0, bytes: bytes, overhead: overhead, count: count, on: link, at: 0)
            var changes = (0..<random.int(0...5)).map { _ in (random.int(1...1500), random.int(1...9) * Self.giga / 7) }
            changes.sort { $0.0 < $1.0 }
            for (time, bandwidth) in changes { network.setBandwidth(bandwidth, of: link, at: time) }
            // Each item, piece by piece between changes, in rational time.
            var (now, next) = (Rational.zero, changes[...])
            func pass(_ time: Rational) {
                while let first = next.first, Rational(first.0) <= time {
                    bandwidth = first.1
                    next.removeFirst()
                }
            }
            for _ in 0..<count {
                now += Rational(overhead)
                pass(now)
                var work = Rational(bytes * ModelRange.bitNanosecondsPerByte)
                while work > .zero {
                    let end = now + work / Rational(bandwidth)
                    let stop = next.first.map { min(end, Rational($0.0)) } ?? end
                    work -= (stop - now) * Rational(bandwidth)
                    now = stop
                    pass(now)
                }
            }
            let end = Rational(network.popCompletion()!.end)
            // Late by less than 10^-8 ns for each change in an overhead, and never early.
            #expect(end >= now && end - now <= Rational(changes.count) / Rational(Self.giga / 7), "seed \(seed)")
        }
    }

    @Test(arguments: [nil, 0]) func cancelledItemsNeverArrive(group: Int?) {
        var network = Network(groups: [CapacityGroup(id: "g", bandwidth: Self.giga)])
        let link = network.addLink(bandwidth: Self.giga, group: group)
        for payload in 1...4 { network.enqueue(payload, bytes: 10, on: link, at: 0) }
        #expect(network.cancel(link, at: 90) == [2, 3, 4])
        #expect(network.nextEvent() == ExactTime(nanoseconds: 80))
        network.enqueue(5, bytes: 10, on: link, at: 100)
        #expect(Self.ends(&network) == ["1 80", "5 180"])
        #expect(network.nextEvent() == nil)
    }

    /// What one link gives up the other has at once.
    @Test func cancelledLinkLeavesItsShare() {
        var network = Network(groups: [CapacityGroup(id: "g", bandwidth: Self.giga)])
        let links = (0..<2).map { _ in network.addLink(bandwidth: Self.giga, group: 0) }
        for (payload, link) in links.enumerated() { network.enqueue(payload, bytes: 100, on: link, at: 0) }
        #expect(network.cancel(links[0], at: 800) == [0])
        #expect(Self.ends(&network) == ["1 1200"])
    }

    /// Items that follow each other without overhead lose nothing to the grid, however many.
    @Test func manyItemsLoseNothing() {
        var network = Network(groups: [CapacityGroup(id: "g", bandwidth: 1 << 40)])
        let link = network.addLink(bandwidth: 3 * Self.giga, group: 0)
        for payload in 1...30_000 { network.enqueue(payload, bytes: 1, on: link, at: 0) }
        #expect(Self.ends(&network).last == "30000 80000")
    }
}
