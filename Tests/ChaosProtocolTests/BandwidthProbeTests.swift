import ChaosModel
import Testing

@testable import ChaosProtocol

/// How the bandwidth of a link is measured that has no traffic.
struct BandwidthProbeTests {
    private static let settings = MonitorSettings()
    private static let millisecond = 1_000_000

    /// A probe measures each direction within a tenth, however long the way is.
    @Test(arguments: [1, 10, 100, 1000, 10_000], [0, 1, 50, 200]) func probeMeasuresEachDirection(
        megabits: Int, delay: Int
    ) {
        var network = MonitorNetwork()
        let rates: [NodeID: Int] = [1: megabits * 1_000_000, 2: megabits * 3_000_000]
        for (from, to) in [(1, 2), (2, 1)] as [(NodeID, NodeID)] {
            network.conditions[.init(from: from, to: to)] = .init(
                delay: delay * Self.millisecond, bandwidth: rates[from]!)
        }
        network.start(Monitor(node: 1))
        network.start(Monitor(node: 2))
        network.connect(Link(1, 2))
        network.run(until: 10_000_000_000)
        for (node, peer) in [(1, 2), (2, 1)] as [(NodeID, NodeID)] {
            let measured = network.monitors[node]!.quality(to: peer)!.bandwidth!
            #expect(10 * abs(measured - rates[peer]!) < rates[peer]!, "\(measured) instead of \(rates[peer]!)")
        }
    }

    /// One probe at a time, and again only after a while; whoever asks too often is not answered.
    @Test func probesAreBounded() {
        var network = MonitorNetwork()
        let count: UInt64 = 6
        for id in 1...count { network.start(Monitor(node: NodeID(id))) }
        for a in 1..<count { for b in a + 1...count { network.connect(Link(NodeID(a), NodeID(b))) } }
        network.run(until: 29_000_000_000)
        var underWay: [NodeID: Int] = [:]
        var asked: [NodeID: Int] = [:]
        for deed in network.deeds {
            guard case .send(let message, _) = deed.action else { continue }
            switch message {
            case .probeRequest(let bytes):
                // Longer ones follow, each at least twice as long.
                defer { asked[deed.node] = bytes }
                guard bytes == Self.settings.probeBytes else {
                    #expect(bytes >= min(2 * asked[deed.node]!, Self.settings.mostProbeBytes))
                    #expect(bytes > asked[deed.node]! && bytes <= Self.settings.mostProbeBytes)
                    continue
                }
                underWay[deed.node, default: 0] += 1
                #expect(underWay[deed.node]! <= Int(count) - 1, "a link was probed twice")
            case .probe(let part, let parts, let bytes):
                #expect(part < parts && parts <= 64 && bytes <= MessageLimits.probe / 64)
            case .heartbeat: break
            }
        }
        #expect(underWay.values.allSatisfy { $0 == Int(count) - 1 })

        var monitor = Monitor(node: 1)
        _ = monitor.onStart(at: 0)
        _ = monitor.onConnected(to: 2, at: 0)
        func sent(at now: Int) -> Int {
            monitor.onMessage(.probeRequest(bytes: 100_000), from: 2, at: now).reduce(0) {
                if case .send(.probe(_, _, let bytes), to: 2) = $1 { $0 + bytes } else { $0 }
            }
        }
        let most = 3 * MessageLimits.probe
        for _ in 0..<most / 100_000 { #expect(sent(at: 0) == 100_000) }
        #expect(sent(at: 999_999_999) == 0)
        #expect(sent(at: 1_000_000_000) == 100_000)
        #expect(
            monitor.onMessage(.probeRequest(bytes: MessageLimits.probe + 1), from: 2, at: 3_000_000_000)
                == [.refused(.probe(MessageLimits.probe + 1), from: 2)])
        #expect(monitor.onMessage(.probeRequest(bytes: 1000), from: 3, at: 3_000_000_000).isEmpty)
    }

    /// A link that is found as it was is probed less and less often, with one answer each, until it is found changed.
    @Test func unchangedLinkIsProbedSeldom() {
        var network = MonitorNetwork()
        let ways = [MonitorNetwork.Way(from: 1, to: 2), .init(from: 2, to: 1)]
        for way in ways { network.conditions[way] = .init(delay: 1_000_000, bandwidth: 100_000_000) }
        network.start(Monitor(node: 1))
        network.start(Monitor(node: 2))
        network.connect(Link(1, 2))
        func asked(from start: Int, until end: Int) -> [Int] {
            let before = network.deeds.count
            network.run(until: end * 1_000_000_000)
            return network.deeds[before...].compactMap { deed in
                guard deed.node == 1, case .send(.probeRequest, _) = deed.action else { return nil }
                return deed.time / 1_000_000_000 - start
            }
        }
        #expect(asked(from: 0, until: 20).allSatisfy { $0 == 0 })
        #expect(asked(from: 0, until: 600) == [30, 90, 210, 330, 450, 570])
        for way in ways { network.conditions[way]!.bandwidth = 20_000_000 }
        #expect(asked(from: 600, until: 800) == [90, 120, 180])
        #expect(network.monitors[1]!.quality(to: 2)!.bandwidth! < 22_000_000)
    }

    @Test func answerOutOfOrderMeasuresNothing() {
        func outcome(_ parts: [(part: Int, of: Int, bytes: Int, at: Int)]) -> BandwidthProbe.Outcome? {
            var probe = BandwidthProbe(of: 2, bytes: 300, at: 0)
            return parts.map { probe.receive(part: $0.part, of: $0.of, bytes: $0.bytes, at: $0.at) }.last
        }
        #expect(outcome([(1, 3, 100, 1_000_000)]) == .failed)
        #expect(outcome([(0, 3, 100, 1_000_000), (2, 3, 100, 2_000_000)]) == .failed)
        #expect(outcome([(0, 2, 200, 1_000_000), (1, 2, 200, 2_000_000)]) == .failed)
        #expect(outcome([(0, 3, 100, 1_000_000), (1, 3, 100, 1_400_000)]) == .waiting)
        // The rest of an earlier answer was on its way.
        #expect(
            outcome([(0, 3, 100, 5), (0, 3, 100, 1_000_000), (1, 3, 100, 1_400_000), (2, 3, 100, 2_000_000)])
                == .measured(.init(bytes: 200, time: 1_000_000)))
        // The second part was there when the first was read.
        #expect(
            outcome([(0, 3, 100, 1_000_000), (1, 3, 100, 1_010_000), (2, 3, 100, 2_000_000)])
                == .measured(.init(bytes: 100, time: 990_000)))
        // A queue has let the second and the third go together, and then waits for as long as they take.
        #expect(
            outcome([(0, 3, 60, 1_000_000), (1, 3, 100, 1_960_000), (2, 3, 100, 2_000_000)])
                == .measured(.init(bytes: 60, time: 1_000_000)))
        // All at once.
        #expect(outcome([(0, 2, 100, 900_000), (1, 2, 100, 900_001)]) == .measured(.init(bytes: 200, time: 900_001)))
        #expect(outcome([(0, 1, 100, 0)]) == .failed)
    }

    /// A queue that lets through what has saved up for it, a packet of many at once, shows its rate nevertheless.
    @Test(arguments: [50, 100, 200, 400, 800]) func probeMeasuresAQueueOfTokens(megabits: Int) {
        let rate = megabits * 1_000_000
        var monitor = Monitor(node: 1)
        _ = monitor.onStart(at: 0)
        _ = monitor.onConnected(to: 2, at: 0)
        var actions = monitor.onMessage(.heartbeat(Heartbeat(sent: 5, echo: nil, held: 0)), from: 2, at: 10)
        var now = 200_000
        while let bytes = actions.firstProbeRequest {
            var random = SeededRandom(seed: UInt64(bytes))
            let size = max(Self.settings.probePart, (bytes - 1) / 64 + 1)
            let parts = (bytes - 1) / size + 1
            // When the next packet is let through, which of its parts are in it, and what they take. The first is small: a
            // connection begins slowly.
            var part = 0
            while part < parts {
                let packet = part == 0 ? 1 : min(random.int(1...(64 << 10) / size), parts - part)
                for _ in 0..<packet {
                    actions = monitor.onMessage(
                        .probe(part: part, parts: parts, bytes: min(size, bytes - part * size)), from: 2,
                        at: now)
                    part += 1
                    now += 1000
                }
                now += packet * size * 8_000 / megabits
            }
        }
        let measured = monitor.quality(to: 2)!.bandwidth!
        #expect(10 * abs(measured - rate) < rate, "\(measured) instead of \(rate)")
    }
}

extension [Monitor.Action] {
    fileprivate var firstProbeRequest: Int? {
        for case .send(.probeRequest(let bytes), _) in self { return bytes }
        return nil
    }
}
