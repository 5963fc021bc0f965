import ChaosModel
import ChaosProtocol
import ChaosTesting

/// A random run of a cluster: messages get lost, come twice and in any order, members crash or are left out, learners
/// come, become members or are admitted again, and each node installs views when it happens to, or skips them. Then
/// there is calm, in which all must go on.
struct ReductionCampaign {
    private var random: SeededRandom
    private var cluster: ReductionCluster
    private var views: [View] = []
    private var nextID: UInt64
    private var isCalm = false
    /// Whether updates reach learners before members, so that often nobody else has them when the root goes.
    private let favorsLearners: Bool
    /// Steps that were applied in all, learners that became members, steps that were done again, and nodes that were lost.
    private(set) var steps = 0
    private(set) var promotions = 0
    private(set) var lost = 0
    /// Whether the last members had nothing that is valid: whoever had was crashed when they had just become members.
    private(set) var isGone = false

    init(seed: UInt64, defect: PlantedDefect? = nil, isLogging: Bool = false) {
        random = SeededRandom(seed: seed)
        var settings = ReductionSettings(
            samples: 20, batch: 8, lost: seed.isMultiple(of: 4) ? .dropped : .repeated, chunks: random.int(1...3),
            retry: 1000, longestRetry: 8000,
            window: random.int(1...3), backlog: random.once(in: 4) ? 2 : 50)
        settings.hasTreesAtAnyRate = seed.isMultiple(of: 2)
        cluster = ReductionCluster(settings: settings, defect: defect)
        cluster.isLogging = isLogging
        favorsLearners = random.once(in: 3)
        let members = (1...UInt64(random.int(1...4))).map { NodeID($0) }
        nextID = UInt64(members.count) + 1
        for id in members { cluster.start(id, isFounder: true) }
        views = [linked(1, members, [])]
        for id in members { cluster.install(views[0], at: id) }
    }

    var log: [String] { cluster.log }

    /// - Returns: the promise that was broken, if any.
    mutating func run() -> String? {
        for _ in 0..<random.int(20...150) {
            disturb()
            if let violation = cluster.violation { return violation }
        }
        if random.once(in: 2) { decide() }
        isCalm = true
        return calm() ?? cluster.violation
    }

    // MARK: Views

    private mutating func linked(_ number: Int, _ members: [NodeID], _ learners: [View.Learner]) -> View {
        var links: Set<Link> = []
        for (i, a) in members.enumerated() where i > 0 { links.insert(Link(a, members[random.int(0...i - 1)])) }
        let nodes = members + learners.map(\.node)
        // In calm to members only: below a learner that came later, another may be lost with each new tree.
        for learner in learners {
            if isCalm {
                links.insert(Link(learner.node, random.element(of: members)))
                continue
            }
            links.insert(Link(learner.node, random.element(of: nodes.filter { $0 < learner.node } + [members[0]])))
        }
        for _ in 0..<random.int(0...3) where nodes.count > 1 {
            let pair = random.sample(2, below: nodes.count)
            links.insert(Link(nodes[pair[0]], nodes[pair[1]]))
        }
        var qualities: [Link: LinkQuality] = [:]
        for link in links.sorted() {
            qualities[link] = LinkQuality(bandwidth: random.int(1...9), roundTrip: random.int(0...9))
        }
        var weights: [NodeID: Int] = [:]
        for member in members { weights[member] = random.int(0...4) }
        return View(
            number: number, members: members, learners: learners, links: Array(links), qualities: qualities,
            weights: weights)
    }

    /// The next view: of the last one's members and learners that have caught up, and nodes from outside.
    private mutating func decide() {
        let last = views.last!
        let present = last.members.filter { cluster.machines[$0] != nil && !cluster.machines[$0]!.isLost }
        guard !present.isEmpty else { return }
        var staying = isCalm ? present : present.filter { _ in !random.once(in: 5) }
        // Often the root, which may be the only one that has the last update.
        if !isCalm, random.once(in: 3) { staying.removeAll { $0 == ReductionTree(last).root } }
        if staying.isEmpty { staying = [random.element(of: present)] }
        var learners: [View.Learner] = []
        for learner in last.learners {
            guard let machine = cluster.machines[learner.node] else { continue }
            let isInStay = machine.reduction.view?.role(of: learner.node) == .learner(admitted: learner.admitted)
            if isInStay, machine.isLost {
                learners.append(View.Learner(learner.node, admitted: last.number + 1))
            } else if isInStay, machine.hasCaughtUp, random.once(in: favorsLearners ? 4 : 2) {
                staying.append(learner.node)
                promotions += 1
            } else if isCalm || !random.once(in: 8) {
                learners.append(learner)
            }
        }
        if !isCalm, random.once(in: 2), cluster.machines.count < 6 {
            cluster.start(NodeID(nextID), isFounder: false)
            learners.append(View.Learner(NodeID(nextID), admitted: last.number + 1))
            nextID += 1
        }
        // A node that has found itself outside asks to join.
        for (id, machine) in cluster.machines.sorted(by: { $0.key < $1.key }) {
            guard let known = machine.reduction.view, known.role(of: id) == .outside, last.role(of: id) == .outside,
                !random.once(in: 3)
            else { continue }
            learners.append(View.Learner(id, admitted: last.number + 1))
        }
        let next = linked(last.number + 1, staying.sorted(), learners.sorted())
        views.append(staying.sorted() == last.members && !random.once(in: 4) ? next.inEra(of: last) : next)
    }

    /// The latest view, or one on the way to it.
    private mutating func install(at id: NodeID) {
        let known = cluster.machines[id]?.reduction.view?.number ?? 0
        guard known < views.count else { return }
        // Whoever was never in the cluster hears of it by being admitted.
        let number = isCalm || random.once(in: 2) ? views.count : random.int(known + 1...views.count)
        if known == 0, views[number - 1].role(of: id) == .outside { return }
        cluster.note("  \(id) installs \(views[number - 1])")
        cluster.install(views[number - 1], at: id)
    }

    // MARK: What happens

    private mutating func disturb() {
        let ids = cluster.machines.keys.sorted()
        switch random.int(0...99) {
        case 0..<4: decide()
        case 4..<14: install(at: random.element(of: ids))
        case 14..<16:
            let members = views.last!.members.filter { cluster.machines[$0]?.isLost == false }
            let id = random.element(of: ids)
            if members != [id] {
                cluster.note("  \(id) crashes")
                cluster.machines[id] = nil
            }
        case 16..<18:
            let id = random.element(of: ids)
            if cluster.machines[id]!.reduction.isHalted {
                cluster.act(id) { $0.onProceed(at: $1) }
            } else {
                cluster.act(id) { $0.onHalt(at: $1) }
            }
        case 18..<24: bringState()
        case 24..<32: wake()
        default: work(loss: 10)
        }
    }

    /// Something that goes on by itself: a message arrives, or a gradient is computed.
    private mutating func work(loss: Int) {
        cluster.now += random.int(0...20)
        if cluster.machines.contains(where: { $0.value.wakeAt ?? .max <= cluster.now }) { return wake() }
        // In calm the network is faster than the processors, or learners could never catch up.
        let isTurn = isCalm ? cluster.waiting.count < 20 && random.once(in: 10) : random.once(in: 3)
        if !cluster.computing.isEmpty, cluster.waiting.isEmpty || isTurn {
            return cluster.finish(random.int(0...cluster.computing.count - 1), in: random.int(0...30))
        }
        guard !cluster.waiting.isEmpty else { return wake() }
        let index = random.int(0...cluster.waiting.count - 1)
        let parcel = cluster.waiting[index]
        if !isCalm, favorsLearners, case .total = parcel.message, views.last!.members.contains(parcel.destination),
            !random.once(in: 4)
        {
            return
        }
        if loss == 0 || !random.once(in: loss) {
            cluster.waiting[index] = cluster.waiting.last!
            cluster.waiting.removeLast()
        }
        if loss == 0 || !random.once(in: loss) { cluster.deliver(parcel) }
        if !isCalm, favorsLearners, case .total = parcel.message, random.once(in: 8) { loseRoot() }
    }

    private mutating func loseRoot() {
        let view = views.last!
        let root = ReductionTree(view).root
        guard view.members.contains(where: { $0 != root && cluster.machines[$0]?.isLost == false }) else { return }
        cluster.note("  \(root) crashes")
        cluster.machines[root] = nil
        decide()
        for member in views.last!.members { install(at: member) }
    }

    private mutating func wake() {
        let due = cluster.machines.compactMap { id, machine in machine.wakeAt.map { ($0, id) } }.min { $0 < $1 }
        guard let (time, id) = due else { return }
        cluster.now = max(cluster.now, time)
        cluster.wake(id)
    }

    private mutating func bringState() {
        let learners = cluster.machines.keys.sorted().compactMap { id -> View.Learner? in
            guard let machine = cluster.machines[id], machine.replica == nil, !machine.isLost,
                case .learner(let admitted)? = machine.reduction.view?.role(of: id)
            else { return nil }
            return View.Learner(id, admitted: admitted)
        }
        guard !learners.isEmpty else { return }
        let learner = random.element(of: learners)
        let servers = cluster.machines.keys.sorted().filter {
            cluster.machines[$0]!.replica != nil && cluster.machines[$0]!.snapshots[learner] != nil
        }
        guard !servers.isEmpty else { return }
        cluster.bringState(to: learner.node, admitted: learner.admitted, from: random.element(of: servers))
    }

    /// Whether all members do steps and all learners have caught up.
    private mutating func calm() -> String? {
        for _ in 0..<40 {
            let view = views.last!
            if view.members.allSatisfy({ cluster.machines[$0]?.isLost ?? true }) {
                isGone = true
                return nil
            }
            if view.everyone.contains(where: { cluster.machines[$0] == nil }) {
                decide()
                continue
            }
            for id in cluster.machines.keys.sorted() {
                cluster.act(id) { $0.onProceed(at: $1) }
                install(at: id)
            }
            // What a member had was begun at the latest by now; two steps more show that the view goes on.
            var target: Int?
            for _ in 0..<8000 {
                if cluster.violation != nil { return nil }
                let machines = cluster.machines
                let members = view.members.compactMap { machines[$0] }
                let learners = view.learners.compactMap { machines[$0.node] }
                if members.contains(where: \.isLost) || learners.contains(where: \.isLost) { break }
                let applied = members.map { $0.reduction.applied ?? 0 }
                target = target ?? applied.max()! + 2
                if applied.min()! >= target!, learners.allSatisfy({ $0.hasCaughtUp }) {
                    steps = applied.max()!
                    cluster.compareReplicas(in: view)
                    return nil
                }
                if random.once(in: 10) { bringState() } else { work(loss: 0) }
            }
            let isLost = view.everyone.contains { cluster.machines[$0]?.isLost == true }
            guard isLost else {
                return "no progress in view \(view): "
                    + view.everyone.sorted().map {
                        "\($0) has \(cluster.machines[$0]?.reduction.applied.map(String.init) ?? "nothing")"
                    }.joined(separator: ", ")
            }
            lost += 1
            decide()
        }
        // With so little room a learner may be too slow for ever.
        if cluster.settings.backlog < 10 { return nil }
        return "nodes are lost again and again, last in \(views.last!)"
    }
}

extension View {
    /// The same, in the era of the view before it: with the links between members that this had, and the shares.
    fileprivate func inEra(of last: View) -> View {
        func isBetweenMembers(_ link: Link) -> Bool { members.contains(link.a) && members.contains(link.b) }
        var kept = Dictionary(uniqueKeysWithValues: zip(links, qualities)).filter { !isBetweenMembers($0.key) }
        for (link, quality) in zip(last.links, last.qualities) where isBetweenMembers(link) { kept[link] = quality }
        return View(
            number: number, members: members, learners: learners, links: Array(kept.keys), qualities: kept,
            weights: Dictionary(uniqueKeysWithValues: zip(last.members, last.weights)), idle: idle, era: last.era)
    }
}
