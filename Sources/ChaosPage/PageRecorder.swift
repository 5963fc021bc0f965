import ChaosProtocol
import Synchronization

/// Keeps what a page is told, for a file. Shards of a neighbour that come soon after each other are one event, and of figures
/// that do the first and the last are kept.
public final class PageRecorder: Sendable {
    private struct Way: Hashable {
        let joiner: NodeID
        let source: NodeID
    }

    /// What changes all the time.
    private enum Figure: Hashable {
        case idle(NodeID)
        case step, loss

        init?(_ event: PageEvent.Event) {
            switch event {
            case .idle(let node, _): self = .idle(node)
            case .step: self = .step
            case .loss: self = .loss
            default: return nil
            }
        }

        /// For so many ns after one nothing is told, unless it is the last.
        var pause: Int {
            switch self {
            case .idle: 500_000_000
            case .step, .loss: 50_000_000
            }
        }
    }

    private struct State {
        var events: [PageEvent] = []
        /// What has come and is not among the events yet.
        var pending: [Way: (bytes: Int, since: Int, last: Int)] = [:]
        /// Within so many ns of the first, shards of a neighbour are one event.
        var grains: [NodeID: Int] = [:]
        /// When each figure was last among the events, and what has come since.
        var figures: [Figure: (told: Int, last: PageEvent?)] = [:]
    }

    private let state = Mutex(State())
    /// Of what a plan says a transfer takes.
    private static let parts = 60

    public init() {}

    /// In the order of time.
    public var events: [PageEvent] {
        state.withLock { state in
            Self.flush(&state) { _ in true }
            let late = state.figures.values.compactMap(\.last)
            guard !late.isEmpty else { return state.events }
            for figure in state.figures.keys { state.figures[figure]?.last = nil }
            let all = state.events + late
            // Of one time in the order in which they came.
            state.events = all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }.map { all[$0] }
            return state.events
        }
    }

    public func note(_ event: PageEvent) {
        state.withLock { state in
            let due = state.pending.filter { event.time - $0.value.since >= state.grains[$0.key.joiner] ?? 0 }
            if !due.isEmpty { Self.flush(&state) { due.keys.contains($0) } }
            switch event.event {
            case .came(let joiner, let source, let bytes):
                let way = Way(joiner: joiner, source: source)
                let before = state.pending[way]
                state.pending[way] = ((before?.bytes ?? 0) + bytes, before?.since ?? event.time, event.time)
            case .planned(let joiner, _, _, let makespan, _):
                state.grains[joiner] = makespan / Self.parts
                state.events.append(event)
            case .pulling(let joiner, _), .whole(let joiner, _), .failed(let joiner):
                Self.flush(&state) { $0.joiner == joiner }
                state.events.append(event)
            default:
                guard let figure = Figure(event.event) else { return state.events.append(event) }
                if let (told, _) = state.figures[figure], event.time - told < figure.pause {
                    state.figures[figure] = (told, event)
                } else {
                    state.figures[figure] = (event.time, nil)
                    state.events.append(event)
                }
            }
        }
    }

    /// They are told at the time of the last of them, or of what has been told since.
    private static func flush(_ state: inout State, _ isMeant: (Way) -> Bool) {
        let ways = state.pending.keys.filter(isMeant).sorted { ($0.joiner, $0.source) < ($1.joiner, $1.source) }
        for way in ways {
            guard let came = state.pending.removeValue(forKey: way) else { continue }
            let time = max(came.last, state.events.last?.time ?? 0)
            state.events.append(PageEvent(.came(way.joiner, from: way.source, bytes: came.bytes), at: time))
        }
    }
}
