import ChaosModel
import ChaosProtocol

extension Scenario {
    /// The scenario of a seed: 3 to 12 nodes, of which some join later, on a tree, a mesh or something between, with 4 to
    /// 16 events. Partitions, and those into halves above all, are more frequent than in any real network; short delays
    /// between events, with which one comes in the midst of handling another, as frequent as long ones.
    public static func random(seed: UInt64) -> Scenario {
        var random = SeededRandom(seed: seed)
        // A duel: few members whose ballots take far longer than they wait for each other, and get lost.
        let duel = random.once(in: 4)
        let count = random.int(3...(duel ? 5 : 12))
        // Ids in random order: a joiner may have a lesser id than every founder.
        let ids = random.sample(count, below: count).map { NodeID(UInt64($0 + 1)) }
        let founders = Array(ids.prefix(random.once(in: 4) ? random.int(1...count) : max(2, count - random.int(0...2))))
        let links = randomLinks(founders, &random)

        let slow = duel || random.once(in: 3)
        let network = NetworkConditions(
            loss: random.element(of: duel ? [100, 300, 500] : [0, 0, 10, 50, 200]),
            duplication: random.element(of: [0, 0, 20, 200]),
            leastDelay: 1_000_000 * random.int(0...5), mostDelay: 1_000_000 * random.int(slow ? 50...300 : 5...40),
            failureBound: 1_000_000 * random.element(of: [1, 20, 200, 500]))
        let negotiation = NegotiationSettings(
            hello: 200_000_000, retry: 1_000_000 * random.int(duel ? 5...50 : 50...300),
            takeover: 1_000_000 * random.int(duel ? 1...10 : 20...500),
            longestTakeover: 4_000_000_000)

        // Training has chances of its own: what is drawn for it changes nothing of the rest.
        var other = SeededRandom(seed: seed &+ 0x5EED)
        let training = randomTraining(nodes: count, &other)
        var scenario = Scenario(
            seed: seed, founders: founders.sorted(), links: links.sorted(), network: network, training: training,
            settings: randomSettings(negotiation, training, network, &other), steps: [])
        scenario.settings.reduction.hasTreesAtAnyRate = seed.isMultiple(of: 2)
        scenario.network.silence = other.element(of: [0, 300, 1000])
        scenario.network.capacity = LinkCapacity(bandwidth: 10_000_000 * other.anyLength(upTo: 100), latency: 0)
        for node in ids where other.once(in: 3) {
            let speed = training.samplesPerSecond
            scenario.speeds[node] = other.int(max(1, speed / 4)...4 * speed)
        }
        var joiners = Array(ids.dropFirst(founders.count))
        var present = founders
        for _ in 0..<random.int(4...16) {
            var step = randomStep(present: &present, joiners: &joiners, &random)
            step.delay = 1_000_000 * random.int(0...random.element(of: [5, 60, 200, 1000]))
            scenario.steps.append(step)
            if other.once(in: 6), var step = randomNuisance(present, &other) {
                step.delay = 1_000_000 * other.int(0...100)
                scenario.steps.append(step)
            }
        }
        // So have the troubles that few seeds have.
        var rare = SeededRandom(seed: seed &+ 0xBADC0DE)
        scenario.addTrouble(&rare)
        var closing = SeededRandom(seed: seed &+ 0xC105_ED)
        if closing.once(in: 4) { scenario.closeConnections(&closing) }
        var resting = SeededRandom(seed: seed &+ 0x1D1E)
        if resting.once(in: 4) { scenario.takeEnginesAway(&resting) }
        var changing = SeededRandom(seed: seed &+ 0x4A7E5)
        if changing.once(in: 8) { scenario.letRatesChange(&changing) }
        var losing = SeededRandom(seed: seed &+ 0x105E)
        if losing.once(in: 4) { scenario.settings.reduction.lost = .dropped }
        scenario.addInstitutions(seed)
        // What is left after the last event must settle, and so must everything once the network is whole.
        scenario.steps += [.calm(after: 0), .event(.heal, after: 0), .calm(after: 0)]
        return scenario
    }

    /// A random tree and, as the case may be, more.
    private static func randomLinks(_ nodes: [NodeID], _ random: inout SeededRandom) -> [Link] {
        var links: Set<Link> = []
        for i in nodes.indices.dropFirst() { links.insert(Link(nodes[i], nodes[random.int(0...i - 1)])) }
        let oneIn = random.element(of: [1, 2, 5, 1000])
        for i in nodes.indices {
            for j in nodes.indices where i < j && random.once(in: oneIn) { links.insert(Link(nodes[i], nodes[j])) }
        }
        return Array(links)
    }

    /// Without a delay.
    private static func randomStep(
        present: inout [NodeID], joiners: inout [NodeID], _ random: inout SeededRandom
    ) -> Step {
        func now(_ event: Event) -> Step { .event(event, after: 0) }
        switch random.int(0...19) {
        case 0, 1, 2, 3: return now(.isolate(randomPart(of: present, &random)))
        case 4, 5, 6: return now(.heal)
        case 7, 8: return .calm(after: 0)
        case 9 where present.count > 2:
            return now(.crash(present.remove(at: random.int(0...present.count - 1))))
        case 10 where present.count > 2:
            // It may stay for a while, so it is still there for other events.
            return now(.leave(random.element(of: present)))
        case 11, 12, 13, 14:
            guard let joiner = joiners.popLast() else { return now(.heal) }
            let links = random.sample(random.int(1...min(3, present.count)), below: present.count).map { present[$0] }
            present.append(joiner)
            return now(.join(joiner, links: links.sorted()))
        default:
            guard present.count > 1 else { return .calm(after: 0) }
            let ends = random.sample(2, below: present.count).map { present[$0] }
            let link = Link(ends[0], ends[1])
            return now(random.once(in: 3) ? .mend(link) : .cut(link))
        }
    }

    /// A step takes some hundred milliseconds, so that views come in the midst of it and few messages are of steps that
    /// nothing happens in.
    private static func randomTraining(nodes: Int, _ random: inout SeededRandom) -> VirtualTraining {
        let samples = random.int(1...200)
        let batch = random.int(1...samples)
        return VirtualTraining(
            stateBytes: random.anyLength(upTo: 1 << 18), gradientBytes: random.anyLength(upTo: 1 << 14),
            samples: samples, batch: batch, samplesPerSecond: max(1, batch * 1000 / (nodes * random.int(100...600))))
    }

    private static func randomSettings(
        _ negotiation: NegotiationSettings, _ training: VirtualTraining, _ network: NetworkConditions,
        _ random: inout SeededRandom
    ) -> NodeSettings {
        var settings = NodeSettings(training)
        settings.negotiation = negotiation
        settings.reduction.chunks = random.int(1...3)
        settings.reduction.window = random.int(8...64)
        settings.reduction.retry = 1_000_000 * random.int(50...400)
        settings.reduction.longestRetry = 2_000_000_000
        // Longer than five steps, and short, so that renewals happen in runs of a minute.
        settings.reduction.patience = 3_000_000_000
        let bound = 1_000_000 * random.element(of: [300, 500, 1000]) + 4 * network.mostDelay
        settings.monitor.failureBound = network.loss > 0 ? 4 * bound : bound
        let smallest = random.element(of: [512, 4096, 65536])
        settings.receiver.shardSizes = (0...4).map { smallest << $0 }
        settings.monitor.probeBytes = 4096
        settings.monitor.mostProbeBytes = 16384
        settings.monitor.probePart = 1024
        settings.monitor.leastDelivered = 512
        settings.receiver.retry = 500_000_000
        settings.receiver.measuring = 0
        settings.receiver.rest = 200_000_000
        settings.receiver.longestRest = 20_000_000_000
        settings.receiver.silence = 1_000_000_000
        settings.receiver.abandonment = 4_000_000_000
        settings.policy.mostSnapshots = random.int(1...3)
        return settings
    }

    /// What makes nodes and links slow or wrong, but not absent; without a delay.
    private static func randomNuisance(_ present: [NodeID], _ random: inout SeededRandom) -> Step? {
        func now(_ event: Event) -> Step { .event(event, after: 0) }
        let node = random.element(of: present)
        switch random.int(0...7) {
        case 0, 1: return now(.slow(node, factor: random.element(of: [1, 4, 16])))
        case 2, 3:
            let other = random.element(of: present)
            return other == node ? nil : now(.crawl(Link(node, other), factor: random.element(of: [1, 5, 20])))
        case 4, 5: return now(.pause(node, for: 1_000_000 * random.int(1...2000)))
        case 6: return now(.lie(node))
        default: return .wait(0)
        }
    }

    private static func randomPart(of nodes: [NodeID], _ random: inout SeededRandom) -> [NodeID] {
        let size = random.once(in: 2) ? (nodes.count + 1) / 2 : random.int(1...max(1, nodes.count - 1))
        return random.sample(size, below: nodes.count).map { nodes[$0] }.sorted()
    }
}
