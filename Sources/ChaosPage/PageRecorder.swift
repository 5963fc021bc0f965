import ChaosProtocol
import Synchronization

/// Keeps what a page is told, for a file. Shards of a neighbour that come soon after each other are one event.
public final class PageRecorder: Sendable {
    private struct Way: Hashable {
        let joiner: NodeID
        let source: NodeID
    }

    private struct State {
        var events: [PageEvent] = []
        /// What has come and is not among the events yet.
        var pending: [Way: (bytes: Int, since: Int)] = [:]
        /// Within so many ns of the first, shards of a neighbour are one event.
        var grains: [NodeID: Int] = [:]
    }

    private let state = Mutex(State())
    /// Of what a plan says a transfer takes.
    private static let parts = 60

    public init() {}

    /// In the order of time.
    public var events: [PageEvent] {
        state.withLock { state in
            Self.flush(&state, at: state.events.last?.time ?? 0) { _ in true }
            return state.events
        }
    }

    public func note(_ event: PageEvent) {
        state.withLock { state in
            switch event.event {
            case .came(let joiner, let source, let bytes):
                let way = Way(joiner: joiner, source: source)
                let before = state.pending[way]
                state.pending[way] = ((before?.bytes ?? 0) + bytes, before?.since ?? event.time)
                guard event.time - (before?.since ?? event.time) >= state.grains[joiner] ?? 0 else { return }
                Self.flush(&state, at: event.time) { $0 == way }
            case .planned(let joiner, _, _, let makespan, _):
                state.grains[joiner] = makespan / Self.parts
                state.events.append(event)
            case .pulling(let joiner, _), .whole(let joiner, _), .failed(let joiner):
                Self.flush(&state, at: event.time) { $0.joiner == joiner }
                state.events.append(event)
            default: state.events.append(event)
            }
        }
    }

    private static func flush(_ state: inout State, at time: Int, _ isMeant: (Way) -> Bool) {
        let ways = state.pending.keys.filter(isMeant).sorted { ($0.joiner, $0.source) < ($1.joiner, $1.source) }
        for way in ways {
            guard let came = state.pending.removeValue(forKey: way) else { continue }
            state.events.append(PageEvent(.came(way.joiner, from: way.source, bytes: came.bytes), at: time))
        }
    }
}
