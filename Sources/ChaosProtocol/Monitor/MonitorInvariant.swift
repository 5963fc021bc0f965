extension Monitor: SelfChecking {
    /// Cost: O(links).
    package func check(_ holds: inout Sentences) {
        holds("A node does not watch itself.", links[node] == nil && memories[node] == nil)
        holds("Measurements are kept once.", memories.keys.allSatisfy { links[$0] == nil })
        if let probe {
            holds("What is probed is a link that is up.", links[probe.peer]?.isUp == true)
            holds("A probe is no longer than allowed.", (1...MessageLimits.probe).contains(probe.bytes))
            holds(of: "probe", probe)
        }
        for (peer, link) in links {
            holds("Silence is looked at in time.", defect == .silenceForgotten || isLookedAt(link))
            holds(of: "link to \(peer)", link)
        }
        for (peer, bandwidth) in memories { holds(of: "memory of \(peer)", bandwidth) }
        holds(of: "resources", ownResources)
        holds("What has changed has been looked at.", !isChanged)
        holds("The shell wakes the monitor in time.", armed ?? .max <= nextWake ?? .max)
        holds("Actions are handed over.", actions.isEmpty)
    }

    /// A deadline is not put off by each sign of life, so it may come too early, and never too late.
    private func isLookedAt(_ link: WatchedLink) -> Bool { link.deadline <= link.heard + link.silenceBound(settings) }
}

extension WatchedLink: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("A link comes up with a heartbeat.", !isUp || beat != nil)
        holds("A heartbeat is a sign of life.", beat.map { $0.at <= heard } ?? true)
        holds("Signs of life come on the connection.", since <= heard)
        holds("Only of a link that is up something is reported.", isUp || reported == .unmeasured)
        holds("What is measured was tried.", bandwidth.map { $0.at <= triedAt ?? .min } ?? true)
        holds("A peer is answered within the bound.", (0...Self.mostAnswered).contains(answered.bytes))
        holds("Measurements are in their ranges.", quality.isInRange && reported.isInRange)
        holds(of: "round trip", roundTrip)
        if let bandwidth { holds(of: "bandwidth", bandwidth) }
    }
}

extension MeasuredBandwidth: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("What is kept has been measured.", value != nil)
        holds("The last measurement is in the window at hand.", extreme.start <= at)
        holds(of: "extreme", extreme)
    }
}

extension WindowedExtreme: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("A window takes time.", window >= 1)
        holds("No window is before the first.", current != nil || previous == nil)
    }
}

extension BandwidthProbe: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The first part is the first to come.", (first == nil) == (next == 0))
        holds("Nothing has come before the first part.", (first == nil) == (received == 0))
        holds("No more comes than was asked for.", (0...bytes).contains(received))
        holds("Parts come after they were asked for.", first.map { asked <= $0.at && $0.at <= together.at } ?? true)
        holds("The first part is among those that came with it.", first.map { $0.bytes <= together.bytes } ?? true)
        holds("What came at once has come.", first == nil || max(together.bytes, last.bytes) <= received)
        holds("A shorter probe has measured something.", shorter.map { $0.bytes > 0 && $0.time > 0 } ?? true)
    }
}

extension ArrivalRate: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("A span takes time.", span >= 1)
        holds("Marks are few.", marks.count <= Self.marksInSpan + 1)
        holds("The first arrival makes a mark.", marks.isEmpty == (count == 0))
        holds("No mark is after the last arrival.", marks.last.map { $0.time <= last && $0.count <= count } ?? true)
    }
}

extension OwnResources: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Memory is in its range.", (0...MessageLimits.greatestQuantity).contains(snapshotMemory))
        holds(of: "work", work)
    }
}

extension WorkRate: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The sum of samples is bounded.", (0...Self.mostScaledSamples).contains(samples))
        holds("The sums of times are bounded.", (0...Self.mostTime).contains(computed) && span <= Self.mostTime)
        holds("A node works no longer than time passes.", 0 <= busy && busy <= span)
        holds("It has computed whenever it was busy.", busy <= computed)
        holds("Something was computed in a step.", (last == nil) == (computed == 0))
    }
}
