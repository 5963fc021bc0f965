import ChaosControl
import ChaosProcess
import ChaosProtocol
import Foundation

/// What is done to the nodes.
extension Lab {
    func carryOut(_ order: LabOrder) {
        switch order {
        case .start(let node, let links): join(node, links)
        case .kill(let id):
            guard let node = nodes[id], !node.isGone else { break }
            node.process.end()
            bury(node)
        case .pause(let id, let time):
            guard let node = nodes[id], !node.isGone, node.resumesAt == nil else { break }
            node.process.signal(SIGSTOP)
            node.resumesAt = MonotonicClock.now + time
            watchSockets()
        case .takeEngine(let id, let time):
            guard let node = nodes[id], !node.isGone, let engine = node.engine else { break }
            engine.end()
            node.engine = nil
            node.engineBackAt = MonotonicClock.now + time
        case .ask(let node, let request):
            // By what they have been told the nodes are judged.
            if request == .leave {
                leaving.insert(node)
                nodes[node]?.mayEnd = true
            }
            if request == .lie(true) { lying.insert(node) }
            ask(node, request)
        case .proceed(let node, let reached): letProceed(node, reaching: reached)
        case .connect(let link): connect(link)
        case .disconnect(let link): disconnect(link)
        case .throttle(let link, let factor): shaping?.crawl(link, factor: factor, &failures)
        case .leaveOut(let reason): history.deeds.append((MonotonicClock.now, .note(reason)))
        }
    }

    private func join(_ id: NodeID, _ others: [NodeID]) {
        network.start(id)
        for other in others where other != id { _ = network.mend(Link(id, other)) }
        do {
            try start(id, isFounder: false)
        } catch {
            failures.append("node \(id) could not be started: \(error)")
            network.stop(id)
        }
    }

    private func disconnect(_ link: Link) {
        guard network.cut(link) else { return }
        ask(link.a, .linkRemove(peer: link.b))
        ask(link.b, .linkRemove(peer: link.a))
    }

    private func connect(_ link: Link) {
        guard network.mend(link), network.alive.isSuperset(of: [link.a, link.b]) else { return }
        ask(link.a, .linkAdd(peer: link.b, address: addresses[link.b]!))
        ask(link.b, .linkAdd(peer: link.a, address: addresses[link.a]!))
    }

    /// Of a paused node it is asked when it goes on.
    private func ask(_ id: NodeID, _ request: ControlRequest) {
        guard let node = nodes[id], !node.isGone else { return }
        if node.resumesAt != nil {
            node.held.append(request)
            return
        }
        do {
            // A joiner may not listen yet.
            let deadline = MonotonicClock.now + 5_000_000_000
            while true {
                do {
                    if case .refused(let reason) = try ControlClient(node.files.control, timeout: 5).send(request) {
                        failures.append("node \(id) refuses \(request): \(reason)")
                    }
                    return
                } catch {
                    if node.process.hasEnded() { return }
                    guard MonotonicClock.now < deadline else { throw error }
                    MonotonicClock.sleep(5_000_000)
                }
            }
        } catch {
            failures.append("node \(id) does not take \(request): \(error)")
        }
    }

    /// As soon as the node is halted, or not at all.
    private func letProceed(_ id: NodeID, reaching reached: Set<NodeID>) {
        guard let node = nodes[id], !node.isGone, node.resumesAt == nil else { return }
        let deadline = MonotonicClock.now + 10_000_000_000
        while MonotonicClock.now < deadline, !node.process.hasEnded() {
            if case .status(let status)? = try? ControlClient(node.files.control, timeout: 5).send(.status),
                status.isHalted, let view = status.view
            {
                return ask(id, .proceed(without: view.members.filter { !reached.contains($0) }))
            }
            MonotonicClock.sleep(20_000_000)
        }
        history.deeds.append((MonotonicClock.now, .note("let \(id) proceed: it is not halted")))
    }

    // MARK: Processes

    /// Starts what computes for a node, if that is a process of its own.
    func startEngine(of node: LabNode) throws(LaunchFailure) {
        guard let words = node.files.engineCommand(of: scenario) else { return }
        node.engine = try BoundProcess(words[0], Array(words.dropFirst()), output: node.files.engineLog)
    }

    /// Starts an engine again whose time has come, and notes one that has failed.
    func lookAtEngine(of node: LabNode, _ now: Int) {
        if let due = node.engineBackAt, now >= due {
            node.engineBackAt = nil
            do throws(LaunchFailure) { try startEngine(of: node) } catch {
                failures.append("the engine of node \(node.id) could not be started: \(error)")
            }
        }
        guard let engine = node.engine, engine.hasEnded(), engine.ending != .exited(0), !node.mayEnd else { return }
        node.engine = nil
        failures.append(
            "the engine of node \(node.id) \(engine.ending!) unasked: \(LabNode.lastWords(in: node.files.engineLog))")
    }

    func resume(_ node: LabNode) {
        node.process.signal(SIGCONT)
        node.resumesAt = nil
        watchSockets()
        for request in node.held { ask(node.id, request) }
        node.held = []
    }

    func bury(_ node: LabNode) {
        node.isGone = true
        node.engine?.end()
        network.stop(node.id)
        live.gone(node.id, at: MonotonicClock.now)
        history.deeds.append((MonotonicClock.now, .gone(node.id)))
        watchSockets()
        if !history.killed.contains(node.id), !(node.mayEnd && node.process.ending == .exited(0)) {
            failures.append("node \(node.id) \(node.process.ending!) unasked: \(node.lastWords)")
        }
    }
}
