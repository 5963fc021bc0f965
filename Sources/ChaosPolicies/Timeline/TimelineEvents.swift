import ChaosModel
import ChaosProtocol
import ChaosScenario

/// What happens to nodes and links, and what the policy is asked about it.
extension TimelineSimulation {
    mutating func handle(_ event: Scenario.Event, _ now: Int) throws {
        switch event {
        case .join(let node, let peers):
            for peer in peers { connect(Link(node, peer)) }
            machines.append(node)
            record.joins.append(.init(node: node.rawValue, asked: now))
            try take(Request(event: .join, node: node, since: now, join: record.joins.count - 1), now)
        case .leave(let node):
            end(node, now)
            if members.contains(node) { try take(Request(event: .leave, node: node, since: now), now) }
        case .crash(let node):
            end(node, now)
            let wasMember = members.contains(node)
            remove(node, now)
            guard wasMember, !members.isEmpty else { return }
            // Whatever else a serial policy is about: without the member no step ends.
            if policy.isSerial, held == nil { stop(now, keeps: false) }
            try take(Request(event: .crash, node: node, since: now), now)
        case .cut(let link):
            links[link.a]?.remove(link.b)
            links[link.b]?.remove(link.a)
            loseSource(link.a, of: link.b, now)
            loseSource(link.b, of: link.a, now)
            try take(.cut, link, now)
        case .mend(let link):
            connect(link)
            try take(.mend, link, now)
        case .isolate, .heal, .slow, .crawl, .reset, .pause, .idle, .lie, .proceed, .forge: record.leftOut += 1
        }
    }

    private mutating func take(_ event: Situation.Event, _ link: Link, _ now: Int) throws {
        guard members.contains(link.a), members.contains(link.b) else { return }
        try take(Request(event: event, node: link.a, since: now), now)
    }

    /// A machine goes. One that joins is given up: nobody waits any longer for it than it takes to notice.
    private mutating func end(_ node: NodeID, _ now: Int) {
        machines.removeAll { $0 == node }
        for (id, handling) in joinsUnderWay where handling.request.node == node {
            abort(handling, now, keeps: false)
            if handling.isHalting {
                handlings[id]?.isGivenUp = true
                schedule(.haltEnds(id), at: now + settings.detection)
            } else {
                handlings[id] = nil
            }
            if policy.isSerial { busy = busy.lowerBound..<min(busy.upperBound, now + settings.detection) }
        }
    }

    /// In the order in which they began.
    private var joinsUnderWay: [(id: Int, handling: Handling)] {
        handlings.filter { $0.value.request.event == .join && !$0.value.isGivenUp }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    /// It is no member any more, and sends nothing.
    mutating func remove(_ node: NodeID, _ now: Int) {
        disconnect(node)
        changeMembers(now) { $0.removeAll { $0 == node } }
        loseSource(node, of: nil, now)
    }

    /// What a node was to send that cannot any more is to be sent by others.
    /// - Parameter joiner: the only one that it cannot send to; nil: it can to none.
    private mutating func loseSource(_ node: NodeID, of joiner: NodeID?, _ now: Int) {
        for (id, handling) in joinsUnderWay where handling.request.node == joiner ?? handling.request.node {
            guard let source = handling.sources.firstIndex(of: node), handling.run.bytes[source] > 0,
                handling.run.whole.map({ $0 > now }) ?? false
            else { continue }
            let have = abort(handling, now, keeps: policy.keepsWhatHasCome)
            handlings[id] = nil
            if let halt = handling.halt { record.halts[halt].to = now }
            var request = handling.request
            if policy.keepsWhatHasCome {
                request.missing = max(1, (request.missing ?? scenario.training.stateBytes) - have)
                schedule(.request(request), at: now)
            } else {
                schedule(.request(request), at: now + settings.detection)
            }
            if policy.isSerial { busy = busy.lowerBound..<now }
        }
    }

    /// - Returns: the bytes that have come.
    @discardableResult
    private mutating func abort(_ handling: Handling, _ now: Int, keeps: Bool) -> Int {
        let have = handling.sources.indices.reduce(0) {
            $0 + handling.run.bytes(of: $1, by: now, in: handling.instance)
        }
        record.bytes -= handling.run.bytes.reduce(0, +) - have
        if !keeps { record.bytesTwice += have }
        return have
    }

    mutating func take(_ request: Request, _ now: Int) throws {
        // What comes at one time is handled together.
        if policy.isSerial, busy.upperBound > now, busy.lowerBound != now {
            return schedule(.request(request), at: busy.upperBound)
        }
        let sources = request.event == .join ? members.filter { links[request.node]?.contains($0) ?? false } : []
        if request.event == .join {
            guard machines.contains(request.node) else { return }
            // Nobody that it knows has the state yet.
            if sources.isEmpty { return schedule(.request(request), at: now + settings.step) }
        } else if request.event == .leave, !members.contains(request.node) {
            return
        }
        let instance = request.event == .join ? try instance(request, sources) : nil
        let extremes = linkExtremes()
        var situation = Situation(
            event: request.event, instance: instance, bytes: scenario.training.stateBytes, members: members.count,
            roundTrip: extremes.roundTrip, storageBandwidth: extremes.storageBandwidth, number: request.join ?? 0,
            settings: settings)
        situation.isResumed = request.missing != nil
        // Time to notice passes while something else is handled.
        situation.settings.detection = max(0, settings.detection - (now - request.since))
        let course = try policy.course(for: situation)
        // Nothing is done about it.
        if course.activities.isEmpty { return }
        let wait = course.awaitsReallocation ? now % settings.reallocation : 0
        if wait > 0 { return schedule(.request(request), at: now + settings.reallocation - wait) }
        try begin(request, course, on: instance, from: sources, now)
    }

    private mutating func begin(
        _ request: Request, _ course: Course, on instance: Instance?, from sources: [NodeID], _ now: Int
    ) throws {
        var clock = clock
        // A step that is broken off has no end to wait for.
        if held != nil { clock.origin = now }
        let run = try CourseRun(course, on: instance, from: now, clock: clock)
        let id = nextHandling
        nextHandling += 1
        let transfers = transfers(of: run, on: instance, from: sources)
        handlings[id] = Handling(
            request: request, run: run, instance: instance, sources: sources, transfers: transfers)
        if !transfers.isEmpty { pulling.insert(id) }
        record.bytes += run.bytes.reduce(0, +)
        if let halt = run.halt, !halt.isEmpty {
            schedule(.haltBegins(id), at: halt.lowerBound)
            schedule(.haltEnds(id), at: halt.upperBound)
        }
        schedule(.effective(id), at: run.effective)
        guard policy.isSerial else { return }
        // What a crash has broken goes on with this, unless it is mended by another one.
        if held != nil, run.halt?.isEmpty ?? true { schedule(.haltEnds(id), at: run.effective) }
        if held != nil { handlings[id]?.isHalting = true }
        busy = now..<max(busy.upperBound, run.end)
    }

    // MARK: What a policy is told

    private func instance(_ request: Request, _ sources: [NodeID]) throws -> Instance {
        try scenario.instance(
            joining: request.node, from: sources, bytes: request.missing ?? scenario.training.stateBytes,
            shardSizes: scenario.settings.receiver.shardSizes)
    }

    /// The longest way of a message and its answer, and the member that reads most slowly, over its best link. Cost: O(links) if
    /// members or links have changed.
    private mutating func linkExtremes() -> Extremes {
        if let extremes { return extremes }
        var found = Extremes(roundTrip: 0, storageBandwidth: scenario.network.capacity.bandwidth)
        if scenario.capacities.isEmpty {
            found.roundTrip = members.count > 1 ? 2 * scenario.network.capacity.latency : 0
        } else {
            let set = Set(members)
            var slowest: Int?
            for member in members {
                let between = (links[member] ?? []).filter(set.contains).map { scenario.capacity(of: Link(member, $0)) }
                found.roundTrip = max(found.roundTrip, 2 * (between.map(\.latency).max() ?? 0))
                if let best = between.map(\.bandwidth).max() { slowest = min(slowest ?? best, best) }
            }
            found.storageBandwidth = slowest ?? settings.diskRead
        }
        extremes = found
        return found
    }
}
