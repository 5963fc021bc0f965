import ChaosModel
import ChaosProtocol

/// Troubles that chance alone would hardly ever bring together. Each comes in some of the seeds.
extension Scenario {
    mutating func addTrouble(_ random: inout SeededRandom) {
        switch random.int(0...15) {
        case 0, 1: makeUpdatesHeavy(&random)
        case 2: strikeTheRoot(&random)
        case 3: letALinkFlutter(&random)
        case 4: letOneLie(&random)
        case 5: makeTransfersLong(&random)
        default: break
        }
    }

    /// Parts of gradients and of updates are on their way for as long as messages need for a view, and longer on some
    /// links than on others: views come when some nodes have more of an update than others, and what belongs to the last
    /// view arrives under the next. A joiner pulls for as long as some steps take.
    private mutating func makeUpdatesHeavy(_ random: inout SeededRandom) {
        let bandwidth = 10_000_000 * random.int(1...10)
        // On a link that carries less than the stream of updates nobody catches up, and all nodes together make the most
        // of them.
        speeds = [:]
        let together = training.batch * 1000 / training.samplesPerSecond / nodes.count
        let milliseconds = max(1, min(random.element(of: [20, 50, 100, 200]), together / 2))
        setSizes(bandwidth, gradient: milliseconds, state: 1000 * random.int(0...2), &random)
        let nodes = nodes
        for (i, a) in nodes.enumerated() {
            for b in nodes[..<i] where random.once(in: 2) {
                capacities[Link(a, b)] = LinkCapacity(
                    bandwidth: bandwidth * random.element(of: [2, 5, 20]), latency: network.capacity.latency)
            }
        }
        settings.reduction.chunks = random.int(1...4)
        steps = steps.compactMap { step in
            step.replacingEvent { event in
                if case .crawl(let link, let factor) = event { return .crawl(link, factor: min(factor, 2)) }
                if case .slow(let node, let factor) = event { return .slow(node, factor: min(factor, 2)) }
                return event
            }
        }
    }

    /// - Parameters:
    ///   - bandwidth: of links, in bit/s.
    ///   - gradient: how long such a link takes for one, in milliseconds.
    ///   - state: the same for a state.
    private mutating func setSizes(_ bandwidth: Int, gradient: Int, state: Int, _ random: inout SeededRandom) {
        network.capacity.bandwidth = bandwidth
        training.gradientBytes = bandwidth / 8000 * gradient
        training.stateBytes = bandwidth / 8000 * state + random.int(1...1 << 12)
        settings.stateBytes = training.stateBytes
        settings.receiver.shardSizes = [training.stateBytes / random.int(20...100) + 1]
        settings.reduction.retry = max(settings.reduction.retry, 1_000_000 * 4 * gradient)
        settings.reduction.longestRetry = 4_000_000_000
        (settings.receiver.silence, settings.receiver.abandonment) = (2_000_000_000, 8_000_000_000)
    }

    /// The root crashes when a learner, which has the fastest link to it, may have an update that no member has yet.
    /// Messages are slow, so that the learner has its state for a while before it is a member.
    private mutating func strikeTheRoot(_ random: inout SeededRandom) {
        network.leastDelay = 100_000_000
        network.mostDelay = 1_000_000 * random.int(100...250)
        settings.negotiation.retry = 1_000_000_000
        settings.negotiation.takeover = 1_000_000_000
        becomeMesh(gradient: random.element(of: [100, 200]), state: 0, &random)
        steps.append(.event(.crash(founders[0]), after: 1_000_000 * random.int(2000...4500)))
    }

    /// A link between two members goes and comes while a learner pulls, so that view follows view, each in the midst of an
    /// update of which some chunks have come down.
    private mutating func letALinkFlutter(_ random: inout SeededRandom) {
        network.mostDelay = network.leastDelay + 1_000_000 * random.int(1...40)
        becomeMesh(gradient: random.element(of: [100, 200, 400]), state: random.int(1000...4000), &random)
        guard founders.count > 2 else { return }
        let link = Link(founders[1], founders[2])
        for _ in 0..<random.int(2...6) {
            steps.append(.event(.cut(link), after: 1_000_000 * random.int(200...1000)))
            steps.append(.event(.mend(link), after: 1_000_000 * random.int(200...1000)))
        }
    }

    /// At most five founders, all linked with each other over links that lose nothing, and a joiner that is linked with all
    /// of them: with the first, which is the root, over a fast link.
    private mutating func becomeMesh(gradient: Int, state: Int, _ random: inout SeededRandom) {
        (network.loss, network.silence, network.failureBound) = (0, 0, 20_000_000)
        settings.monitor.failureBound = 500_000_000 + 4 * network.mostDelay
        let bandwidth = 10_000_000 * random.int(1...10)
        setSizes(bandwidth, gradient: gradient, state: state, &random)
        settings.reduction.chunks = random.int(1...4)
        founders = Array(founders.prefix(5))
        links = founders.flatMap { a in founders.filter { a < $0 }.map { Link(a, $0) } }
        let alone = max(2 * gradient * (founders.count + 1), founders.count * random.int(50...200))
        training.samplesPerSecond = max(1, training.batch * 1000 / alone)
        speeds = [:]
        let joiner = NodeID(founders.last!.rawValue + 1)
        capacities[Link(founders[0], joiner)] = LinkCapacity(bandwidth: 50 * bandwidth, latency: 0)
        steps = [.event(.join(joiner, links: founders), after: 1_000_000 * random.int(0...1000))]
    }

    /// A founder lies from the beginning, and joiners have enough neighbours to contradict it.
    private mutating func letOneLie(_ random: inout SeededRandom) {
        settings.policy.mostSnapshots = 3
        steps.insert(.event(.lie(random.element(of: founders)), after: 0), at: 0)
        for i in steps.indices {
            guard case .event(.join(let node, let links), let delay) = steps[i] else { continue }
            let more = random.sample(min(4, founders.count), below: founders.count).map { founders[$0] }
            steps[i] = .event(.join(node, links: Set(links + more).sorted()), after: delay)
        }
    }

    /// The state takes seconds, some shards of it get lost, and the calm comes before it is there.
    private mutating func makeTransfersLong(_ random: inout SeededRandom) {
        network.loss = max(network.loss, random.element(of: [20, 50]))
        setSizes(10_000_000, gradient: 1, state: random.int(500...2000), &random)
        guard let join = steps.lastIndex(where: { $0.event?.kind == .join }) else { return }
        steps.removeSubrange((join + 1)...)
        steps.append(.wait(1_000_000 * random.int(100...4000)))
    }

    /// While a joiner pulls, connections to some of its neighbours close.
    mutating func closeConnections(_ random: inout SeededRandom) {
        for i in steps.indices.reversed() {
            guard case .event(.join(let node, let links), _) = steps[i] else { continue }
            let others = links.filter { $0 != node }
            guard !others.isEmpty else { continue }
            for _ in 0..<random.int(1...3) {
                let delay = 1_000_000 * random.int(0...random.element(of: [20, 300, 2000]))
                steps.insert(.event(.reset(Link(node, random.element(of: others))), after: delay), at: i + 1)
            }
        }
    }

    /// While a joiner pulls for some seconds, the rates of its links change again and again by factors of up to 100.
    mutating func letRatesChange(_ random: inout SeededRandom) {
        setSizes(10_000_000 * random.int(1...10), gradient: 1, state: random.int(200...2000), &random)
        for i in steps.indices.reversed() {
            guard case .event(.join(let node, let links), _) = steps[i] else { continue }
            let others = links.filter { $0 != node }
            guard !others.isEmpty else { continue }
            for _ in 0..<random.int(2...10) {
                let crawl = Event.crawl(Link(node, random.element(of: others)), factor: random.anyLength(upTo: 100))
                steps.insert(.event(crawl, after: 1_000_000 * random.int(0...500)), at: i + 1)
            }
        }
    }

    /// What institutions bring: forgers, nodes that know one contact, and operators. Each in one of eleven seeds, and now and
    /// then with another: the others mean what they did before.
    mutating func addInstitutions(_ seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 0x1257)
        let kinds: [(residue: UInt64, add: (inout Scenario, inout SeededRandom) -> Void)] = [
            (1, { $0.haveOneForge(&$1) }), (6, { $0.knowOneContact(&$1) }), (8, { $0.haveOperatorsProceed(&$1) }),
        ]
        guard kinds.contains(where: { $0.residue == seed % 11 }) else { return }
        for (residue, add) in kinds where residue == seed % 11 || random.once(in: 3) { add(&self, &random) }
    }

    /// All nodes sign what they say, and now and then one of them passes on what nobody has said.
    private mutating func haveOneForge(_ random: inout SeededRandom) {
        isSigned = true
        guard random.once(in: 2) else { return }
        steps.insert(.event(.forge(random.element(of: founders)), after: 0), at: 0)
    }

    /// Each node knows one other at first, and links itself to those that it hears of; some cannot be dialled.
    private mutating func knowOneContact(_ random: inout SeededRandom) {
        settings.negotiation.mostLinks = 8
        dialable = Set(nodes.filter { _ in random.int(1...4) > 1 })
        links = founders.indices.dropFirst().map { Link(founders[$0], founders[random.int(0...$0 - 1)]) }
        for i in steps.indices {
            guard case .event(.join(let node, let links), let delay) = steps[i] else { continue }
            steps[i] = .event(.join(node, links: [random.element(of: links)]), after: delay)
        }
    }

    /// Parts are cut off, and operators let them go on, whether the others are gone or not.
    private mutating func haveOperatorsProceed(_ random: inout SeededRandom) {
        for _ in 0..<random.int(1...2) {
            let place = random.int(0...steps.count)
            let part = random.sample(random.int(1...max(1, founders.count - 1)), below: founders.count).map {
                founders[$0]
            }
            let told = random.sample(random.int(1...min(3, founders.count)), below: founders.count).map { founders[$0] }
            var more: [Step] = [.event(.isolate(part.sorted()), after: 1_000_000 * random.int(0...300))]
            let time = settings.monitor.failureBound / 1_000_000
            for node in told { more.append(.event(.proceed(node), after: 1_000_000 * random.int(0...2 * time))) }
            if random.once(in: 2) { more.append(.event(.heal, after: 1_000_000 * random.int(0...2000))) }
            steps.insert(contentsOf: more, at: place)
        }
    }

    /// What computes for some nodes goes and comes, for all founders at once now and then.
    mutating func takeEnginesAway(_ random: inout SeededRandom) {
        let isOfAll = random.once(in: 4)
        for _ in 0..<random.int(1...3) {
            let place = random.int(0...steps.count)
            for node in isOfAll ? founders : [random.element(of: founders)] {
                let time = 1_000_000 * random.int(1...random.element(of: [50, 500, 4000]))
                steps.insert(.event(.idle(node, for: time), after: 1_000_000 * random.int(0...300)), at: place)
            }
        }
    }
}
