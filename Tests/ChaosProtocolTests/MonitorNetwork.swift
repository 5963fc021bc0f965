@testable import ChaosProtocol

/// Monitors in virtual time, each with a clock of its own, on ways with a delay and a bandwidth in each direction.
struct MonitorNetwork {
    /// One direction of a connection.
    struct Way: Hashable {
        let from: NodeID
        let to: NodeID
    }

    struct Condition {
        /// In nanoseconds.
        var delay: Int
        /// In bit/s.
        var bandwidth: Int
        /// What is sent is lost without a word.
        var isCut = false
        /// How much longer than the delay each message takes; they stay in order.
        var jitter: () -> Int = { 0 }
        fileprivate var freeAt = 0
        fileprivate var lastArrival = 0

        init(delay: Int = 1_000_000, bandwidth: Int = 1_000_000_000) {
            self.delay = delay
            self.bandwidth = bandwidth
        }
    }

    /// What a node did, and when, on the clock of the network.
    struct Deed {
        let time: Int
        let node: NodeID
        let action: Monitor.Action
    }

    /// A message takes this many bytes beside its payload.
    static let overhead = 64

    private(set) var now = 0
    private(set) var deeds: [Deed] = []
    private(set) var monitors: [NodeID: Monitor] = [:]
    var conditions: [Way: Condition] = [:]
    /// Whether a node gives heartbeats away; one that does not is alive and says nothing.
    var isDumb: Set<NodeID> = []
    private var offsets: [NodeID: Int] = [:]
    private var wakes: [NodeID: Int] = [:]
    private var parcels: [(time: Int, order: Int, way: Way, message: MonitorMessage)] = []
    private var order = 0
    private var connected: Set<Way> = []

    /// - Parameter offset: what the node's clock shows when the network's shows 0.
    mutating func start(_ monitor: Monitor, offset: Int = 0) {
        monitors[monitor.node] = monitor
        offsets[monitor.node] = offset
        act(monitor.node) { $0.onStart(at: $1) }
    }

    mutating func act(_ node: NodeID, _ event: (inout Monitor, Int) -> [Monitor.Action]) {
        guard monitors[node] != nil else { return }
        for action in event(&monitors[node]!, now + offsets[node]!) {
            switch action {
            case .send(let message, let peer): send(message, Way(from: node, to: peer))
            case .wake(let time):
                wakes[node] = time - offsets[node]!
                continue
            default: break
            }
            deeds.append(Deed(time: now, node: node, action: action))
        }
    }

    mutating func connect(_ link: Link) {
        connected.formUnion([Way(from: link.a, to: link.b), Way(from: link.b, to: link.a)])
        act(link.a) { $0.onConnected(to: link.b, at: $1) }
        act(link.b) { $0.onConnected(to: link.a, at: $1) }
    }

    mutating func close(_ link: Link) {
        let ways: Set = [Way(from: link.a, to: link.b), Way(from: link.b, to: link.a)]
        connected.subtract(ways)
        parcels.removeAll { ways.contains($0.way) }
        act(link.a) { $0.onClosed(to: link.b, at: $1) }
        act(link.b) { $0.onClosed(to: link.a, at: $1) }
    }

    mutating func send(_ message: MonitorMessage, _ way: Way) {
        if case .heartbeat = message, isDumb.contains(way.from) { return }
        var condition = conditions[way] ?? Condition()
        guard connected.contains(way), !condition.isCut else { return }
        var bytes = Self.overhead
        if case .probe(_, _, let payload) = message { bytes += payload }
        condition.freeAt = max(now, condition.freeAt) + bytes * 8_000_000_000 / condition.bandwidth
        condition.lastArrival = max(
            condition.lastArrival, condition.freeAt + condition.delay + condition.jitter())
        conditions[way] = condition
        order += 1
        parcels.append((condition.lastArrival, order, way, message))
    }

    mutating func run(until end: Int) {
        while true {
            let parcel = parcels.indices.min {
                (parcels[$0].time, parcels[$0].order) < (parcels[$1].time, parcels[$1].order)
            }
            let wake = wakes.min { ($0.value, $0.key) < ($1.value, $1.key) }
            // What has come is handed over before time passes.
            if let parcel, parcels[parcel].time <= min(end, wake?.value ?? .max) {
                let (time, _, way, message) = parcels.remove(at: parcel)
                now = max(now, time)
                act(way.to) { $0.onMessage(message, from: way.from, at: $1) }
            } else if let wake, wake.value <= end {
                now = max(now, wake.value)
                wakes[wake.key] = nil
                act(wake.key) { $0.onWake(at: $1) }
            } else {
                now = end
                return
            }
        }
    }

    /// When a node found the link to a peer up or down.
    func changes(at node: NodeID, to peer: NodeID) -> [(time: Int, isUp: Bool)] {
        deeds.compactMap { deed in
            guard deed.node == node, case .link(peer, let isUp) = deed.action else { return nil }
            return (deed.time, isUp)
        }
    }
}

extension Monitor {
    /// What has been measured of the link to a peer; nil: it is not up.
    func quality(to peer: NodeID) -> LinkQuality? { links[peer].flatMap { $0.isUp ? $0.quality : nil } }
}
