import Testing

@testable import ChaosProtocol

/// What always holds of a monitor and its parts: whatever is spoiled, the sentence that it breaks says so.
struct MonitorInvariantTests {
    /// A link that is up, another that is only connected, and a probe whose answer has begun.
    private static func monitor() -> Monitor {
        var monitor = Monitor(node: 1)
        _ = monitor.onStart(at: 0)
        for peer in [2, 3, 4] as [NodeID] { _ = monitor.onConnected(to: peer, at: 10) }
        for peer in [2, 4] as [NodeID] {
            _ = monitor.onMessage(.heartbeat(Heartbeat(sent: 5, echo: 10, held: 0)), from: peer, at: 20)
        }
        _ = monitor.onDelivered(from: 4, bytes: 1_000_000, over: 8_000_000, at: 30)
        _ = monitor.onClosed(to: 4, at: 40)
        _ = monitor.onMessage(.probe(part: 0, parts: 2, bytes: 1000), from: 2, at: 50)
        _ = monitor.onStep(samples: 10, computeTime: 5, at: 60)
        return monitor
    }

    private func expect(
        _ sentence: String, at place: SourceLocation = #_sourceLocation, _ spoil: (inout Monitor) -> Void
    ) {
        var spoiled = Self.monitor()
        spoil(&spoiled)
        #expect(spoiled.brokenSentence == sentence, sourceLocation: place)
    }

    @Test func nothingIsBroken() {
        let monitor = Self.monitor()
        #expect(monitor.brokenSentence == nil)
        #expect(monitor.links[2]?.isUp == true && monitor.links[3]?.isUp == false)
        #expect(monitor.memories[4] != nil)
        #expect(monitor.probe?.received == 1000)
    }

    @Test func monitor() {
        expect("A node does not watch itself.") { $0.links[1] = $0.links[2] }
        expect("A node does not watch itself.") { $0.memories[1] = $0.memories[4] }
        expect("Measurements are kept once.") { $0.memories[3] = $0.memories[4] }
        expect("What is probed is a link that is up.") { $0.probe = BandwidthProbe(of: 3, bytes: 1, at: 60) }
        expect("A probe is no longer than allowed.") {
            $0.probe = BandwidthProbe(of: 2, bytes: MessageLimits.probe + 1, at: 60)
        }
        expect("Silence is looked at in time.") { $0.links[2]!.deadline += 1_000_000_000 }
        expect("What has changed has been looked at.") { $0.isChanged = true }
        expect("The shell wakes the monitor in time.") { $0.armed = nil }
        expect("The shell wakes the monitor in time.") { $0.armed! += 1_000_000 }
        expect("The shell wakes the monitor in time.") { $0.heartbeatAt = 61 }
        expect("The shell wakes the monitor in time.") {
            $0.lastReport = LastReport(resources: Resources(), at: -1_000_000_000)
            $0.lastReport!.isOutdated = true
        }
        expect("Actions are handed over.") { $0.actions = [.disconnect(2)] }
        expect("resources: Memory is in its range.") { $0.ownResources.snapshotMemory = -1 }
    }

    @Test func watchedLink() {
        expect("link to 3: A link comes up with a heartbeat.") {
            $0.links[3]!.isUp = true
            $0.links[3]!.deadline = 20
            $0.armed = 20
        }
        expect("link to 2: A heartbeat is a sign of life.") { $0.links[2]!.beat!.at = 70 }
        expect("link to 3: Signs of life come on the connection.") {
            $0.links[3]!.heard = 9
            $0.links[3]!.deadline = 20
            $0.armed = 20
        }
        expect("link to 3: Only of a link that is up something is reported.") {
            $0.links[3]!.reported = LinkQuality(bandwidth: 1)
        }
        expect("link to 3: What is measured was tried.") { $0.links[3]!.bandwidth = $0.memories[4] }
        expect("link to 2: A peer is answered within the bound.") { $0.links[2]!.answered.bytes = 1 << 30 }
        expect("link to 2: Measurements are in their ranges.") { $0.links[2]!.roundTrip.add(-1, at: 60) }
        expect("link to 2: Measurements are in their ranges.") { $0.links[2]!.reported.bandwidth = 0 }
        expect("link to 2: round trip: A window takes time.") {
            $0.links[2]!.roundTrip = WindowedExtreme(.least, window: 0)
        }
        expect("link to 2: round trip: No window is before the first.") {
            $0.links[2]!.roundTrip.current = nil
            $0.links[2]!.roundTrip.previous = 7
        }
        expect("memory of 4: What is kept has been measured.") {
            $0.memories[4]!.extreme = WindowedExtreme(.greatest, window: 1)
        }
        expect("memory of 4: The last measurement is in the window at hand.") { $0.memories[4]!.at = 29 }
        expect("memory of 4: The last measurement is in the window at hand.") { $0.memories[4]!.extreme.start = 31 }
        expect("memory of 4: extreme: No window is before the first.") {
            $0.memories[4]!.extreme.current = nil
            $0.memories[4]!.extreme.previous = 7
        }
    }

    @Test func probe() {
        expect("probe: The first part is the first to come.") { $0.probe!.first = nil }
        expect("probe: The first part is the first to come.") { $0.probe!.next = 0 }
        expect("probe: Nothing has come before the first part.") { $0.probe!.received = 0 }
        expect("probe: No more comes than was asked for.") { $0.probe!.received = $0.probe!.bytes + 1 }
        expect("probe: Parts come after they were asked for.") { $0.probe!.first!.at = 0 }
        expect("probe: Parts come after they were asked for.") { $0.probe!.together.at = 49 }
        expect("probe: The first part is among those that came with it.") { $0.probe!.together.bytes = 0 }
        expect("probe: What came at once has come.") { $0.probe!.last.bytes = 1001 }
        let nothing = BandwidthProbe.Measurement(bytes: 0, time: 1)
        expect("probe: A shorter probe has measured something.") {
            $0.probe = BandwidthProbe(of: 2, bytes: 2000, after: nothing, at: 60)
        }
    }

    @Test func rates() {
        expect("resources: work: The sum of samples is bounded.") { $0.ownResources.work.samples = .max }
        expect("resources: work: The sums of times are bounded.") { $0.ownResources.work.computed = .max }
        expect("resources: work: The sums of times are bounded.") { $0.ownResources.work.span = .max }
        expect("resources: work: A node works no longer than time passes.") { $0.ownResources.work.busy = 1 }
        expect("resources: work: It has computed whenever it was busy.") {
            $0.ownResources.work.span = 100
            $0.ownResources.work.busy = 100
        }
        expect("resources: work: Something was computed in a step.") { $0.ownResources.work.last = nil }

        var rate = ArrivalRate(over: 80)
        for time in 0..<100 { rate.note(at: 10 * time) }
        #expect(rate.brokenSentence == nil)
        func broken(_ spoil: (inout ArrivalRate) -> Void) -> String? {
            var spoiled = rate
            spoil(&spoiled)
            return spoiled.brokenSentence
        }
        #expect(ArrivalRate(over: 0).brokenSentence == "A span takes time.")
        #expect(broken { $0.marks.append((990, 100)) } == "Marks are few.")
        #expect(broken { $0.marks = [] } == "The first arrival makes a mark.")
        #expect(broken { $0.last = 0 } == "No mark is after the last arrival.")
        #expect(broken { $0.count = 99 } == "No mark is after the last arrival.")
    }
}
