import ChaosProtocol

/// A small cluster that is led through a scenario by commands, and says what every node does.
///
/// A message waits until it is told to arrive; those on one link arrive in their order. Time stands still between
/// commands. Commands, one a line:
///
///     found 1 2 3 links 1-2 2-3    founders and their links, up at both ends; silently, all messages delivered
///     start 4                      a node that is outside
///     up 3-4, down 3-4             both ends notice
///     up 3-4 at 3                  one end notices
///     deliver                      all messages, and those they cause, until none is left
///     deliver 2 -> 3               all that waits on this way
///     lose 2 -> 3, repeat 2 -> 3   what waits on this way is lost, or comes a second time later
///     crash 3
///     join 4, caughtup 4, leave 4
///     wait 200 ms                  time goes on; whoever wakes meanwhile does so in its turn
///     show                         each node's view, drawn where they differ
///     quiet, loud                  hide or show hellos and wakes, which are loud to begin with
struct Transcript {
    private struct Parcel {
        let source: NodeID
        let destination: NodeID
        let message: Message
    }

    private var nodes: [NodeID: Negotiation] = [:]
    private var wakes: [NodeID: Int] = [:]
    private var waiting: [Parcel] = []
    private var now = 0
    private var isQuiet = false
    private var output: [String] = []

    static func answered(_ text: String) throws -> String {
        var transcript = Transcript()
        return try answered(text) { try transcript.answer($0) }
    }

    /// The text with the answers that the commands in it have now: lines that begin with "> " are commands, with "#"
    /// comments; what else there was is replaced.
    static func answered(_ text: String, by answer: ([String]) throws -> [String]) rethrows -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("> ") || line.hasPrefix("#") else { continue }
            if lines.last?.hasPrefix("  ") == true { lines.append("") }
            lines.append(String(line))
            guard line.hasPrefix("> ") else { continue }
            lines += try answer(line.dropFirst(2).split(separator: " ").map(String.init))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line that is no command.
    struct Misunderstood: Error {
        let words: [String]
    }

    private mutating func answer(_ words: [String]) throws -> [String] {
        output = []
        switch (words[0], words.dropFirst()) {
        case ("found", let rest):
            try found(Array(rest))
            while !waiting.isEmpty { deliver(waiting.removeFirst()) }
            output = []
        case ("start", let rest): start(try Self.node(rest.first), founding: nil)
        case ("up", let rest): try link(Array(rest), isUp: true)
        case ("down", let rest): try link(Array(rest), isUp: false)
        case ("deliver", let rest) where rest.isEmpty: while !waiting.isEmpty { deliver(waiting.removeFirst()) }
        case ("deliver", let rest): for parcel in try removeParcels(Array(rest)) { deliver(parcel) }
        case ("lose", let rest):
            for parcel in try removeParcels(Array(rest)) {
                output.append("  lost: \(parcel.source) -> \(parcel.destination): \(parcel.message)")
            }
        case ("repeat", let rest):
            let parcels = try removeParcels(Array(rest))
            waiting += parcels + parcels
        case ("crash", let rest):
            let id = try Self.node(rest.first)
            nodes[id] = nil
            wakes[id] = nil
        case ("join", let rest): try act(try Self.node(rest.first)) { $0.onJoin(at: $1) }
        case ("caughtup", let rest): try act(try Self.node(rest.first)) { $0.onCaughtUp(at: $1) }
        case ("leave", let rest): try act(try Self.node(rest.first)) { $0.onLeave(at: $1) }
        case ("wait", let rest):
            guard let time = rest.first.flatMap(Int.init), rest.last == "ms" else { throw Misunderstood(words: words) }
            wait(time * 1_000_000)
        case ("show", _): show()
        case ("quiet", _): isQuiet = true
        case ("loud", _): isQuiet = false
        default: throw Misunderstood(words: words)
        }
        return output
    }

    static func node(_ word: String?) throws -> NodeID {
        guard let word, let number = UInt64(word) else { throw Misunderstood(words: [word ?? "nothing"]) }
        return NodeID(number)
    }

    static func link(_ word: String) throws -> Link {
        let ends = try word.split(separator: "-").map { try node(String($0)) }
        guard ends.count == 2, ends[0] != ends[1] else { throw Misunderstood(words: [word]) }
        return Link(ends[0], ends[1])
    }

    /// The ends of a way given as "2 -> 3".
    static func way(_ words: [String]) throws -> (NodeID, NodeID) {
        guard words.count == 3, words[1] == "->" else { throw Misunderstood(words: words) }
        return (try node(words[0]), try node(words[2]))
    }

    private mutating func found(_ words: [String]) throws {
        let parts = words.split(separator: "links", omittingEmptySubsequences: false)
        let members = try parts[0].map { try Self.node($0) }
        let links = try parts.count > 1 ? parts[1].map { try Self.link($0) } : []
        let view = View(number: 1, members: members, links: links)
        for member in members { start(member, founding: view) }
        for link in links {
            for (end, other) in [(link.a, link.b), (link.b, link.a)] {
                try act(end) { $0.onLink(to: other, isUp: true, at: $1) }
            }
        }
    }

    private mutating func start(_ id: NodeID, founding: View?) {
        nodes[id] = Negotiation(node: id, founding: founding)
        tell(id, nodes[id]!.onStart(at: now))
    }

    private mutating func link(_ words: [String], isUp: Bool) throws {
        let link = try Self.link(words.first ?? "")
        let ends = words.count == 3 ? [try Self.node(words[2])] : [link.a, link.b]
        for end in ends where nodes[end] != nil {
            try act(end) { $0.onLink(to: end == link.a ? link.b : link.a, isUp: isUp, at: $1) }
        }
    }

    /// Takes out what waits on a way given as "2 -> 3".
    private mutating func removeParcels(_ words: [String]) throws -> [Parcel] {
        let (source, destination) = try Self.way(words)
        let taken = waiting.filter { $0.source == source && $0.destination == destination }
        waiting.removeAll { $0.source == source && $0.destination == destination }
        return taken
    }

    private mutating func deliver(_ parcel: Parcel) {
        guard nodes[parcel.destination] != nil else { return }
        if !isQuiet || !parcel.message.isHello {
            output.append("  \(parcel.source) -> \(parcel.destination): \(parcel.message)")
        }
        let actions = nodes[parcel.destination]!.onMessage(parcel.message, from: parcel.source, at: now)
        tell(parcel.destination, actions)
    }

    private mutating func wait(_ time: Int) {
        let end = now + time
        while let next = wakes.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }), next.value <= end {
            now = max(now, next.value)
            wakes[next.key] = nil
            if !isQuiet { output.append("  \(next.key) wakes at \(now / 1_000_000) ms") }
            tell(next.key, nodes[next.key]!.onWake(at: now))
        }
        now = end
    }

    private mutating func act(_ id: NodeID, _ event: (inout Negotiation, Int) -> [Negotiation.Action]) throws {
        guard nodes[id] != nil else { throw Misunderstood(words: ["no node \(id)"]) }
        tell(id, event(&nodes[id]!, now))
    }

    private mutating func tell(_ id: NodeID, _ actions: [Negotiation.Action]) {
        for action in actions {
            switch action {
            case .send(let message, let peer):
                waiting.append(Parcel(source: id, destination: peer, message: message))
                if isQuiet && message.isHello { continue }
            case .wake(let time):
                wakes[id] = time
                if isQuiet { continue }
            default: break
            }
            output.append("    \(id): \(action)")
        }
        // Members do a step at once, so that no view has to wait for one.
        let installs = actions.contains { if case .install = $0 { true } else { false } }
        if installs {
            tell(id, nodes[id]!.onBegun(at: now))
            tell(id, nodes[id]!.onStep(at: now))
        }
    }

    private mutating func show() {
        for view in Set(nodes.values.compactMap(\.view)).sorted(by: { $0.number < $1.number }) {
            let holders = nodes.values.filter { $0.view == view }.map(\.node).sorted()
            output += view.picture.map { "  " + $0 }
            output.append(
                "  held by " + holders.map { "\($0)\(nodes[$0]!.isHalted ? " (halted)" : "")" }.joined(separator: ", "))
        }
    }
}

extension Message {
    fileprivate var isHello: Bool {
        if case .hello = self { true } else { false }
    }
}
