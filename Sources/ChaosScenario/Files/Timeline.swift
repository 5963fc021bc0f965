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
    mutating func add(_ event: EventDraft, _ path: String, _ faults: inout FaultList) {
        if event.at < time {
            faults.add(
                "\(path).at", ExactTime(nanoseconds: Int128(event.at)).readable,
                allowed: "no earlier than the event before it, \(readableTime)")
        }
        let delay = max(0, event.at - time)
        time = max(time, event.at)
        let fault: Scenario.Fault
        switch event.action {
        case .join(let node, let links): fault = join(node, links, path, &faults)
        case .crash(let node):
            check(node, "\(path).crash", &faults)
            present.remove(node)
            fault = .crash(node)
        case .leave(let node):
            check(node, "\(path).leave", &faults)
            if !left.insert(node).inserted, present.contains(node) {
                faults.add("\(path).leave", "node \(node) a second time", allowed: "a node that has not left")
            }
            fault = .leave(node)
        case .cut(let link):
            check(link, "\(path).cut", &faults)
            fault = .cut(link)
        case .mend(let link):
            check(link.a, "\(path).mend", &faults)
            check(link.b, "\(path).mend", &faults)
            links.insert(link)
            fault = .mend(link)
        case .isolate(let nodes):
            for node in nodes { check(node, "\(path).isolate", &faults) }
            if nodes.isEmpty || present.isSubset(of: nodes) {
                faults.add(
                    "\(path).isolate", nodes.isEmpty ? "no node" : "all nodes",
                    allowed: "some of the nodes that are there")
            }
            fault = .isolate(nodes)
        case .heal: fault = .heal
        case .slow(let node, let factor):
            check(node, "\(path).slow", &faults)
            fault = .slow(node, factor: factor)
        case .crawl(let link, let factor):
            check(link, "\(path).crawl", &faults)
            fault = .crawl(link, factor: factor)
        case .pause(let node, let duration):
            check(node, "\(path).pause", &faults)
            fault = .pause(node, for: duration)
        case .lie(let node):
            check(node, "\(path).lie", &faults)
            fault = .lie(node)
        }
        steps.append(Scenario.Step(after: delay, fault))
    }

    /// Lets the time go on to the end of the scenario, and everything settle then.
    mutating func end(at until: Int?, _ faults: inout FaultList) {
        if let until, until < time {
            faults.add(
                "until", ExactTime(nanoseconds: Int128(until)).readable,
                allowed: "no earlier than the last event, \(readableTime)")
        }
        if let until, until > time { steps.append(Scenario.Step(after: until - time, .wait)) }
        steps.append(Scenario.Step(after: 0, .calm))
    }

    private mutating func join(
        _ node: NodeID, _ given: [(to: NodeID, figures: LinkFigures)]?, _ path: String, _ faults: inout FaultList
    ) -> Scenario.Fault {
        if known.contains(node) {
            faults.add(
                "\(path).join", "node \(node), whose name is used", allowed: "a node that has not been there before")
        }
        if known.count >= ScenarioRange.nodes.upperBound {
            faults.add("\(path).join", "a node beyond \(known.count) others", allowed: "fewer nodes")
        }
        let usualLinks = founding.joiner?.node == node ? founding.joiner?.links.filter(present.contains) : nil
        guard let joined = given ?? usualLinks?.map({ ($0, LinkFigures()) }), !joined.isEmpty else {
            faults.add("\(path).links", "the key is missing", allowed: "a list of the nodes that \(node) has links to")
            return .join(node, links: [])
        }
        for (index, (other, figures)) in joined.enumerated() {
            check(other, "\(path).links[\(index)]", &faults)
            guard other != node else { continue }
            let link = Link(node, other)
            links.insert(link)
            if !figures.isEmpty { capacities[link] = figures.capacity(capacities[link] ?? usual) }
        }
        known.insert(node)
        present.insert(node)
        return .join(node, links: joined.map(\.to))
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
