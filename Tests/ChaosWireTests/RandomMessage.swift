import ChaosModel
import ChaosProtocol
import ChaosTesting
import ChaosWire

/// Seeded random messages of every kind, all of them valid, with numbers of every order of magnitude.
struct RandomMessage {
    /// One for each case of every enumeration that a message may be made of.
    static let kinds = 34

    private var random: SeededRandom
    private var next: UInt64 { mutating get { random.next() } }

    static func make(kind: Int, seed: UInt64) -> WireMessage {
        var maker = RandomMessage(random: SeededRandom(seed: seed &* 64 &+ UInt64(kind)))
        return maker.message(kind)
    }

    private mutating func contributions() -> [Contribution] {
        let nodes = Set((0..<random.int(0...4)).map { _ in node() })
        return nodes.sorted().map { node in
            let bounds = Set((0..<random.int(2...8)).map { _ in random.int(0...MessageLimits.greatestQuantity) })
            let pairs = bounds.sorted().prefix(bounds.count / 2 * 2)
            return Contribution(node, RangeSet(bounds: pairs.isEmpty ? [0, 1] : Array(pairs))!)
        }
    }

    private mutating func digest() -> Digest { Digest(words: SIMD4(next, next, next, next)) }

    private mutating func message(_ kind: Int) -> WireMessage {
        switch kind {
        case 0:
            let letters = "abc \u{0}\u{e9}\u{4e2d}\u{1f600}\"\\".map { $0 }
            let (version, id) = (UInt32(random.int(1...Int(UInt32.max))), node())
            let name = String((0..<random.int(1...60)).map { _ in random.element(of: letters) })
            return .introduction(
                Introduction(
                    version: version, oldestVersion: UInt32(random.int(1...Int(version))), node: id, cluster: name,
                    training: random.once(in: 2) ? "" : name + name,
                    founding: random.once(in: 2) ? nil : digest(),
                    claim: random.once(in: 2) ? nil : Claim(node: id, bytes: bytes(100)),
                    lane: random.element(of: Introduction.Lane.allCases)))
        case 1: return .message(.hello(view: numberOrNone(), digest: next))
        case 2: return .message(.reports((0..<random.int(0...5)).map { _ in report() }))
        case 3: return .message(.decided(view()))
        case 4: return relayed(.prepare(ballot(), next: number()))
        case 5: return relayed(.promise(ballot(), next: number(), accepted: nil))
        case 6: return relayed(.promise(ballot(), next: number(), accepted: Accepted(ballot: ballot(), view: view())))
        case 7: return relayed(.accept(ballot(), view()))
        case 8: return relayed(.accepted(ballot(), next: number()))
        case 9: return relayed(.refuse(promised: ballot(), next: number()))
        case 10: return relayed(.behind(view: numberOrNone()))
        case 11: return relayed(.decided(view()))
        case 12:
            let echo = random.once(in: 2) ? numberOrNone() : nil
            let held = echo == nil ? 0 : numberOrNone()
            return .message(.monitor(.heartbeat(Heartbeat(sent: numberOrNone(), echo: echo, held: held))))
        case 13: return .message(.monitor(.probeRequest(bytes: random.anyLength(upTo: MessageLimits.probe))))
        case 14:
            let parts = random.anyLength(upTo: MessageLimits.probe)
            return .message(
                .monitor(
                    .probe(
                        part: random.int(0...parts - 1), parts: parts,
                        bytes: random.anyLength(upTo: MessageLimits.probe))))
        case 15: return .message(.reduction(.ready(view: number(), applied: numberOrNone(), contributions())))
        case 16: return .message(.reduction(.begin(view: number(), step: numberOrNone(), contributions())))
        case 17:
            let least = random.once(in: 5) ? 0 : random.anyLength(upTo: 1 << 40)
            let times = ComputeTimes(least: least, greatest: least + random.int(0...1 << 40))
            return .message(
                .reduction(.partial(view: number(), step: numberOrNone(), chunk: random.int(0...4095), times)))
        case 18:
            return .message(
                .reduction(
                    .total(
                        view: number(), step: numberOrNone(), chunk: random.int(0...4095),
                        samples: random.int(1...MessageLimits.greatestQuantity))))
        case 19: return .message(.reduction(.missing(view: number(), step: numberOrNone(), .partial(chunks()))))
        case 20: return .message(.reduction(.missing(view: number(), step: numberOrNone(), .total(chunks()))))
        case 21:
            return .message(.replication(random.once(in: 2) ? .ask : .refusal(random.element(of: Refusal.allCases))))
        case 22: return .message(.replication(.offer(offer())))
        case 23:
            let views = [number(), number()].sorted()
            return .message(.replication(.snapshot(admitted: views[0], begun: views[1], step: numberOrNone())))
        case 24:
            return .message(
                .replication(
                    .pullDigests(
                        step: numberOrNone(), shardSize: shardSize(), first: random.int(0...1 << 20),
                        count: random.int(1...4096))))
        case 25:
            let digests = (0..<random.int(1...20)).map { _ in digest() }
            return .message(
                .replication(
                    .digests(step: numberOrNone(), shardSize: shardSize(), first: random.int(0...1 << 20), digests)))
        case 26:
            let (step, size, shard) = (numberOrNone(), shardSize(), random.int(0...1 << 20))
            return .message(
                .replication(
                    random.once(in: 2)
                        ? .pull(step: step, shardSize: size, shard: shard)
                        : .shard(step: step, shardSize: size, shard: shard)))
        case 28: return .message(.claims((0..<random.int(0...4)).map { _ in Claim(node: node(), bytes: bytes(100)) }))
        case 29: return .message(.unclaimed(nodes(20)))
        case 33:
            return .message(
                .reduction(.readyFor(view: number(), digest: next, applied: numberOrNone(), contributions())))
        case 32: return .message(.news((0..<random.int(0...5)).map { _ in report() }))
        case 31:
            return .message(
                .bundle(
                    (0..<random.int(2...5)).map { _ in
                        bundled(random.element(of: [1, 2, 3, 5, 6, 7, 8, 12, 15, 16, 28, 29, 32, 33]))
                    }))
        case 27: return .message(.reduction(.gone(view: number(), before: numberOrNone())))
        default: return .message(.replication(.gone(step: numberOrNone())))
        }
    }

    private mutating func bundled(_ kind: Int) -> ChaosProtocol.Message {
        guard case .message(let message) = message(kind) else {
            preconditionFailure("it is no message of the protocol")
        }
        return message
    }

    private mutating func number() -> Int { random.anyLength(upTo: MessageLimits.greatestNumber) }
    private mutating func numberOrNone() -> Int { random.once(in: 4) ? 0 : number() }
    private mutating func quantity() -> Int { random.anyLength(upTo: MessageLimits.greatestQuantity) }
    private mutating func quantityOrNone() -> Int { random.once(in: 4) ? 0 : quantity() }
    private mutating func shardSize() -> Int { random.anyLength(upTo: 64 << 20) }
    private mutating func chunks() -> [Int] { random.sample(random.int(1...20), below: 4096).sorted() }
    private mutating func ballot() -> Ballot { Ballot(round: numberOrNone(), proposer: node()) }

    private mutating func node() -> NodeID {
        switch random.int(0...5) {
        case 0: 0
        case 1: NodeID(.max)
        case 2, 3: NodeID(UInt64(random.int(0...20)))
        default: NodeID(next)
        }
    }

    private mutating func nodes(_ most: Int) -> [NodeID] {
        Set((0..<random.int(1...most)).map { _ in node() }).sorted()
    }

    private mutating func quality() -> LinkQuality {
        LinkQuality(
            bandwidth: random.once(in: 3) ? nil : quantity(), roundTrip: random.once(in: 3) ? nil : quantityOrNone())
    }

    private mutating func relayed(_ body: Envelope.Body) -> WireMessage {
        let envelope = Envelope(
            origin: node(), sequence: number(), destination: random.once(in: 2) ? node() : nil,
            insists: random.once(in: 2), body: body)
        return .message(.relayed(envelope.sealed(with: seal(SignedContent.bytes(of: envelope)))))
    }

    /// Or none.
    private mutating func seal(_ content: [UInt8]) -> Seal? {
        random.once(in: 2) ? nil : Seal(content: content, signature: bytes(64))
    }

    private mutating func bytes(_ most: Int) -> [UInt8] {
        (0..<random.int(1...most)).map { _ in UInt8(truncatingIfNeeded: next) }
    }

    mutating func view() -> View {
        let nodes = nodes(12)
        let number = number()
        let count = random.int(1...nodes.count)
        let members = random.sample(count, below: nodes.count).map { nodes[$0] }
        var links: [Link: LinkQuality] = [:]
        for a in nodes {
            for b in nodes where a < b && random.once(in: 3) { links[Link(a, b)] = quality() }
        }
        var weights: [NodeID: Int] = [:]
        for member in members { weights[member] = quantityOrNone() }
        let countOfEpoch = number & (1 << 28 - 1)
        return View(
            number: number, members: members,
            learners: nodes.filter { !members.contains($0) }.map {
                View.Learner($0, admitted: random.anyLength(upTo: number))
            },
            links: Array(links.keys), qualities: links, weights: weights,
            era: number - random.int(0...max(0, min(countOfEpoch - 1, 5))))
    }

    private mutating func report() -> Report {
        let own = node()
        let neighbors = random.once(in: 5) ? [] : nodes(12).filter { $0 != own }
        var qualities: [NodeID: LinkQuality] = [:]
        for node in neighbors { qualities[node] = quality() }
        let wishes: [Report.Wish] = [
            .stay, .join, .ready(view: numberOrNone()), .again(admitted: numberOrNone()), .leave,
        ]
        let report = Report(
            node: own, sequence: number(), neighbors: neighbors, qualities: qualities,
            resources: Resources(
                samplesPerSecond: random.once(in: 3) ? nil : quantity(), snapshotMemory: quantityOrNone(),
                load: random.int(0...1000)),
            uneven: numberOrNone(), wish: random.element(of: wishes),
            epoch: random.once(in: 2) ? 0 : random.anyLength(upTo: View.greatestEpoch),
            address: random.once(in: 2) ? "" : "host-\(random.int(0...99)).example:\(random.int(1...65_535))")
        return report.sealed(with: seal(SignedContent.bytes(of: report)))
    }

    private mutating func offer() -> Offer {
        Offer(
            stateBytes: random.anyLength(upTo: 1 << 53), bandwidth: random.once(in: 3) ? nil : quantity(),
            latency: random.once(in: 3) ? nil : quantityOrNone(), ready: quantityOrNone(),
            overhead: quantityOrNone(),
            limit: random.once(in: 3) ? nil : random.once(in: 3) ? 0 : random.anyLength(upTo: 1 << 53))
    }
}
