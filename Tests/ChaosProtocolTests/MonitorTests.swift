import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosProtocol

struct MonitorTests {
    static let settings = MonitorSettings()
    static let link = Link(1, 2)

    /// Two nodes on a link that takes `there` and `back`, with clocks that are apart.
    private func pair(there: Int, back: Int, offset: Int = 0, defect: PlantedDefect? = nil) -> MonitorNetwork {
        var network = MonitorNetwork()
        // Fast enough that the bytes of a heartbeat take no time.
        network.conditions[.init(from: 1, to: 2)] = .init(delay: there, bandwidth: 1 << 50)
        network.conditions[.init(from: 2, to: 1)] = .init(delay: back, bandwidth: 1 << 50)
        network.start(Monitor(node: 1, settings: Self.settings, defect: defect))
        network.start(Monitor(node: 2, settings: Self.settings, defect: defect), offset: offset)
        network.connect(Self.link)
        return network
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func roundTripIsExactWhateverTheClocksShow(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let (there, back) = (random.anyLength(upTo: 200_000_000), random.anyLength(upTo: 200_000_000))
        var network = pair(there: there, back: back, offset: random.anyLength(upTo: 1 << 61))
        network.run(until: 2_000_000_000)
        #expect(network.monitors[1]!.quality(to: 2)?.roundTrip == there + back)
        #expect(network.monitors[2]!.quality(to: 1)?.roundTrip == there + back)
    }

    /// What a disturbed link takes at its best.
    @Test(arguments: 0..<20 as Range<UInt64>) func jitterDoesNotLengthenTheRoundTrip(seed: UInt64) {
        var network = pair(there: 10_000_000, back: 20_000_000)
        for way in network.conditions.keys.sorted(by: { $0.from < $1.from }) {
            var random = SeededRandom(seed: seed &+ way.from.rawValue)
            network.conditions[way]!.jitter = { random.once(in: 3) ? 0 : random.int(0...80_000_000) }
        }
        network.run(until: 20_000_000_000)
        let measured = network.monitors[1]!.quality(to: 2)!.roundTrip!
        #expect((30_000_000...50_000_000).contains(measured))
    }

    @Test func oldMeasurementsAreForgotten() {
        var extreme = WindowedExtreme(.least, window: 10)
        #expect(extreme.value == nil)
        for (time, measurement, expected) in [
            (100, 7, 7), (105, 9, 7), (109, 8, 7), (110, 12, 7), (119, 11, 7), (120, 13, 11), (129, 14, 11),
            (131, 15, 13), (500, 20, 20),
        ] {
            extreme.add(measurement, at: time)
            #expect(extreme.value == expected, "at \(time)")
        }
    }

    /// The promise: a silent peer is found out within the failure bound, never before it, and not twice.
    private func silenceIsFoundOut(seed: UInt64, defect: PlantedDefect? = nil) -> Bool {
        var random = SeededRandom(seed: seed)
        let delay = random.anyLength(upTo: 300_000_000)
        var network = pair(there: delay, back: delay, defect: defect)
        var slow = random
        for way in network.conditions.keys.sorted(by: { $0.from < $1.from }) {
            network.conditions[way]!.jitter = { slow.int(0...250_000_000) }
        }
        network.run(until: 3_000_000_000)
        let cut = 3_000_000_000 + random.int(0...2_000_000_000)
        network.run(until: cut)
        network.conditions[.init(from: 1, to: 2)]!.isCut = true
        network.run(until: cut + 4_000_000_000)
        let changes = network.changes(at: 2, to: 1)
        // Jitter below the bound takes no link down.
        guard changes.map(\.isUp) == [true, false], network.changes(at: 1, to: 2).map(\.isUp) == [true] else {
            return false
        }
        // The last sign of life left before the cut, and no more than a heartbeat before it, and took its time.
        let bound = Self.settings.failureBound
        let latest = cut + delay + 250_000_000
        let earliest = cut - Self.settings.heartbeat + delay
        return (earliest + bound...latest + bound).contains(changes[1].time)
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func silenceIsFoundOutInTime(seed: UInt64) {
        #expect(silenceIsFoundOut(seed: seed))
    }

    @Test func plantedDefectIsFound() {
        #expect(!(0..<5 as Range<UInt64>).allSatisfy { silenceIsFoundOut(seed: $0, defect: .silenceForgotten) })
    }

    /// The same to the nanosecond, for signs of life at any times: down just when the bound has passed since the last,
    /// up with the next.
    @Test(arguments: 0..<200 as Range<UInt64>) func downJustAtTheBound(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var monitor = Monitor(node: 1)
        var wake = Int.max
        var changes: [(Int, Bool)] = []
        func note(_ actions: [Monitor.Action], _ now: Int) {
            for action in actions {
                if case .wake(let time) = action { wake = time }
                if case .link(to: 2, let isUp) = action { changes.append((now, isUp)) }
            }
        }
        note(monitor.onStart(at: 0), 0)
        note(monitor.onConnected(to: 2, at: 0), 0)
        let bound = Self.settings.failureBound
        var signs = [random.int(0...bound)]
        for _ in 0..<30 { signs.append(signs.last! + random.int(0...(random.once(in: 4) ? 3 * bound : bound - 1))) }
        var expected: [(Int, Bool)] = [(signs[0], true)]
        for (a, b) in zip(signs, signs.dropFirst()) where b - a > bound { expected += [(a + bound, false), (b, true)] }
        for (i, sign) in signs.enumerated() {
            while wake < sign {
                let now = wake
                wake = .max
                note(monitor.onWake(at: now), now)
            }
            let beat = MonitorMessage.heartbeat(Heartbeat(sent: i, echo: nil, held: 0))
            note(
                i == 0 || random.once(in: 2)
                    ? monitor.onMessage(beat, from: 2, at: sign) : monitor.onHeard(from: 2, at: sign), sign)
        }
        #expect(changes.map(\.0) == expected.map(\.0))
        #expect(changes.map(\.1) == expected.map(\.1))
    }

    @Test func closedConnectionCountsAtOnce() {
        var network = pair(there: 1_000_000, back: 1_000_000)
        network.run(until: 1_234_000_000)
        network.close(Self.link)
        for (node, peer) in [(1, 2), (2, 1)] as [(NodeID, NodeID)] {
            #expect(network.changes(at: node, to: peer).last! == (1_234_000_000, false))
            #expect(network.monitors[node]!.quality(to: peer) == nil)
        }
    }

    @Test func linkNeedsAHeartbeatFirst() {
        var network = MonitorNetwork()
        network.isDumb = [2]
        network.start(Monitor(node: 1))
        network.start(Monitor(node: 2))
        network.connect(Self.link)
        network.act(1) { $0.onHeard(from: 2, at: $1) }
        network.run(until: 4_900_000_000)
        #expect(network.changes(at: 1, to: 2).isEmpty)
        network.run(until: 5_100_000_000)
        #expect(network.deeds.contains { $0.node == 1 && $0.action == .disconnect(2) })
        #expect(network.changes(at: 1, to: 2).isEmpty)
    }

    @Test func linkIsUnmeasuredUntilItIsMeasured() {
        var monitor = Monitor(node: 1)
        _ = monitor.onStart(at: 0)
        _ = monitor.onConnected(to: 2, at: 0)
        #expect(monitor.quality(to: 2) == nil)
        let actions = monitor.onMessage(.heartbeat(Heartbeat(sent: 5, echo: nil, held: 0)), from: 2, at: 10)
        #expect(actions.contains(.link(to: 2, isUp: true)))
        #expect(actions.contains(.send(.probeRequest(bytes: Self.settings.probeBytes), to: 2)))
        #expect(monitor.quality(to: 2) == .unmeasured)
        // Too little to mean anything.
        _ = monitor.onDelivered(from: 2, bytes: 100, over: 1, at: 20)
        #expect(monitor.quality(to: 2) == .unmeasured)
        _ = monitor.onDelivered(from: 2, bytes: 1_000_000, over: 8_000_000, at: 30)
        #expect(monitor.quality(to: 2) == LinkQuality(bandwidth: 1_000_000_000))
        // Times of another life, or from the future, are no echo of this one.
        for (echo, held) in [(500, 0), (0, 1 << 62), (20, 50), (1 << 62, 0)] {
            _ = monitor.onMessage(.heartbeat(Heartbeat(sent: 6, echo: echo, held: held)), from: 2, at: 40)
        }
        #expect(monitor.quality(to: 2)?.roundTrip == nil)
        _ = monitor.onMessage(.heartbeat(Heartbeat(sent: 7, echo: 10, held: 25)), from: 2, at: 50)
        #expect(monitor.quality(to: 2)?.roundTrip == 15)
    }

    /// A link that comes back soon is not probed again, and one that comes back late is.
    @Test(arguments: [1, 27, 31, 1000], [false, true]) func aLinkIsRemembered(seconds: Int, isSilent: Bool) {
        var network = pair(there: 1_000_000, back: 1_000_000)
        for way in network.conditions.keys { network.conditions[way]!.bandwidth = 100_000_000 }
        network.run(until: 2_000_000_000)
        let known = network.monitors[1]!.quality(to: 2)!.bandwidth
        #expect(known != nil)
        // In silence it is given up by itself.
        if isSilent { for way in network.conditions.keys { network.conditions[way]!.isCut = true } }
        if isSilent, seconds > 1 { network.run(until: 9_000_000_000) }
        network.close(Self.link)
        network.run(until: 2_000_000_000 + seconds * 1_000_000_000)
        #expect(network.monitors[1]!.quality(to: 2) == nil)
        for way in network.conditions.keys {
            network.conditions[way]!.isCut = false
            network.conditions[way]!.bandwidth *= 3
        }
        let before = network.deeds.count
        network.connect(Self.link)
        network.run(until: network.now + 900_000_000)
        let bandwidth = network.monitors[1]!.quality(to: 2)!.bandwidth!
        #expect(seconds < 28 ? bandwidth == known : bandwidth > 2 * known!)
        let isProbed = network.deeds[before...].contains {
            if case .send(.probeRequest, _) = $0.action { true } else { false }
        }
        #expect(isProbed == (seconds > 28))
    }

    /// However much is measured, reports keep their distance, and the last one is right within an eighth.
    @Test(arguments: 0..<20 as Range<UInt64>) func reportsAreFew(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var network = pair(there: 1_000_000, back: 1_000_000)
        network.run(until: 100_000_000)
        for _ in 0..<2000 {
            network.run(until: network.now + random.int(0...20_000_000))
            let (bytes, time) = (random.int(20_000...1_000_000), random.int(100_000...10_000_000))
            let (samples, computed) = (random.int(1...100), random.int(1_000_000...50_000_000))
            switch random.int(0...2) {
            case 0: network.act(1) { $0.onDelivered(from: 2, bytes: bytes, over: time, at: $1) }
            case 1: network.act(1) { $0.onStep(samples: samples, computeTime: computed, at: $1) }
            default: network.act(1) { $0.onMemory(free: bytes * 1000, at: $1) }
            }
        }
        network.run(until: network.now + 1_000_000_000)
        let reports = network.deeds.compactMap { deed -> (time: Int, quality: LinkQuality?)? in
            guard deed.node == 1, case .measured(let qualities, _) = deed.action else { return nil }
            return (deed.time, qualities[2])
        }
        #expect(reports.count > 5)
        for (a, b) in zip(reports, reports.dropFirst()) { #expect(b.time - a.time >= Self.settings.reportInterval) }
        let (told, known) = (reports.last!.quality!.bandwidth!, network.monitors[1]!.quality(to: 2)!.bandwidth!)
        #expect(8 * abs(told - known) <= told)
    }

    /// A link that comes up again is reported again, for the negotiation has forgotten what it was like.
    @Test func linkThatComesBackIsReportedAgain() {
        var network = pair(there: 1_000_000, back: 1_000_000)
        network.run(until: 2_000_000_000)
        for way in network.conditions.keys { network.conditions[way]!.isCut = true }
        network.run(until: 4_000_000_000)
        for way in network.conditions.keys { network.conditions[way]!.isCut = false }
        let before = network.deeds.count
        network.run(until: 6_000_000_000)
        #expect(
            network.deeds[before...].contains {
                guard $0.node == 1, case .measured(let qualities, _) = $0.action else { return false }
                return qualities[2]?.roundTrip == 2_000_000
            })
    }

    @Test func nothingIsReportedWhenNothingChanges() {
        var network = pair(there: 1_000_000, back: 1_000_000)
        network.run(until: 5_000_000_000)
        let before = network.deeds.count
        network.run(until: 25_000_000_000)
        for deed in network.deeds[before...] {
            guard case .send(.heartbeat, _) = deed.action else {
                Issue.record("\(deed)")
                continue
            }
        }
    }

    @Test func rateIsOfTheLastSteps() {
        var work = WorkRate()
        #expect(work.samplesPerSecond == nil)
        #expect(work.load(at: 0) == 0)
        var now = 0
        func steps(_ count: Int, samples: Int, time: Int, idle: Int) {
            for _ in 0..<count {
                now += time + idle
                work.add(samples: samples, computeTime: time, at: now)
            }
        }
        steps(1, samples: 1, time: 3_000_000, idle: 0)
        #expect(work.samplesPerSecond == 333)
        steps(100, samples: 64, time: 10_000_000, idle: 30_000_000)
        #expect(work.samplesPerSecond! >= 6390 && work.samplesPerSecond! <= 6400)
        #expect((249...251).contains(work.load(at: now)))
        #expect(work.load(at: now + 1_000_000_000) == 0)
        // One slow step moves it by its share, and it comes back.
        steps(1, samples: 64, time: 20_000_000, idle: 30_000_000)
        #expect((5600...5800).contains(work.samplesPerSecond!))
        steps(60, samples: 128, time: 10_000_000, idle: 0)
        #expect((12_700...12_800).contains(work.samplesPerSecond!))
        #expect((980...1000).contains(work.load(at: now)))
        // No input breaks it.
        for (samples, time) in [(0, 1), (1, 0), (-1, -1), (.max, 1), (1, .max), (.max, .max)] as [(Int, Int)] {
            for _ in 0..<100 { work.add(samples: samples, computeTime: time, at: now) }
        }
        #expect((1...MessageLimits.greatestQuantity).contains(work.samplesPerSecond!))
    }

    @Test(
        arguments: [
            (.heartbeat(Heartbeat(sent: -1, echo: nil, held: 0)), .number(-1)),
            (.heartbeat(Heartbeat(sent: 0, echo: 1 << 62 + 1, held: 0)), .number(1 << 62 + 1)),
            (.heartbeat(Heartbeat(sent: 0, echo: nil, held: -5)), .number(-5)),
            (.probeRequest(bytes: 0), .probe(0)), (.probe(part: 3, parts: 3, bytes: 1), .probe(3)),
            (.probe(part: 0, parts: 1, bytes: MessageLimits.probe + 1), .probe(MessageLimits.probe + 1)),
        ] as [(MonitorMessage, MessageFault)])
    func faultIsFoundAndRefused(_ message: MonitorMessage, _ fault: MessageFault) {
        #expect(Message.monitor(message).fault == fault)
        var monitor = Monitor(node: 1)
        _ = monitor.onConnected(to: 2, at: 0)
        #expect(monitor.onMessage(message, from: 2, at: 0) == [.refused(fault, from: 2)])
    }
}
