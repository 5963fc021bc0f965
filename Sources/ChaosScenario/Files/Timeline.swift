import ChaosDocuments
import ChaosModel
import ChaosProtocol

/// Goes through the events in time, checks each against what is there by then, and makes the steps of the scenario.
///
/// A node that leaves is there until its crash: how long it stays is for the protocol to say, so other things may still
/// happen to it.
struct Timeline {
    private let founding: FoundingNetwork
    private let usual: LinkCapacity
    private var time = 0
    private var present: Set<NodeID>
    /// Every node that has been there.
    private var known: Set<NodeID>
    private var left: Set<NodeID> = []
    /// Every link that has been up.
    private var links: Set<Link>
    private(set) var capacities: [Link: LinkCapacity]
    private(set) var steps: [Scenario.Step] = []

    init(_ founding: FoundingNetwork, _ network: NetworkDraft) {
        self.founding = founding
        usual = network.usualCapacity
        present = Set(founding.founders)
        known = present
        links = Set(founding.links)
        capacities = founding.capacities
    }

    /// - Parameter path: of the event, for faults.
    mutating func add(_ draft: EventDraft, _ path: String, _ faults: inout FaultList) {
        if draft.at < time {
            faults.add(
                "\(path).at", ExactTime(nanoseconds: Int128(draft.at)).readable,
                allowed: "no earlier than the event before it, \(readableTime)")
        }
        let delay = max(0, draft.at - time)
        time = max(time, draft.at)
        var event = draft.event
        let place = "\(path).\(event.kind.rawValue)"
        for requirement in event.requirements {
            switch requirement {
            case .node(let node): check(node, place, &faults)
            case .link(let link): check(link, place, &faults)
            }
        }
        switch event.presence {
        case .begins(let node): event = join(node, draft.joinLinks, path, &faults)
        case .isToEnd(let node):
            if !left.insert(node).inserted, present.contains(node) {
                faults.add(place, "node \(node) a second time", allowed: "a node that has not left")
            }
        case .ends(let node): present.remove(node)
        case nil: break
        }
        if case .mend(let link) = event { links.insert(link) }
        if case .isolate(let nodes) = event, nodes.isEmpty || present.isSubset(of: nodes) {
            faults.add(
                place, nodes.isEmpty ? "no node" : "all nodes", allowed: "some of the nodes that are there")
        }
        steps.append(.event(event, after: delay))
    }

    /// Lets the time go on to the end of the scenario, and everything settle then.
    mutating func end(at until: Int?, _ faults: inout FaultList) {
        if let until, until < time {
            faults.add(
                "until", ExactTime(nanoseconds: Int128(until)).readable,
                allowed: "no earlier than the last event, \(readableTime)")
        }
        if let until, until > time { steps.append(.wait(until - time)) }
        steps.append(.calm(after: 0))
    }

    private mutating func join(
        _ node: NodeID, _ given: [JoinLink]?, _ path: String, _ faults: inout FaultList
    ) -> Scenario.Event {
        if known.contains(node) {
            faults.add(
                "\(path).join", "node \(node), whose name is used", allowed: "a node that has not been there before")
        }
        if known.count >= ScenarioRange.nodes.upperBound {
            faults.add("\(path).join", "a node beyond \(known.count) others", allowed: "fewer nodes")
        }
        let usualLinks = founding.joiner?.node == node ? founding.joiner?.links.filter(present.contains) : nil
        guard let joined = given ?? usualLinks?.map({ JoinLink(node: $0, figures: LinkFigures()) }), !joined.isEmpty
        else {
            faults.add("\(path).links", "the key is missing", allowed: "a list of the nodes that \(node) has links to")
            return .join(node, links: [])
        }
        for (index, end) in joined.enumerated() {
            check(end.node, "\(path).links[\(index)]", &faults)
            guard end.node != node else { continue }
            let link = Link(node, end.node)
            links.insert(link)
            if !end.figures.isEmpty { capacities[link] = end.figures.capacity(capacities[link] ?? usual) }
        }
        known.insert(node)
        present.insert(node)
        return .join(node, links: joined.map(\.node))
    }

    private func check(_ node: NodeID, _ path: @autoclosure () -> String, _ faults: inout FaultList) {
        guard !present.contains(node) else { return }
        let why = known.contains(node) ? "is not there any more" : "is not there"
        let there = present.sorted()
        let shown = there.prefix(12).map(\.description).joined(separator: ", ") + (there.count > 12 ? ", …" : "")
        faults.add(path(), "node \(node), which \(why) at \(readableTime)", allowed: "one of the nodes \(shown)")
    }

    private func check(_ link: Link, _ path: @autoclosure () -> String, _ faults: inout FaultList) {
        guard !links.contains(link) else { return }
        faults.add(path(), "link \(link), which has not been up by \(readableTime)", allowed: "a link of the network")
    }

    private var readableTime: String { ExactTime(nanoseconds: Int128(time)).readable }
}
