import ChaosJudgement
import ChaosProtocol
import ChaosScenario
import ChaosWire
import Synchronization

/// Counts the messages of a simulation: at rest, and for each event until the next.
///
/// What a node sends when its heartbeats are due would be sent without any event as well, and counts at rest only; with the
/// bytes of the event count the reports in it that are of later than the event. Probes count at rest only.
final class MessageTally: Sendable {
    struct Rest: Sendable {
        /// A second.
        var messages = 0.0
        var bytes = 0.0
        var perLinkAndHeartbeat = 0.0
        /// Of these the parts of probes, and the words that ask for them.
        var probes = 0.0
    }

    struct Event: Sendable {
        let name: String
        var messages = 0
        var bytes = 0
        /// One-way latencies from the event until the last node has begun the last view that came of it; nil: none came.
        var latencies: Double?
        /// How many messages there were of each kind.
        var kinds: [String: Int] = [:]
    }

    private struct State {
        var rest = Rest()
        var restSince: Int?
        var restUntil: Int?
        var waits = 0
        var current: Int?
        var events: [Event]
        var eventAt = 0
        var startedAt: [NodeID: Int] = [:]
        var latestView = 0
        /// The number of the last report of each node, now and when the event at hand came.
        var said: [NodeID: Int] = [:]
        var known: [NodeID: Int] = [:]

        mutating func note(_ reports: [Report]) {
            for report in reports { said[report.node] = max(said[report.node] ?? 0, report.sequence) }
        }
    }

    private let state: Mutex<State>
    private let delay: Int
    private let heartbeat: Int
    private let links: Int

    init(names: [String], delay: Int, heartbeat: Int, links: Int) {
        (self.delay, self.heartbeat, self.links) = (delay, heartbeat, links)
        state = Mutex(State(events: names.map { Event(name: $0) }))
    }

    var events: [Event] { state.withLock { $0.events } }

    var rest: Rest {
        state.withLock { state in
            guard let since = state.restSince, let until = state.restUntil else { return Rest() }
            let seconds = Double(until - since) / 1e9
            let beats = seconds * 1e9 / Double(heartbeat) * Double(links)
            var rest = state.rest
            rest.perLinkAndHeartbeat = rest.messages / beats
            rest.probes /= beats
            rest.messages /= seconds
            rest.bytes /= seconds
            return rest
        }
    }

    func note(_ happening: Happening, at now: Int) {
        state.withLock { state in
            switch happening {
            // The cluster settles, and rests.
            case .wait:
                state.waits += 1
                if state.waits == 1 { state.restSince = now }
                if state.waits == 2 { state.restUntil = now }
            case .event:
                state.known = state.said
                state.current = (state.current ?? -1) + 1
                state.eventAt = now
            case .action(let node, .send(let message, _)):
                if state.startedAt[node] == nil { state.startedAt[node] = now }
                note(message, from: node, now, &state)
            case .action(_, .engine(.begun(let view, _))):
                guard let i = state.current, view >= state.latestView else { return }
                state.latestView = view
                state.events[i].latencies = Double(now - state.eventAt) / Double(delay)
            case .action(let node, .wake): if state.startedAt[node] == nil { state.startedAt[node] = now }
            case .action, .calm, .delivered: break
            }
        }
    }

    private func note(_ message: Message, from node: NodeID, _ now: Int, _ state: inout State) {
        if message.isData { return }
        for case .reports(let reports) in message.parts { state.note(reports) }
        for case .news(let reports) in message.parts { state.note(reports) }
        let isAtRest = state.restSince != nil && state.restUntil == nil
        guard isAtRest || state.current != nil else { return }
        let isDue = (now - (state.startedAt[node] ?? 0)) % heartbeat == 0 && now > state.startedAt[node] ?? 0
        if isAtRest {
            state.rest.messages += 1
            state.rest.bytes += Double(message.bytesOnWire)
            if message.isProbe { state.rest.probes += 1 }
        } else if let i = state.current, !message.isProbe {
            if isDue, message.isOfTheHour {
                state.events[i].bytes += message.newsBytes(known: state.known)
                return
            }
            state.events[i].messages += 1
            state.events[i].bytes += message.bytesOnWire
            state.events[i].kinds[message.kinds, default: 0] += 1
        }
    }
}

extension Message {
    fileprivate var parts: [Message] { if case .bundle(let messages) = self { messages } else { [self] } }

    /// Whether it travels with the numbers of a gradient or the bytes of the state, or asks for such.
    fileprivate var isData: Bool {
        switch self {
        case .reduction(.partial), .reduction(.total), .reduction(.missing): true
        case .replication(.pull), .replication(.pullDigests), .replication(.digests), .replication(.shard): true
        default: false
        }
    }

    fileprivate var isProbe: Bool {
        switch self {
        case .monitor(.probe), .monitor(.probeRequest): true
        default: false
        }
    }

    /// With the bytes before the header, and a payload. No message of the simulator is too long.
    fileprivate var bytesOnWire: Int {
        var payload = 0
        if case .monitor(.probe(_, _, let bytes)) = self { payload = bytes }
        return FramePrefix.length + payload + ((try? WireMessage.message(self).header().count) ?? 0)
    }

    /// Whether it goes when a heartbeat is due.
    fileprivate var isOfTheHour: Bool {
        parts.contains { part in
            switch part {
            case .monitor(.heartbeat), .hello: true
            default: false
            }
        }
    }

    /// The bytes of reports in it that were made later than these.
    fileprivate func newsBytes(known: [NodeID: Int]) -> Int {
        var news: [Report] = []
        for case .reports(let reports) in parts { news += reports.filter { $0.sequence > known[$0.node] ?? 0 } }
        return news.isEmpty ? 0 : Message.reports(news).bytesOnWire - FramePrefix.length
    }

    fileprivate var kinds: String {
        parts.map { part in
            switch part {
            case .hello: "hello"
            case .reports: "reports"
            case .news: "news"
            case .claims: "claims"
            case .unclaimed: "unclaimed"
            case .decided: "decided"
            case .relayed(let envelope):
                switch envelope.body {
                case .prepare: "prepare"
                case .promise: "promise"
                case .accept: "accept"
                case .accepted: "accepted"
                case .refuse: "refuse"
                case .behind: "behind"
                case .decided: "decided"
                }
            case .monitor: "heartbeat"
            case .reduction(.ready), .reduction(.readyFor): "ready"
            case .reduction(.begin): "begin"
            case .reduction: "missing"
            case .replication: "replication"
            case .bundle: "bundle"
            }
        }.joined(separator: "+")
    }
}
