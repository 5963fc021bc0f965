import ChaosProtocol
import ChaosScenario

/// The links of a simulation as far as they take time to carry payloads: each direction of each link is a queue of its
/// own on a `FluidNetwork`, and carries as much as the scenario says.
struct PayloadNetwork: Sendable {
    private struct Direction: Hashable {
        let source: NodeID
        let destination: NodeID
    }

    private let scenario: Scenario
    private var fluid = FluidNetwork<Simulation.Parcel>()
    private var directions: [Direction: FluidLink] = [:]
    private var order: [Direction] = []
    private var slowness: [NodeID: Int] = [:]
    private var crawling: [Link: Int] = [:]
    /// When the last payload had left, to tell how long the next one took.
    private var lastEnd: [Direction: Int] = [:]

    init(_ scenario: Scenario) { self.scenario = scenario }

    func latency(of link: Link) -> Int { scenario.capacity(of: link).latency }

    mutating func send(_ parcel: Simulation.Parcel, from source: NodeID, to destination: NodeID, at now: Int) {
        let direction = Direction(source: source, destination: destination)
        let link = directions[direction] ?? open(direction)
        fluid.enqueue(parcel, bytes: parcel.bytes, on: link, at: now)
    }

    /// The link is cut: what is on it is lost.
    mutating func drop(_ link: Link, at now: Int) {
        for direction in both(link) {
            if let open = directions[direction] { fluid.cancel(open, at: now) }
        }
    }

    /// The connections for shards of a link close: gradients and probes, which go over another one, begin anew.
    /// - Returns: what is lost.
    mutating func reset(_ link: Link, at now: Int) -> [Simulation.Parcel] {
        var lost: [Simulation.Parcel] = []
        for direction in both(link) {
            guard let open = directions[direction] else { continue }
            for parcel in fluid.cancel(open, at: now) {
                if case .shard = parcel.load {
                    lost.append(parcel)
                } else {
                    fluid.enqueue(parcel, bytes: parcel.bytes, on: open, at: now)
                }
            }
        }
        return lost
    }

    mutating func slow(_ node: NodeID, by factor: Int, at now: Int) {
        slowness[node] = factor
        for direction in order where direction.source == node { adjust(direction, at: now) }
    }

    mutating func crawl(_ link: Link, by factor: Int, at now: Int) {
        crawling[link] = factor
        for direction in both(link) where directions[direction] != nil { adjust(direction, at: now) }
    }

    /// Every link carries again what the scenario says.
    mutating func recover(at now: Int) {
        slowness = [:]
        crawling = [:]
        for direction in order { adjust(direction, at: now) }
    }

    mutating func nextArrival(after now: Int) -> Int? {
        guard let time = fluid.nextEvent() else { return nil }
        return max(now, Int(clamping: time.nanoseconds + (time.isWhole ? 0 : 1)))
    }

    /// A payload that has left its link by now, and when it arrives.
    mutating func popArrival(by now: Int) -> (parcel: Simulation.Parcel, at: Int)? {
        guard let completion = fluid.popCompletion(by: now) else { return nil }
        var parcel = completion.payload
        let direction = order[completion.link.index]
        let end = Int(clamping: completion.end.nanoseconds + (completion.end.isWhole ? 0 : 1))
        parcel.duration = max(1, end - max(parcel.sentAt, lastEnd[direction] ?? 0))
        lastEnd[direction] = end
        return (parcel, max(now, completion.arrivalNanosecond))
    }

    private mutating func open(_ direction: Direction) -> FluidLink {
        let latency = latency(of: Link(direction.source, direction.destination))
        let link = fluid.addLink(bandwidth: bandwidth(of: direction), latency: latency)
        directions[direction] = link
        order.append(direction)
        return link
    }

    private mutating func adjust(_ direction: Direction, at now: Int) {
        guard let link = directions[direction] else { return }
        fluid.setBandwidth(bandwidth(of: direction), of: link, at: now)
    }

    private func bandwidth(of direction: Direction) -> Int {
        let link = Link(direction.source, direction.destination)
        let whole = scenario.capacity(of: link).bandwidth
        return max(1, whole / (slowness[direction.source] ?? 1) / (crawling[link] ?? 1))
    }

    private func both(_ link: Link) -> [Direction] {
        [Direction(source: link.a, destination: link.b), Direction(source: link.b, destination: link.a)]
    }
}
