/// The monitor: which links of a node are up, and what they are like.
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back; no two nodes need to agree on it. The shell owns clock, connections
/// and process. It hands over what has come before it says that time has passed, so that a process that was held up
/// does not take its neighbours for silent.
///
/// **Failure.** Every connected peer gets a heartbeat every `heartbeat`. A link comes up with the first heartbeat on a
/// connection. It goes down at once when the connection closes, which is how the end of a process shows; and when
/// nothing at all has come for `failureBound`, which is how a cut in the network shows. Any message is a sign of life,
/// and brings a silent link up again. A connection that stays silent for `disconnect` is given up.
///
/// **Round trip.** A heartbeat carries the time of the last one that came from the other end, and how long ago that
/// was; the rest is the round trip. Of the recent ones the least is taken: what is wanted is what the link takes when
/// it is not busy, for plans and for the depth of a tree.
///
/// **Bandwidth** of the direction to this node comes from the traffic itself: the shell says how many bytes came from a
/// peer in which time. Of the recent ones the greatest is taken (`WindowedExtreme`). A link without a measurement for
/// `probeAfter` is probed: the peer sends some bytes at once, and more if those come in no time (`BandwidthProbe`). Where
/// the bandwidth is found as it was, the next probe comes later, after `longestProbeAfter` at last: probes are most of the
/// bytes of a cluster at rest, and many of its messages. A node
/// has one probe under way at a time, for two at once would measure each other, and what it answers a peer in
/// `probePause` is bounded. A link that has never been measured is *unmeasured*.
///
/// **Reports.** All nodes are told what has been measured, so it is told only when something has changed by more than
/// an eighth since it was told, or was unmeasured before, and at most every `reportInterval`.
public struct Monitor: Sendable {
    /// Of the answer to a probe: more cost time and measure nothing better.
    private static let mostProbeParts = 64

    public let node: NodeID
    public let settings: MonitorSettings

    let defect: PlantedDefect?
    var links: [NodeID: WatchedLink] = [:]
    /// Of peers that were connected lately.
    var memories: [NodeID: MeasuredBandwidth] = [:]
    var ownResources = OwnResources()
    /// The one that is under way.
    var probe: BandwidthProbe?
    /// Nil: nothing has been reported.
    var lastReport: LastReport?
    /// Whether something has been measured since that was last looked at.
    var isChanged = false

    /// When the next heartbeats are due; nil before the start.
    var heartbeatAt: Int?
    /// When the shell is to call `onWake`.
    var armed: Int?
    var actions: [Action] = []

    public init(node: NodeID, settings: MonitorSettings = MonitorSettings()) {
        self.init(node: node, settings: settings, defect: nil)
    }

    package init(node: NodeID, settings: MonitorSettings, defect: PlantedDefect?) {
        self.node = node
        self.settings = settings
        self.defect = defect
    }

    // MARK: Events

    /// To be called once, before all else.
    public mutating func onStart(at now: Int) -> [Action] {
        heartbeatAt = now + settings.heartbeat
        return drawConsequences(at: now)
    }

    /// There is a connection with the peer. Further ones with the same peer are ignored.
    public mutating func onConnected(to peer: NodeID, at now: Int) -> [Action] {
        guard peer != node, links[peer] == nil else { return [] }
        let memory = memories.removeValue(forKey: peer).flatMap { isFresh($0, now) ? $0 : nil }
        let link = WatchedLink(at: now, memory: memory, settings: settings)
        links[peer] = link
        send(.heartbeat(link.heartbeat(at: now)), to: peer)
        return drawConsequences(at: now)
    }

    /// The last connection with the peer has closed.
    public mutating func onClosed(to peer: NodeID, at now: Int) -> [Action] {
        guard let link = links[peer] else { return [] }
        if link.isUp { actions.append(.link(to: peer, isUp: false)) }
        forget(peer, now)
        return drawConsequences(at: now)
    }

    /// A message of the monitor of a connected peer.
    public mutating func onMessage(_ message: MonitorMessage, from peer: NodeID, at now: Int) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        guard links[peer] != nil else { return [] }
        if case .heartbeat(let beat) = message {
            links[peer]!.receive(beat, at: now)
            isChanged = true
        }
        hear(peer, now)
        switch message {
        case .heartbeat: break
        case .probeRequest(let bytes): answer(peer, bytes, now)
        case .probe(let part, let parts, let bytes): receive(part, of: parts, bytes, from: peer, now)
        }
        return drawConsequences(at: now)
    }

    /// Any other message has come from the peer. Cost: O(1), unless the link comes up by it.
    public mutating func onHeard(from peer: NodeID, at now: Int) -> [Action] {
        guard hear(peer, now) else { return [] }
        return drawConsequences(at: now)
    }

    /// Bytes have come from the peer without a pause, the last of them now.
    /// Cost: O(links).
    /// - Parameters:
    ///   - peer: from whom they came.
    ///   - bytes: how many, more than 0.
    ///   - time: from the first to the last, in nanoseconds.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onDelivered(from peer: NodeID, bytes: Int, over time: Int, at now: Int) -> [Action] {
        guard links[peer] != nil, bytes >= settings.leastDelivered, time > 0 else { return [] }
        links[peer]!.measure(bytes, over: time, settings, at: now)
        isChanged = true
        return drawConsequences(at: now)
    }

    /// This node has computed a gradient.
    /// - Parameters:
    ///   - samples: how many it is of.
    ///   - computeTime: how long that took, in nanoseconds.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onStep(samples: Int, computeTime: Int, at now: Int) -> [Action] {
        ownResources.work.add(samples: samples, computeTime: computeTime, at: now)
        isChanged = true
        return drawConsequences(at: now)
    }

    /// More or less memory is free for snapshots.
    /// - Parameters:
    ///   - free: in bytes, 0 … 2^50.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onMemory(free: Int, at now: Int) -> [Action] {
        ownResources.snapshotMemory = min(max(free, 0), MessageLimits.greatestQuantity)
        isChanged = true
        return drawConsequences(at: now)
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        for peer in links.keys.sorted() where now >= links[peer]!.deadline { expire(peer, now) }
        if let due = heartbeatAt, now >= due {
            for peer in links.keys.sorted() { send(.heartbeat(links[peer]!.heartbeat(at: now)), to: peer) }
            heartbeatAt = now + settings.heartbeat
        }
        if let due = reportAt, now >= due { isChanged = true }
        if let probe, now >= probe.asked + settings.probeTimeout { endProbe(with: probe.soFar(at: now), now) }
        return drawConsequences(at: now)
    }

    // MARK: Links

    private mutating func send(_ message: MonitorMessage, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    /// - Returns: whether the link has come up.
    @discardableResult private mutating func hear(_ peer: NodeID, _ now: Int) -> Bool {
        guard links[peer]?.hear(at: now, settings: settings) == true else { return false }
        actions.append(.link(to: peer, isUp: true))
        // Not at the next turn: so the peer has its round trip at once.
        send(.heartbeat(links[peer]!.heartbeat(at: now)), to: peer)
        isChanged = true
        return true
    }

    /// The deadline of a link is set once and not with every message; when it comes, there has been silence since, or
    /// it is put off.
    private mutating func expire(_ peer: NodeID, _ now: Int) {
        let link = links[peer]!
        let rest = link.silenceBound(settings) - link.silence(at: now)
        if rest > 0 {
            links[peer]!.deadline = defect == .silenceForgotten ? .max : now + rest
        } else if link.isUp {
            giveUpProbe(of: peer, now)
            links[peer]!.goDown(settings: settings)
            actions.append(.link(to: peer, isUp: false))
        } else {
            forget(peer, now)
            actions.append(.disconnect(peer))
        }
    }

    /// There is no connection with the peer any more. What has been measured stays for a while, so that a link that comes
    /// and goes is not probed each time.
    private mutating func forget(_ peer: NodeID, _ now: Int) {
        giveUpProbe(of: peer, now)
        memories[peer] = links.removeValue(forKey: peer)?.bandwidth
        memories = memories.filter { isFresh($0.value, now) }
    }

    private func isFresh(_ memory: MeasuredBandwidth, _ now: Int) -> Bool {
        now < memory.at + settings.probeAfter
    }

    // MARK: Probes

    private mutating func answer(_ peer: NodeID, _ bytes: Int, _ now: Int) {
        guard links[peer]!.mayAnswer(probeOf: bytes, at: now, settings: settings) else { return }
        let size = max(settings.probePart, (bytes - 1) / Self.mostProbeParts + 1)
        let parts = (bytes - 1) / size + 1
        for part in 0..<parts {
            send(.probe(part: part, parts: parts, bytes: min(bytes - part * size, size)), to: peer)
        }
    }

    private mutating func receive(_ part: Int, of parts: Int, _ bytes: Int, from peer: NodeID, _ now: Int) {
        guard probe?.peer == peer else { return }
        switch probe!.receive(part: part, of: parts, bytes: bytes, at: now) {
        case .waiting: return
        case .failed: endProbe(with: probe!.shorter, now)
        case .measured(let measurement):
            if let bytes = probe!.longer(measurement, settings) {
                ask(BandwidthProbe(of: peer, bytes: bytes, after: measurement, at: now))
            } else {
                endProbe(with: measurement, now)
            }
        }
    }

    private mutating func giveUpProbe(of peer: NodeID, _ now: Int) {
        if let probe, probe.peer == peer { endProbe(with: probe.shorter, now) }
    }

    private mutating func endProbe(with measurement: BandwidthProbe.Measurement?, _ now: Int) {
        if let measurement, let peer = probe?.peer {
            let known = links[peer]!.bandwidth?.value
            links[peer]!.measure(measurement.bytes, over: measurement.time, settings, at: now)
            links[peer]!.noteProbe(known: known, settings)
            isChanged = true
        }
        probe = nil
    }

    /// Whose turn it is to be probed, and when: the link that has been without a measurement for longest.
    private var nextProbe: (peer: NodeID, at: Int)? {
        guard probe == nil else { return nil }
        var next: (peer: NodeID, at: Int)?
        for (peer, link) in links where link.isUp {
            let due = link.triedAt.map { $0 + link.probeAfter } ?? .min
            guard let best = next else {
                next = (peer, due)
                continue
            }
            if (due, peer) < (best.at, best.peer) { next = (peer, due) }
        }
        return next
    }

    private mutating func considerProbing(_ now: Int) {
        guard let next = nextProbe, now >= next.at else { return }
        links[next.peer]!.triedAt = now
        ask(BandwidthProbe(of: next.peer, bytes: links[next.peer]!.probeBytes(settings), at: now))
    }

    private mutating func ask(_ probe: BandwidthProbe) {
        self.probe = probe
        send(.probeRequest(bytes: probe.bytes), to: probe.peer)
    }

    // MARK: After every event

    /// Does what follows from what has changed, and hands over the actions.
    private mutating func drawConsequences(at now: Int) -> [Action] {
        considerProbing(now)
        if isChanged { considerReport(now) }
        rearm()
        let handedOver = actions
        actions.removeAll()
        stopIfBroken(unless: defect)
        return handedOver
    }

    /// When what has changed since the last report may be reported; nil: nothing has.
    private var reportAt: Int? {
        lastReport.flatMap { $0.isOutdated ? $0.at + settings.reportInterval : nil }
    }

    private mutating func considerReport(_ now: Int) {
        isChanged = false
        // It will be looked at then.
        if let reportAt, now < reportAt { return }
        lastReport?.isOutdated = false
        let up = links.filter(\.value.isUp)
        let resources = ownResources.resources(at: now)
        guard
            up.contains(where: { differ($0.value.quality, $0.value.reported) })
                || differ(resources, lastReport?.resources ?? Resources())
        else { return }
        if let last = lastReport, now < last.at + settings.reportInterval {
            lastReport?.isOutdated = true
            return
        }
        lastReport = LastReport(resources: resources, at: now)
        for peer in up.keys { links[peer]!.reported = links[peer]!.quality }
        actions.append(.measured(up.mapValues(\.quality), resources))
    }

    private func differ(_ new: LinkQuality, _ old: LinkQuality) -> Bool {
        differ(new.bandwidth, old.bandwidth) || differ(new.roundTrip, old.roundTrip)
    }

    /// The load has a scale of its own: an eighth of the whole of it.
    private func differ(_ new: Resources, _ old: Resources) -> Bool {
        differ(new.samplesPerSecond, old.samplesPerSecond) || differ(new.snapshotMemory, old.snapshotMemory)
            || abs(new.load - old.load) > 1000 / settings.reportedPart
    }

    private func differ(_ new: Int?, _ old: Int?) -> Bool {
        guard let new, let old else { return new != old }
        return abs(new - old) > old / settings.reportedPart
    }

    /// The earliest time at which something is to be done without any other event.
    var nextWake: Int? {
        var next = heartbeatAt ?? .max
        if let reportAt { next = min(next, reportAt) }
        if let probe { next = min(next, probe.asked + settings.probeTimeout) }
        if let nextProbe { next = min(next, nextProbe.at) }
        for link in links.values { next = min(next, link.deadline) }
        return next == .max ? nil : next
    }

    /// An armed time that has become too early is left: waking for nothing costs less than naming a new time with every
    /// message.
    private mutating func rearm() {
        guard let next = nextWake, next < armed ?? .max else { return }
        armed = next
        actions.append(.wake(at: next))
    }
}
