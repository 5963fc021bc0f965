import ChaosModel
import ChaosProtocol

/// What gradients and a transfer take from each other while members go on.
///
/// A link carries its bandwidth each way, whatever the others carry, and the state comes over the joiner's links, gradients
/// over those between members. They meet in two places:
///
/// - **The uplink of a member that serves.** It carries what the member's fastest link does. In a step each member sends its
///   gradients twice, up and down, at the rate of the narrowest link, r; a member sends the state at the rate of the joiner's
///   link, b. If r + b is more than the uplink, both have half of it, or, where one needs less, the other has the rest. All
///   wait for the slowest, so gradients go at the least rate that any member has for them, and what that leaves of the uplinks
///   of others a transfer has.
/// - **The link by which a joiner gets updates** while it pulls (`Policy.sendsUpdatesToJoiners`): those of each step that ends
///   meanwhile go first. Whichever did, it needs both.
///
/// A step so takes longer by what gradients do; that is idle time. What a member sends to several joiners goes over a link to
/// each, and they take nothing from each other, under any policy. While training halts a transfer has all for itself.
///
/// Rates are constant between two events. What something loses by a rate that is less than its own is added to the time of its
/// end, rounded up, and so is early by nothing and late by less than a nanosecond a change of rates.
extension TimelineSimulation {
    /// What one source sends to a joiner.
    struct Transfer {
        let activity: Int
        let source: NodeID
        /// Of the link, bit/s.
        let bandwidth: Int
        let carriesUpdates: Bool
    }

    /// A transfer that is on its way.
    private struct Flow {
        let handling: Int
        let transfer: Transfer
        let uplink: Int
        let end: Int

        /// What there is for gradients at its source, bit/s.
        var room: Int { max(1, uplink - transfer.bandwidth, uplink / 2) }

        /// What there is for it while gradients go at this rate, bit/s.
        func rate(beside gradients: Int) -> Int { max(1, min(transfer.bandwidth, uplink - gradients)) }
    }

    /// Of a course for which training does not halt.
    func transfers(of run: CourseRun, on instance: Instance?, from sources: [NodeID]) -> [Transfer] {
        guard let instance, case .never = run.course.halt else { return [] }
        let nearest = policy.sendsUpdatesToJoiners ? instance.neighbors.fastest : nil
        return run.course.activities.enumerated().compactMap { k, activity in
            guard case .send(let source, _, _) = activity.kind else { return nil }
            return Transfer(
                activity: k, source: sources[source], bandwidth: instance.neighbors[source].bandwidth,
                carriesUpdates: source == nearest)
        }
    }

    /// Time passes, at the rates of its beginning.
    mutating func share(from start: Int, to end: Int) {
        guard held == nil, !pulling.isEmpty else { return }
        let flows = flows(start)
        guard !flows.isEmpty else { return }
        let steps = clock.steps(by: start)
        if let rate = gradientRate(beside: flows, start) {
            let lost = Self.lost(of: end - start, at: rate, insteadOf: shape.rate)
            clock.origin += lost
            record.idle += lost * members.count
            for flow in flows {
                let own = flow.transfer.bandwidth
                delay(flow, by: Self.lost(of: end - start, at: flow.rate(beside: rate), insteadOf: own))
            }
        }
        let done = clock.steps(by: end) - steps
        for flow in flows where flow.transfer.carriesUpdates && done > 0 {
            guard let run = handlings[flow.handling]?.run, run.ends[flow.transfer.activity] > end else { continue }
            let update = Situation.time(of: scenario.training.gradientBytes, at: flow.transfer.bandwidth)
            for _ in 0..<done { delay(flow, by: update) }
        }
    }

    /// Schedules when rates change next.
    mutating func expectRates(_ now: Int) {
        if pulling.isEmpty { return }
        pulling = pulling.filter { handlings.keys.contains($0) }
        if uplinks.isEmpty {
            for source in pulling.compactMap({ handlings[$0]?.sources }).joined() {
                uplinks[source] = uplink(of: source)
            }
        }
        let flows = flows(now)
        var times: [Int] = []
        for id in pulling {
            // Those of what is no transfer are when it begins; to look at the rates then does no harm.
            guard let run = handlings[id]?.run else { continue }
            times += run.departures.filter { $0 > now }
        }
        let rate = held == nil ? gradientRate(beside: flows, now) : nil
        for flow in flows {
            let own = flow.transfer.bandwidth
            times.append(now + Self.time(of: flow.end - now, at: rate.map(flow.rate) ?? own, insteadOf: own))
        }
        if !flows.isEmpty, held == nil {
            let left = shape.phase(at: clock.begun(by: now)).left
            times.append(now + Self.time(of: left, at: rate ?? shape.rate, insteadOf: shape.rate))
        }
        guard let next = times.min(), !(now + 1...next).contains(expected) else { return }
        expected = next
        schedule(.rates, at: next)
    }

    /// How much later the step under way ends than it would if gradients had their own rate from now on.
    func slowness(_ now: Int) -> Int {
        guard let rate = gradientRate(beside: flows(now), now) else { return 0 }
        let left = shape.phase(at: clock.begun(by: now)).left
        return Self.time(of: left, at: rate, insteadOf: shape.rate) - left
    }

    private func flows(_ now: Int) -> [Flow] {
        pulling.flatMap { id in
            guard let run = handlings[id]?.run, let transfers = handlings[id]?.transfers else { return [Flow]() }
            return transfers.compactMap { transfer in
                let end = run.ends[transfer.activity]
                guard run.departures[transfer.activity] <= now, now < end else { return nil }
                let uplink = uplinks[transfer.source] ?? uplink(of: transfer.source)
                return Flow(handling: id, transfer: transfer, uplink: uplink, end: end)
            }
        }
    }

    /// Nil: none are on their way, or nothing takes from them.
    private func gradientRate(beside flows: [Flow], _ now: Int) -> Int? {
        guard shape.phase(at: clock.begun(by: now)).phase == .sending else { return nil }
        return flows.map { min(shape.rate, $0.room) }.min()
    }

    private func uplink(of node: NodeID) -> Int {
        if scenario.capacities.isEmpty { return scenario.network.capacity.bandwidth }
        return (links[node] ?? []).map { scenario.capacity(of: Link(node, $0)).bandwidth }.max() ?? 1
    }

    private mutating func delay(_ flow: Flow, by time: Int) {
        handlings[flow.handling]?.run.delay(flow.transfer.activity, by: time)
    }

    /// How much later something is done that goes on for so long at a rate less than its own.
    private static func lost(of time: Int, at rate: Int, insteadOf own: Int) -> Int {
        time - Int(Int128(time) * Int128(rate) / Int128(own))
    }

    /// How long something takes at a rate less than its own.
    private static func time(of own: Int, at rate: Int, insteadOf full: Int) -> Int {
        Int(clamping: (Int128(own) * Int128(full) + Int128(rate) - 1) / Int128(rate))
    }
}
