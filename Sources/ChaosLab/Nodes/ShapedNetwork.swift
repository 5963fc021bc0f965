import ChaosDocuments
import ChaosProcess
import ChaosProtocol
import ChaosScenario
import Foundation

/// A network of its own for the nodes of a run: each in a network namespace, with a pair of virtual interfaces to a bridge
/// in a namespace for that, and for each link a class of the HTB queue at either end that carries what the scenario says.
///
/// Latencies are not made: the kernel that this is for has no netem. A class counts whole frames, so its rate is the
/// scenario's times 1514/1448, the bytes of a frame to those of TCP's payload in it.
final class ShapedNetwork {
    static let mostNodes = 200

    /// Names what is made here: `chaos-`, the number of this process, and a suffix.
    private let prefix: String
    private let places: [NodeID: Int]
    private let ip: String
    private let tc: String
    private let rates: [Link: Int]
    private let usual: Int
    private var namespaces: [String] = []

    /// - Throws: `LabFailure` if it cannot be made; then nothing is left of it.
    init(_ scenario: Scenario) throws {
        guard geteuid() == 0 else {
            throw LabFailure("shaping makes network namespaces, which only root may: run without --shaped, or as root")
        }
        guard scenario.nodes.count <= Self.mostNodes else {
            throw LabFailure("\(scenario.nodes.count) nodes; a shaped network has at most \(Self.mostNodes)")
        }
        let places = ["/usr/sbin", "/sbin"].map { ExecutableSearch.Place(folder: $0, reason: "system programs") }
        let search = ExecutableSearch(ExecutableSearch.path + places)
        ip = try search.find("ip")
        tc = try search.find("tc")
        prefix = "chaos-\(getpid())-"
        self.places = Dictionary(uniqueKeysWithValues: scenario.nodes.enumerated().map { ($1, $0 + 1) })
        rates = scenario.capacities.mapValues(\.bandwidth)
        usual = scenario.network.capacity.bandwidth
        do {
            removeLeftovers()
            try make()
        } catch {
            remove()
            throw error
        }
    }

    /// Where a node accepts connections.
    func address(of node: NodeID) -> String { "\(host(places[node]!)):7000" }

    /// What goes before the command of a node's process.
    func prefix(of node: NodeID) -> [String] { [ip, "netns", "exec", namespace(places[node]!)] }

    /// The link carries this many times less than at first.
    func crawl(_ link: Link, factor: Int, _ failures: inout [String]) {
        for (end, other) in [(link.a, link.b), (link.b, link.a)] {
            do {
                try run(
                    tc, ["-n", namespace(places[end]!), "-batch", "-"],
                    "class change dev eth0 " + shape(places[other]!, (rates[link] ?? usual) / factor))
            } catch {
                failures.append("link \(link) cannot be shaped anew: \(error)")
            }
        }
    }

    /// Takes everything away. The processes in it must have ended.
    func remove() {
        for namespace in namespaces { _ = try? Command(ip, ["netns", "delete", namespace]).run() }
        namespaces = []
    }

    // MARK: Making

    private func namespace(_ place: Int) -> String { "\(prefix)\(place)" }

    private func host(_ place: Int) -> String { "10.77.0.\(place)" }

    private func make() throws {
        let bridge = prefix + "bridge"
        try add(bridge)
        try run(ip, ["-n", bridge, "-batch", "-"], "link add bridge type bridge\nlink set bridge up")
        let all = places.values.sorted()
        for place in all {
            let namespace = namespace(place)
            try add(namespace)
            try run(
                ip, ["-n", namespace, "-batch", "-"],
                """
                link set lo up
                link add eth0 type veth peer name port\(place) netns \(bridge)
                address add \(host(place))/24 dev eth0
                link set eth0 up
                """)
            try run(
                ip, ["-n", bridge, "-batch", "-"], "link set port\(place) master bridge\nlink set port\(place) up")
        }
        for (node, place) in places {
            var lines = ["qdisc add dev eth0 root handle 1: htb default 0"]
            for (peer, other) in places.sorted(by: { $0.value < $1.value }) where peer != node {
                lines.append("class add dev eth0 " + shape(other, rates[Link(node, peer)] ?? usual))
                lines.append(
                    "filter add dev eth0 protocol ip parent 1: prio 1 u32 match ip dst \(host(other))/32"
                        + " flowid 1:\(Self.minor(other))")
            }
            try run(tc, ["-n", namespace(place), "-batch", "-"], lines.joined(separator: "\n"))
        }
    }

    private func add(_ namespace: String) throws {
        try run(ip, ["netns", "add", namespace], "")
        namespaces.append(namespace)
    }

    /// The class for what goes to the node of this place.
    private func shape(_ other: Int, _ bandwidth: Int) -> String {
        let rate = max(8000, Int(Int128(bandwidth) * 1514 / 1448))
        return "parent 1: classid 1:\(Self.minor(other)) htb rate \(rate)bit ceil \(rate)bit quantum 1514"
    }

    private static func minor(_ place: Int) -> String { String(place + 15, radix: 16) }

    private func run(_ program: String, _ arguments: [String], _ input: String) throws {
        let result = try Command(program, arguments, input: Array((input + "\n").utf8), timeLimit: .seconds(60)).run()
        guard result.isSuccess else {
            throw LabFailure(
                "\(([program] + arguments).joined(separator: " ")) \(result.ending):"
                    + " \(SingleLine.of(result.errors.text))")
        }
    }

    /// What a run that was killed has left.
    private func removeLeftovers() {
        guard let list = try? Command(ip, ["netns", "list"]).run().output.text else { return }
        for line in list.split(separator: "\n") {
            let name = String(line.prefix { $0 != " " })
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == "chaos", let process = pid_t(parts[1]),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            _ = try? Command(ip, ["netns", "delete", name]).run()
        }
    }
}
