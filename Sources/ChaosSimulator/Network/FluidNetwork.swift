import ChaosModel
import DequeModule
import HeapModule

/// A directed link of a `FluidNetwork`.
public struct FluidLink: Hashable, Comparable, Sendable {
    let index: Int

    public static func < (a: FluidLink, b: FluidLink) -> Bool { a.index < b.index }
}

/// A virtual WAN in which bytes take their time: directed links with a bandwidth and a latency, and capacities that
/// several of them share.
///
/// Each link serves a queue, first in, first out. An item has an overhead, during which the link is idle, and then bytes,
/// which pass at the link's rate; after its last byte it is on the way for the link's latency. Nothing is lost and
/// nothing overtakes. A link that is below no group has its bandwidth for itself. Groups form a forest, as in
/// Documentation/MODEL.md, section 2, and divide their capacities max-min fairly among the links that are transmitting at
/// the time; the shares change whenever that set does.
///
/// **Arithmetic.** A link without a group is exact: from a on, the n-th of equal items ends at a + n·(o + 8·10^9·s / b), to
/// the last fraction of a nanosecond, and no error builds up over any number of items. With groups the exact times of
/// max-min fair sharing are rational numbers too, but their denominators grow by some fifty bits with every change of
/// the shares, without end where items have overheads. So times behind groups lie on a grid of 2^-16 ns and rates on one
/// of 2^-22 bit/s, rounded so that what happens is always something that the capacities admit (`SharedCapacity`): no
/// link and no group passes more than it can in any span of time. Hence whatever bound holds for all ways to share holds
/// for this one exactly. From exact fair sharing it differs by less than a nanosecond over seconds at usual rates.
///
/// **Order.** The caller's times are whole nanoseconds and never go back. What happens depends on the items, their links
/// and times, and of several given to one link at one time on their order; not on the order among links.
///
/// **Cost.** O(log links) an item without groups. Behind groups every change costs O(k) for the k busy links of its tree
/// of groups, and O(k log k) for each group above them that is full.
public struct FluidNetwork<Payload: Sendable>: Sendable {
    /// Items that have left their link.
    public struct Completion: Sendable {
        public let payload: Payload
        public let link: FluidLink
        /// When the last byte was on the link.
        public let end: ExactTime
        /// When it is at the other end: `end` and the latency.
        public let arrival: ExactTime

        /// `arrival` for a clock of whole nanoseconds: never early, and less than one late. Beyond `Int`: its end.
        public var arrivalNanosecond: Int {
            Int(clamping: arrival.nanoseconds + (arrival.isWhole ? 0 : 1))
        }
    }

    private enum Place: Sendable {
        case dedicated(Int)
        case shared(tree: Int, flow: Int)
    }

    /// Something that has a next event: a tree of groups, or, after all of those, a link without one.
    private struct Entry: Comparable, Sendable {
        let time: ExactTime
        let source: Int
        /// An entry counts if it is the latest of its source.
        let generation: Int

        static func < (a: Entry, b: Entry) -> Bool { a.time != b.time ? a.time < b.time : a.source < b.source }
    }

    private let positions: [(tree: Int, position: Int)]
    private var places: [Place] = []
    private var latencies: [Int] = []
    private var trees: [SharedCapacity<Payload>]
    /// For each tree the link of each flow.
    private var linksOfTrees: [[FluidLink]]
    private var dedicated: [DedicatedLink<Payload>] = []
    private var linksOfDedicated: [FluidLink] = []
    private var generations: [Int]
    private var queue = Heap<Entry>()
    /// Trees that have changed since their next event was worked out.
    private var changedTrees: [Int] = []
    private var clock = ExactTime.zero
    private var completed = Deque<Completion>()

    /// - Parameter groups: as in an instance: parents are indices and make a forest.
    public init(groups: [CapacityGroup] = []) {
        let (trees, places) = CapacityTree.trees(of: groups, unit: 1 << SharedCapacity<Payload>.unitBits)
        positions = places
        self.trees = trees.map { SharedCapacity($0) }
        linksOfTrees = trees.map { _ in [] }
        generations = trees.map { _ in 0 }
    }

    // MARK: Links

    /// - Parameters:
    ///   - bandwidth: bit/s, 1 … 2^50.
    ///   - latency: from the last byte on the link to its arrival, in ns, 0 … 2^50. A request that costs nothing itself
    ///     has its latency in the time at which its answer is enqueued; `LatencySplit` divides the model's l_i.
    ///   - group: the index of the shared capacity that the link is below; nil: none. Below groups with a common root are
    ///     at most 2^22 links.
    public mutating func addLink(bandwidth: Int, latency: Int = 0, group: Int? = nil) -> FluidLink {
        precondition((0...ModelRange.mostNanoseconds).contains(latency), "a latency is 0 … 2^50 ns")
        check(bandwidth)
        let link = FluidLink(index: places.count)
        latencies.append(latency)
        if let group {
            let (tree, position) = positions[group]
            places.append(.shared(tree: tree, flow: trees[tree].addLink(bandwidth: bandwidth, position: position)))
            linksOfTrees[tree].append(link)
        } else {
            places.append(.dedicated(dedicated.count))
            dedicated.append(DedicatedLink(bandwidth: bandwidth))
            linksOfDedicated.append(link)
            generations.append(0)
        }
        return link
    }

    /// The link's bandwidth is another from now on, also for what is under way. The times of a link without a group
    /// remain exact, except that an overhead under way that began between two nanoseconds may seem to have begun up to
    /// 1/b ns later, b being the new bandwidth.
    public mutating func setBandwidth(_ bandwidth: Int, of link: FluidLink, at now: Int) {
        check(bandwidth)
        advance(to: now)
        switch places[link.index] {
        case .dedicated(let i):
            dedicated[i].setBandwidth(bandwidth, at: now)
            schedule(dedicated: i)
        case .shared(let tree, let flow):
            trees[tree].setBandwidth(bandwidth, of: flow, at: now)
            changedTrees.append(tree)
        }
    }

    /// Empties the link: what waits on it or has not passed it entirely is gone. What has passed arrives.
    /// - Returns: the payloads that are gone, in the order of the queue.
    @discardableResult
    public mutating func cancel(_ link: FluidLink, at now: Int) -> [Payload] {
        advance(to: now)
        switch places[link.index] {
        case .dedicated(let i):
            defer { schedule(dedicated: i) }
            return dedicated[i].cancel()
        case .shared(let tree, let flow):
            changedTrees.append(tree)
            return trees[tree].cancel(flow, at: now)
        }
    }

    // MARK: Items

    /// Appends equal items to the link's queue. They are reported together, when the last of them is through.
    /// - Parameters:
    ///   - payload: what is reported when they are through.
    ///   - bytes: of each; positive.
    ///   - overhead: the time before each in which the link is idle, in ns, 0 … 2^50.
    ///   - count: 1 or more; in all at most 2^54 bytes. Without groups the cost does not depend on it, nor without
    ///     overhead.
    ///   - link: of this network.
    ///   - now: ns, not before any time that the network has been given or has shown.
    public mutating func enqueue(
        _ payload: Payload, bytes: Int, overhead: Int = 0, count: Int = 1, on link: FluidLink, at now: Int
    ) {
        precondition(
            bytes > 0 && count > 0 && Int128(bytes) * Int128(count) <= Int128(2 * ModelRange.mostBytes),
            "items have 1 … 2^54 bytes together")
        precondition((0...ModelRange.mostNanoseconds).contains(overhead), "an overhead is 0 … 2^50 ns")
        advance(to: now)
        let item = FluidItem(payload: payload, bytes: bytes, overhead: overhead, count: count)
        switch places[link.index] {
        case .dedicated(let i):
            if dedicated[i].enqueue(item, at: now) { schedule(dedicated: i) }
        case .shared(let tree, let flow):
            trees[tree].enqueue(item, on: flow, at: now)
            changedTrees.append(tree)
        }
    }

    // MARK: Time

    /// The time of the next completion, or of an earlier change of shares that may put it off; nil if all links are
    /// idle. A simulation of discrete events wakes up then, at the next whole nanosecond.
    public mutating func nextEvent() -> ExactTime? {
        if let first = completed.first { return first.end }
        scheduleChangedTrees()
        while let entry = queue.min, entry.generation != generations[entry.source] { queue.removeMin() }
        return queue.min?.time
    }

    /// The next completion up to `now`, in the order of their ends; nil if there is no other.
    public mutating func popCompletion(by now: Int) -> Completion? {
        if completed.isEmpty { advance(to: now) }
        return completed.popFirst()
    }

    /// The next completion whenever it is; nil if all links are idle.
    public mutating func popCompletion() -> Completion? {
        while completed.isEmpty, let time = nextEvent() { advance(to: time) }
        return completed.popFirst()
    }

    /// What the links behind groups may pass at the time, in 2^-22 bit/s: those that are transmitting.
    package mutating func sharedRates() -> [(link: FluidLink, rate: Int128)] {
        trees.indices.flatMap { t in
            trees[t].rates().map { (linksOfTrees[t][$0.flow], $0.rate) }
        }
    }

    private mutating func advance(to now: Int) { advance(to: ExactTime(nanoseconds: Int128(now))) }

    /// Plays all events up to a time, it included.
    private mutating func advance(to time: ExactTime) {
        precondition(clock <= time, "time never goes back: \(time) ns after \(clock) ns")
        scheduleChangedTrees()
        while let entry = queue.min, entry.time <= time {
            queue.removeMin()
            guard entry.generation == generations[entry.source] else { continue }
            if entry.source < trees.count {
                play(tree: entry.source, at: entry.time)
            } else {
                let i = entry.source - trees.count
                let (payload, end) = dedicated[i].complete()
                complete(payload, linksOfDedicated[i], end)
                schedule(dedicated: i)
            }
            scheduleChangedTrees()
        }
        clock = time
    }

    private mutating func play(tree: Int, at time: ExactTime) {
        let tick = time.nanoseconds << SharedCapacity<Payload>.tickBits + Int128(time.remainder)
        for (flow, payload) in trees[tree].play(tick) { complete(payload, linksOfTrees[tree][flow], time) }
        changedTrees.append(tree)
    }

    private mutating func complete(_ payload: Payload, _ link: FluidLink, _ end: ExactTime) {
        let arrival = ExactTime(
            nanoseconds: end.nanoseconds + Int128(latencies[link.index]), remainder: end.remainder,
            denominator: end.denominator)
        completed.append(Completion(payload: payload, link: link, end: end, arrival: arrival))
    }

    private mutating func schedule(dedicated i: Int) { schedule(trees.count + i, at: dedicated[i].finish) }

    private mutating func scheduleChangedTrees() {
        for tree in changedTrees {
            let ticks = SharedCapacity<Payload>.tickBits
            schedule(
                tree,
                at: trees[tree].next().map {
                    ExactTime(
                        nanoseconds: $0 >> ticks, remainder: UInt64($0 & (1 << ticks - 1)), denominator: 1 << ticks)
                })
        }
        changedTrees.removeAll(keepingCapacity: true)
    }

    private mutating func schedule(_ source: Int, at time: ExactTime?) {
        generations[source] += 1
        if let time { queue.insert(Entry(time: time, source: source, generation: generations[source])) }
    }

    private func check(_ bandwidth: Int) {
        precondition((1...ModelRange.mostBandwidth).contains(bandwidth), "a bandwidth is 1 … 2^50 bit/s")
    }
}
