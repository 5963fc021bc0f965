import ChaosProtocol
import Testing

struct ReductionMessageTests {
    static let times = ComputeTimes(least: 1, greatest: 2)
    static let reversed = ComputeTimes(least: 2, greatest: 1)
    static let many = Array(0...MessageLimits.chunks)

    private static func has(_ node: UInt64, _ range: Range<Int>) -> Contribution {
        Contribution(NodeID(node), RangeSet(range))
    }

    private static func pieces(_ count: Int) -> RangeSet<Int> { RangeSet((0..<count).map { 2 * $0..<2 * $0 + 1 }) }

    /// What no members of this view can have of a step of eight samples.
    @Test(
        arguments: [
            [has(1, 0..<9)], [has(1, 0..<4), has(2, 3..<8)], [has(1, 0..<4), has(3, 4..<8)],
            [Contribution(1, pieces(3)), has(2, 2..<4)],
        ] as [[Contribution]])
    func contributionsThatDoNotDivideTheStep(_ contributions: [Contribution]) {
        let settings = ReductionSettings(samples: 8, batch: 8)
        let view = View(number: 1, members: [1, 2], links: [Link(1, 2)])
        var child = Reduction(node: 2, applied: 0, settings: settings)
        _ = child.onView(view, at: 0)
        #expect(
            child.onMessage(.begin(view: 1, step: 0, contributions), from: 1, at: 0)
                == [.refused(.contributions, from: 1)])
        // The root takes it for nothing, and all is computed.
        var root = Reduction(node: 1, applied: 0, settings: settings)
        _ = root.onView(view, at: 0)
        let actions = root.onMessage(.ready(view: 1, applied: 0, contributions), from: 2, at: 0)
        #expect(actions.contains(.send(.begin(view: 1, step: 0), to: 2)))
        #expect(actions.contains(.engine(.compute(view: 1, step: 0, positions: RangeSet(0..<4), isAdded: false))))
    }

    @Test(
        arguments: [
            (.ready(view: 0, applied: 0), .number(0)),
            (.ready(view: 1, applied: -1), .number(-1)),
            (.begin(view: 1, step: .max), .number(.max)),
            (.gone(view: .min, before: 0), .number(.min)),
            (.total(view: 1, step: -7, chunk: 0, samples: 8), .number(-7)),
            (.total(view: 1, step: 0, chunk: -1, samples: 8), .chunk(-1)),
            (.total(view: 1, step: 0, chunk: 0, samples: 0), .samples(0)),
            (.total(view: 1, step: 0, chunk: 0, samples: .max), .samples(.max)),
            (.partial(view: 1, step: 0, chunk: 4096, times), .chunk(4096)),
            (.partial(view: 1, step: 0, chunk: 4095, reversed), .computeTimes(reversed)),
            (.missing(view: 1, step: 0, .total([1, 1])), .chunk(1)),
            (.missing(view: 1, step: 0, .partial([2, 1])), .chunk(1)),
            (.missing(view: 1, step: 0, .partial([.max])), .chunk(.max)),
            (.missing(view: 1, step: 0, .total(many)), .size(4097)),
            (.ready(view: 1, applied: 0, [has(2, 0..<1), has(1, 1..<2)]), .contributions),
            (.ready(view: 1, applied: 0, [has(1, 0..<1), has(1, 1..<2)]), .contributions),
            (.ready(view: 1, applied: 0, [has(1, 0..<0)]), .contributions),
            (.begin(view: 1, step: 0, [has(1, -1..<1)]), .contributions),
            (.begin(view: 1, step: 0, [has(1, 0..<(1 << 50) + 1)]), .contributions),
            (.begin(view: 1, step: 0, [Contribution(1, pieces(65))]), .contributions),
            (.begin(view: 1, step: 0, (0...4096).map { has($0, 0..<1) }), .size(4097)),
            (.begin(view: 1, step: 0, (0..<1025).map { Contribution(NodeID($0), pieces(64)) }), .size(65_600)),
        ] as [(ReductionMessage, MessageFault)])
    func faultIsFoundAndRefused(_ message: ReductionMessage, _ fault: MessageFault) {
        #expect(message.fault == fault)
        let settings = ReductionSettings(samples: 8, batch: 8)
        var node = Reduction(node: 1, applied: 0, settings: settings)
        _ = node.onView(View(number: 1, members: [1, 2], links: [Link(1, 2)]), at: 0)
        #expect(node.onMessage(message, from: 2, at: 0) == [.refused(fault, from: 2)])
    }

    /// What is well formed and makes no sense is ignored, whoever sends it.
    @Test func senselessMessagesChangeNothing() {
        let settings = ReductionSettings(samples: 8, batch: 8, chunks: 2)
        var node = Reduction(node: 1, applied: 0, settings: settings)
        let view = View(number: 3, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)])
        _ = node.onView(view, at: 0)
        let great = MessageLimits.greatestNumber
        let messages: [ReductionMessage] = [
            .begin(view: 3, step: 0), .begin(view: 3, step: great), .total(view: 3, step: great, chunk: 0, samples: 8),
            .total(view: 3, step: 0, chunk: 4095, samples: 8), .partial(view: 3, step: 0, chunk: 4095, Self.times),
            .partial(view: 3, step: 1, chunk: 0, Self.times), .missing(view: 3, step: great, .total([0, 4095])),
            .missing(view: 3, step: 0, .partial([0, 4095])), .ready(view: 2, applied: 0), .gone(view: 2, before: great),
            .missing(view: 3, step: 0, .total([])),
        ]
        for message in messages {
            for peer in [2, 4] as [NodeID] { #expect(node.onMessage(message, from: peer, at: 0) == [], "\(message)") }
        }
        #expect(node.onMessage(.ready(view: 3, applied: 0), from: 4, at: 0) == [])
    }
}
