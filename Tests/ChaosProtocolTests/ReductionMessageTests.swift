import ChaosProtocol
import Testing

struct ReductionMessageTests {
    static let times = ComputeTimes(least: 1, greatest: 2)
    static let reversed = ComputeTimes(least: 2, greatest: 1)
    static let many = Array(0...MessageLimits.chunks)

    @Test(
        arguments: [
            (.ready(view: 0, applied: 0), .number(0)),
            (.ready(view: 1, applied: -1), .number(-1)),
            (.begin(view: 1, step: .max), .number(.max)),
            (.gone(view: .min, before: 0), .number(.min)),
            (.total(view: 1, step: -7, chunk: 0), .number(-7)),
            (.total(view: 1, step: 0, chunk: -1), .chunk(-1)),
            (.partial(view: 1, step: 0, chunk: 4096, times), .chunk(4096)),
            (.partial(view: 1, step: 0, chunk: 4095, reversed), .computeTimes(reversed)),
            (.missing(view: 1, step: 0, .total([1, 1])), .chunk(1)),
            (.missing(view: 1, step: 0, .partial([2, 1])), .chunk(1)),
            (.missing(view: 1, step: 0, .partial([.max])), .chunk(.max)),
            (.missing(view: 1, step: 0, .total(many)), .size(4097)),
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
            .begin(view: 3, step: 0), .begin(view: 3, step: great), .total(view: 3, step: great, chunk: 0),
            .total(view: 3, step: 0, chunk: 4095), .partial(view: 3, step: 0, chunk: 4095, Self.times),
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
