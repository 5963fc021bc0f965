import ChaosModel
import DequeModule

/// One tree of shared capacities, with the links below it and the items that wait for them.
///
/// Everything is a whole number: times are ticks, rates are units, and work is units times ticks. Work is counted without
/// any rounding. A rate is rounded down to a unit, and an event is put on the first tick at or after its time. What
/// results is a course of things that the capacities admit: no link and no group ever passes more than it can, and
/// nothing is complete before it has passed. So lower bounds that hold for every sharing hold here to the last digit.
///
/// What is lost by it: of a rate less than a unit for each flow and group, and a tick for each item with an overhead;
/// items that follow each other without one lose nothing between them. The times are not simply late, though: what one
/// flow loses another may win.
struct SharedCapacity<Payload: Sendable>: Sendable {
    /// 2^16 ticks are a nanosecond.
    static var tickBits: Int { 16 }
    /// 2^22 units are 1 bit/s. Work of 2^54 bytes is less than 2^125 units times ticks.
    static var unitBits: Int { 22 }
    /// With this many links below it, a group of 1 bit/s still has a unit for each.
    static var mostLinks: Int { 1 << unitBits }

    private enum Phase: Sendable {
        case idle
        case overhead(until: Int128)
        case transmission
    }

    private struct Flow: Sendable {
        /// The number of its group in the tree.
        let position: Int
        var bandwidth: Int128
        var queue = Deque<FluidItem<Payload>>()
        var phase = Phase.idle
        var rate: Int128 = 0
        /// Work left at the tick `mark`; of items without overhead, that of all that are alike.
        var remaining: Int128 = 0
        var mark: Int128 = 0
        /// When the work is done at this rate.
        var finish: Int128 = 0

        /// The tick at which something happens of itself.
        var next: Int128? {
            switch phase {
            case .idle: nil
            case .overhead(let until): until
            case .transmission: finish
            }
        }

        var isTransmitting: Bool { if case .transmission = phase { true } else { false } }
    }

    let tree: CapacityTree
    private var flows: [Flow] = []
    /// The flows that are not idle, ascending by position and number.
    private var busy: [Int] = []
    /// The tick of the last change.
    private var tick: Int128 = 0
    private var mustShare = false

    init(_ tree: CapacityTree) { self.tree = tree }

    /// - Returns: the flow's number.
    mutating func addLink(bandwidth: Int, position: Int) -> Int {
        precondition(flows.count < Self.mostLinks, "more than 2^22 links below one group")
        flows.append(Flow(position: position, bandwidth: Int128(bandwidth) << Self.unitBits))
        return flows.count - 1
    }

    // MARK: From outside
    // All events up to the given time must have been played.

    mutating func enqueue(_ item: FluidItem<Payload>, on flow: Int, at now: Int) {
        tick = Int128(now) << Self.tickBits
        flows[flow].queue.append(item)
        guard case .idle = flows[flow].phase else { return }
        begin(flow, credit: 0)
        busy.insert(flow, at: place(of: flow))
    }

    mutating func cancel(_ flow: Int, at now: Int) -> [Payload] {
        tick = Int128(now) << Self.tickBits
        defer { flows[flow].queue.removeAll() }
        rest(flow)
        return flows[flow].queue.map(\.payload)
    }

    mutating func setBandwidth(_ bandwidth: Int, of flow: Int, at now: Int) {
        tick = Int128(now) << Self.tickBits
        flows[flow].bandwidth = Int128(bandwidth) << Self.unitBits
        mustShare = true
    }

    // MARK: Of itself

    /// The tick of the next event, or nil if all links are idle. Cost: O(busy links), and the sharing if it has changed.
    mutating func next() -> Int128? {
        if mustShare { share() }
        return busy.lazy.compactMap { [flows] in flows[$0].next }.min()
    }

    /// Plays the events of one tick, the next.
    /// - Returns: the flow and payload of all that is through, ascending by flow.
    mutating func play(_ now: Int128) -> [(flow: Int, payload: Payload)] {
        tick = now
        var through: [(flow: Int, payload: Payload)] = []
        for flow in busy.sorted() {
            // Items of a few bits may all end within one tick.
            while flows[flow].next == now {
                if let payload = proceed(flow) { through.append((flow, payload)) }
            }
        }
        return through
    }

    /// What each transmitting flow may pass, in units, ascending by position and number.
    mutating func rates() -> [(flow: Int, rate: Int128)] {
        if mustShare { share() }
        return busy.filter { flows[$0].isTransmitting }.map { ($0, flows[$0].rate) }
    }

    private mutating func proceed(_ flow: Int) -> Payload? {
        if case .overhead = flows[flow].phase {
            transmit(flow, flows[flow].queue[0].work, credit: 0)
            return nil
        }
        flows[flow].remaining -= flows[flow].rate * (tick - flows[flow].mark)
        flows[flow].mark = tick
        var payload: Payload?
        if flows[flow].queue[0].overhead > 0, flows[flow].queue[0].count > 1 {
            flows[flow].queue[0].count -= 1
        } else {
            payload = flows[flow].queue.removeFirst().payload
        }
        if flows[flow].queue.isEmpty { rest(flow) } else { begin(flow, credit: flows[flow].remaining) }
        return payload
    }

    /// Begins with the first item.
    /// - Parameter credit: what the flow has passed between the end of the item before and the tick that it was put on,
    ///   not positive: it belongs to the next, which has been waiting.
    private mutating func begin(_ flow: Int, credit: Int128) {
        let item = flows[flow].queue[0]
        if item.overhead == 0 {
            transmit(flow, item.work * Int128(item.count), credit: credit)
        } else {
            if flows[flow].isTransmitting { mustShare = true }
            flows[flow].phase = .overhead(until: tick + Int128(item.overhead) << Self.tickBits)
        }
    }

    private mutating func transmit(_ flow: Int, _ work: Int128, credit: Int128) {
        flows[flow].remaining = work << (Self.unitBits + Self.tickBits) + credit
        flows[flow].mark = tick
        if flows[flow].isTransmitting {
            foresee(flow)
        } else {
            flows[flow].phase = .transmission
            // Until the capacities are divided again.
            (flows[flow].rate, flows[flow].finish) = (0, .max)
            mustShare = true
        }
    }

    private mutating func rest(_ flow: Int) {
        if case .idle = flows[flow].phase { return }
        if flows[flow].isTransmitting { mustShare = true }
        flows[flow].phase = .idle
        busy.remove(at: place(of: flow))
    }

    private mutating func foresee(_ flow: Int) {
        let (left, rate) = (max(0, flows[flow].remaining), flows[flow].rate)
        flows[flow].finish = flows[flow].mark + (left + rate - 1) / rate
    }

    /// Divides the capacities anew, as of the last change.
    private mutating func share() {
        mustShare = false
        let transmitting = busy.filter { flows[$0].isTransmitting }
        let rates = tree.fairRates(
            positions: transmitting.map { flows[$0].position }, bandwidths: transmitting.map { flows[$0].bandwidth })
        for (flow, rate) in zip(transmitting, rates) where flows[flow].rate != rate {
            flows[flow].remaining -= flows[flow].rate * (tick - flows[flow].mark)
            flows[flow].mark = tick
            flows[flow].rate = rate
            foresee(flow)
        }
    }

    /// Where the flow stands, or would stand, among the busy ones.
    private func place(of flow: Int) -> Int {
        var range = busy.startIndex..<busy.endIndex
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if (flows[busy[middle]].position, busy[middle]) < (flows[flow].position, flow) {
                range = middle + 1..<range.upperBound
            } else {
                range = range.lowerBound..<middle
            }
        }
        return range.lowerBound
    }
}
