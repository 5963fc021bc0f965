import ChaosJudgement
import ChaosProtocol
import ChaosScenario

/// What happens when.
extension Lab {
    func playTimeline() throws {
        var due = MonotonicClock.now
        for (index, step) in scenario.steps.enumerated() {
            due += step.delay
            doing = step.event?.description ?? "the end of the timeline"
            try wait(until: due)
            switch step {
            case .event(let event, _):
                history.deeds.append((MonotonicClock.now, .event(event)))
                let orders = LabOrder.orders(
                    for: event, in: network, isShaped: shaping != nil, hasEngines: scenario.lab.training == .engine)
                for order in orders { carryOut(order) }
            case .wait: break
            case .calm:
                doing = "everything to settle"
                try waitUntilSettled()
                due = MonotonicClock.now
            }
            if index == scenario.steps.count - 1 { doing = "the end" }
        }
    }

    private func wait(until due: Int) throws {
        repeat { try look(judges: watch != nil) } while MonotonicClock.now < due
    }

    private func waitUntilSettled() throws {
        let bound = MonotonicClock.now + scenario.calmBound
        // Perhaps nobody has looked so far.
        try look(judges: true)
        while let (invariant, finding) = standstill {
            // Where all steps are done, none is done under the last view.
            if let steps = scenario.lab.steps, live.mostUpdates >= steps { return }
            // Nobody computes any more; which engines have ended too early is told at the end.
            if scenario.lab.training == .engine, !hasEngines { return }
            guard MonotonicClock.now < bound else {
                failures.append("\(invariant.rawValue) broken: \(finding) (\(invariant.sentence))")
                return
            }
            try look(judges: true)
        }
    }

    private var hasEngines: Bool {
        nodes.values.contains { !$0.isGone && ($0.engineBackAt != nil || $0.engine?.hasEnded() == false) }
    }

    private var standstill: (Invariant, String)? {
        live.standstill(
            in: ClusterSurroundings(
                network, leaving: leaving, lying: lying,
                idle: Set(nodes.values.filter { $0.engineBackAt != nil }.map(\.id))))
    }

    /// Some more steps, as long as there are any.
    func goOnUntilSteps() throws {
        guard let steps = options.steps ?? scenario.lab.steps else { return }
        doing = "step \(steps)"
        var (latest, since) = (live.mostUpdates, MonotonicClock.now)
        while live.mostUpdates < steps {
            try look(judges: true)
            if live.mostUpdates > latest { (latest, since) = (live.mostUpdates, MonotonicClock.now) }
            guard MonotonicClock.now - since < 60_000_000_000 else {
                failures.append("no step in a minute after step \(latest)")
                return
            }
        }
    }

    /// Engines that have done all steps have something to say at their end.
    func waitForEngines() throws {
        guard scenario.lab.steps != nil else { return }
        doing = "the ends of the engines"
        let deadline = MonotonicClock.now + 60_000_000_000
        while let node = nodes.values.first(where: { !$0.isGone && $0.engine?.hasEnded() == false }) {
            guard MonotonicClock.now < deadline else {
                failures.append("the engine of node \(node.id) does not end")
                return
            }
            try look(judges: true)
        }
    }

    // MARK: Looking

    /// Sees who has ended and who goes on, and waits a moment.
    /// - Parameter judges: whether what has been written down is read and judged; as long as nobody asks for that, the
    ///   nodes have the processors for themselves.
    private func look(judges: Bool) throws {
        if isInterrupted() { throw Interrupted() }
        let now = MonotonicClock.now
        for node in nodes.values where !node.isGone {
            if node.process.hasEnded() { bury(node) }
            if let due = node.resumesAt, now >= due { resume(node) }
            lookAtEngine(of: node, now)
        }
        if judges {
            readJournals()
            // Of what happened just now, somebody may not have written his part yet.
            live.judge(until: now - 200_000_000)
        }
        if let watch, now - shownAt > 250_000_000 {
            shownAt = now
            watch(
                LabProgress(
                    title: scenario.name ?? "", time: now - history.origin, doing: doing, statuses: poller.latest,
                    gone: Set(nodes.filter(\.value.isGone).keys), steps: live.mostUpdates))
        }
        MonotonicClock.sleep(5_000_000)
    }

    func readJournals() {
        for node in nodes.values where !node.tail.isClosed {
            let new = node.tail.read(&failures)
            history.entries += new
            live.add(new)
            if node.isGone { node.tail.close() }
        }
    }
}
