import ChaosModel
import ChaosSimulator
import Testing

/// The network under random traffic.
struct TransferNetworkTests {
    typealias Network = FluidNetwork<Int>

    /// Links, and what is put on them when.
    struct Traffic {
        struct Item {
            let payload: Int
            let link: Int
            let time: Int
            let bytes: Int
            let overhead: Int
            let count: Int
        }

        var groups: [CapacityGroup] = []
        var links: [(bandwidth: Int, latency: Int, group: Int?)] = []
        /// In the order of time.
        var items: [Item] = []

        init(seed: UInt64, hasGroups: Bool = true) {
            var random = SeededRandom(seed: seed)
            let giga = 1_000_000_000
            // Equal figures: many things happen at once.
            let isEven = random.once(in: 2)
            if hasGroups {
                for g in 0..<random.int(1...5) {
                    groups.append(
                        CapacityGroup(
                            id: "\(g)", bandwidth: random.int(1...20) * giga / 3,
                            parent: g == 0 || random.once(in: 3) ? nil : random.int(0...g - 1)))
                }
            }
            for _ in 0..<random.int(1...8) {
                links.append(
                    (
                        isEven ? giga : random.int(1...9) * giga / 7, random.int(0...50),
                        groups.isEmpty || random.once(in: 5) ? nil : random.int(0...groups.count - 1)
                    ))
            }
            for i in 0..<random.int(1...40) {
                items.append(
                    Item(
                        payload: i, link: random.int(0...links.count - 1), time: random.int(0...20) * 30,
                        bytes: isEven ? 15 : random.int(1...100),
                        overhead: isEven || random.once(in: 2) ? 0 : random.int(1...50),
                        count: isEven ? 1 : random.int(1...3)))
            }
            items.sort(by: Self.isInOrder)
        }

        func network() -> (Network, [FluidLink]) {
            var network = Network(groups: groups)
            let handles = links.map { network.addLink(bandwidth: $0.bandwidth, latency: $0.latency, group: $0.group) }
            return (network, handles)
        }

        static func isInOrder(_ a: Item, _ b: Item) -> Bool { (a.time, a.payload) < (b.time, b.payload) }

        func play(_ isBefore: (Item, Item) -> Bool = Self.isInOrder) -> [Network.Completion] {
            var (network, handles) = network()
            for item in items.sorted(by: isBefore) {
                network.enqueue(
                    item.payload, bytes: item.bytes, overhead: item.overhead, count: item.count,
                    on: handles[item.link], at: item.time)
            }
            var completions: [Network.Completion] = []
            while let completion = network.popCompletion() { completions.append(completion) }
            return completions
        }

        func isBelow(_ link: Int, _ g: Int) -> Bool {
            var group = links[link].group
            while let current = group {
                if current == g { return true }
                group = groups[current].parent
            }
            return false
        }
    }

    /// Everything arrives once; each link keeps the order; ends ascend over all of them.
    @Test func linksAreQueues() {
        for seed in 0..<300 as Range<UInt64> {
            let traffic = Traffic(seed: seed)
            let completions = traffic.play()
            #expect(completions.map(\.payload).sorted() == traffic.items.map(\.payload).sorted())
            #expect(zip(completions, completions.dropFirst()).allSatisfy { $0.end <= $1.end })
            let (_, handles) = traffic.network()
            for (l, handle) in handles.enumerated() {
                #expect(
                    completions.filter { $0.link == handle }.map(\.payload)
                        == traffic.items.filter { $0.link == l }.map(\.payload), "seed \(seed)")
            }
        }
    }

    /// Among links the order in which things are enqueued at one time changes nothing.
    @Test func orderAmongLinksDoesNotMatter() {
        func told(_ completions: [Network.Completion]) -> [String] {
            completions.map { "\($0.payload) \($0.end) \($0.arrival)" }
        }
        for seed in 0..<300 as Range<UInt64> {
            let traffic = Traffic(seed: seed)
            #expect(
                told(traffic.play())
                    == told(traffic.play { ($0.time, -$0.link, $0.payload) < ($1.time, -$1.link, $1.payload) }),
                "seed \(seed)")
        }
    }

    /// A simulation that wakes at each event and takes what is through finds the same as one that asks at the end.
    @Test func wakingAtEventsChangesNothing() {
        for seed in 0..<300 as Range<UInt64> {
            let traffic = Traffic(seed: seed)
            let expected = traffic.play()
            var (network, handles) = traffic.network()
            var items = traffic.items[...]
            var found: [Network.Completion] = []
            while true {
                let event = network.nextEvent().map { Int($0.nanoseconds) + ($0.isWhole ? 0 : 1) }
                guard let now = [event, items.first?.time].compactMap({ $0 }).min() else { break }
                while let completion = network.popCompletion(by: now) {
                    #expect(completion.end <= ExactTime(nanoseconds: Int128(now)))
                    found.append(completion)
                }
                while let item = items.first, item.time == now {
                    items.removeFirst()
                    network.enqueue(
                        item.payload, bytes: item.bytes, overhead: item.overhead, count: item.count,
                        on: handles[item.link], at: now)
                }
            }
            #expect(found.map(\.end) == expected.map(\.end), "seed \(seed)")
            #expect(found.map(\.payload) == expected.map(\.payload))
        }
    }

    /// Without groups, by the recursion that defines a queue: begin when the one before is through.
    @Test func linksWithoutGroupsAreExact() {
        for seed in 0..<300 as Range<UInt64> {
            let traffic = Traffic(seed: seed, hasGroups: false)
            var free = traffic.links.map { _ in Rational.zero }
            var expected: [Int: Rational] = [:]
            for item in traffic.items {
                let link = traffic.links[item.link]
                let each =
                    Rational(item.overhead)
                    + Rational(item.bytes * ModelRange.bitNanosecondsPerByte) / Rational(link.bandwidth)
                free[item.link] = max(free[item.link], Rational(item.time)) + Rational(item.count) * each
                expected[item.payload] = free[item.link] + Rational(link.latency)
            }
            for completion in traffic.play() {
                #expect(Rational(completion.arrival) == expected[completion.payload], "seed \(seed)")
                #expect(Rational(completion.arrivalNanosecond) == Rational(Rational(completion.arrival).ceiling))
            }
        }
    }

    /// In the whole time up to any completion no group has passed more than its capacity allows from the first byte on.
    @Test func whatHasPassedFitsTheCapacities() {
        for seed in 0..<300 as Range<UInt64> {
            let traffic = Traffic(seed: seed)
            let items = Dictionary(uniqueKeysWithValues: traffic.items.map { ($0.payload, $0) })
            for (g, group) in traffic.groups.enumerated() {
                let through = traffic.play().filter { traffic.isBelow(items[$0.payload]!.link, g) }
                var work = Rational.zero
                let start = through.map { items[$0.payload]! }.map { $0.time + $0.overhead }.min() ?? 0
                for completion in through {
                    let item = items[completion.payload]!
                    work += Rational(item.bytes * item.count * ModelRange.bitNanosecondsPerByte)
                    let span = Rational(completion.end) - Rational(start)
                    #expect(work <= span * Rational(group.bandwidth), "seed \(seed)")
                }
            }
        }
    }

    /// At every event: rates fit, and whoever transmits below its bandwidth is below a full group.
    @Test func capacityIsUsedAndNotExceeded() {
        let unit = Int128(1) << 22
        var shared = 0
        for seed in 0..<200 as Range<UInt64> {
            let traffic = Traffic(seed: seed)
            var (network, handles) = traffic.network()
            let number = Dictionary(uniqueKeysWithValues: handles.enumerated().map { ($1, $0) })
            func check() {
                let rates = network.sharedRates().map { (link: number[$0.link]!, rate: $0.rate) }
                for (g, group) in traffic.groups.enumerated() {
                    let sum = rates.reduce(0) { $0 + (traffic.isBelow($1.link, g) ? $1.rate : 0) }
                    #expect(sum <= Int128(group.bandwidth) * unit)
                }
                for (link, rate) in rates where rate < Int128(traffic.links[link].bandwidth) * unit {
                    shared += 1
                    let isHeld = traffic.groups.indices.contains { g in
                        let below = rates.filter { traffic.isBelow($0.link, g) }
                        let left = Int128(traffic.groups[g].bandwidth) * unit - below.reduce(0) { $0 + $1.rate }
                        return traffic.isBelow(link, g) && left < Int128(below.count)
                            && below.allSatisfy { $0.rate <= rate }
                    }
                    #expect(isHeld, "seed \(seed)")
                }
            }
            for item in traffic.items {
                network.enqueue(
                    item.payload, bytes: item.bytes, overhead: item.overhead, count: item.count,
                    on: handles[item.link], at: item.time)
                check()
            }
            while network.popCompletion() != nil { check() }
        }
        #expect(shared > 1000)
    }
}
