import ChaosProtocol

/// A small cluster of reductions that is led through steps by commands, and says what every node does. Updates travel in
/// two chunks, a step has eight positions. Commands, one a line:
///
///     found 1 2 3 links 1-2 2-3           founders, which install view 1
///     start 4                             a node that has no state
///     decide 1 2 (4) links 1-2 1-4        the next view; learners in parentheses
///     install 1 2                         the latest view at these nodes
///     compute 1 2                         what they are computing is done
///     deliver, deliver 1 -> 2             all that waits and what it causes, or all that waits on one way
///     deliver once 1 -> 2                 the first message that waits on this way
///     lose 1 -> 2                         what waits on this way is lost
///     crash 3
///     bring 4 from 1                      4 has pulled 1's snapshot
///     wait 200 ms                         time goes on; whoever wakes meanwhile does so in its turn
///     show                                what each node has applied
struct ReductionTranscript {
    private var cluster = ReductionCluster(settings: ReductionSettings(samples: 800, batch: 8, chunks: 2))
    private var view: View?

    static func answered(_ text: String) throws -> String {
        var transcript = ReductionTranscript()
        transcript.cluster.isLogging = true
        return try Transcript.answered(text) { try transcript.answer($0) }
    }

    private mutating func answer(_ words: [String]) throws -> [String] {
        let rest = Array(words.dropFirst())
        switch words[0] {
        case "found":
            try decide(rest)
            for member in view?.members ?? [] { cluster.start(member, isFounder: true) }
            for member in view?.members ?? [] { cluster.install(view!, at: member) }
        case "start": for word in rest { cluster.start(try Transcript.node(word), isFounder: false) }
        case "decide": try decide(rest)
        case "install":
            for word in rest {
                let id = try Transcript.node(word)
                cluster.note("  \(id) installs \(view!)")
                cluster.install(view!, at: id)
            }
        case "compute": for word in rest { try compute(try Transcript.node(word)) }
        case "deliver" where rest.isEmpty:
            while !cluster.waiting.isEmpty { cluster.deliver(cluster.waiting.removeFirst()) }
        case "deliver" where rest[0] == "once":
            let parcels = try take(Array(rest.dropFirst()))
            cluster.waiting.insert(contentsOf: parcels.dropFirst(), at: 0)
            for parcel in parcels.prefix(1) { cluster.deliver(parcel) }
        case "deliver": for parcel in try take(rest) { cluster.deliver(parcel) }
        case "lose":
            for parcel in try take(rest) {
                cluster.note("  lost: \(parcel.source) -> \(parcel.destination): \(parcel.message)")
            }
        case "crash": for word in rest { cluster.machines[try Transcript.node(word)] = nil }
        case "bring":
            let (id, server) = (try Transcript.node(rest.first), try Transcript.node(rest.last))
            guard case .learner(let admitted)? = view?.role(of: id) else {
                throw Transcript.Misunderstood(words: words)
            }
            cluster.bringState(to: id, admitted: admitted, from: server)
        case "wait":
            guard let time = rest.first.flatMap(Int.init), rest.last == "ms" else {
                throw Transcript.Misunderstood(words: words)
            }
            wait(time * 1_000_000)
        case "show":
            for (id, machine) in cluster.machines.sorted(by: { $0.key < $1.key }) {
                cluster.note("  \(id): " + (machine.replica?.joined(separator: ", ") ?? "no state"))
            }
        default: throw Transcript.Misunderstood(words: words)
        }
        if let violation = cluster.violation { cluster.note("  BROKEN: \(violation)") }
        return cluster.takeLog()
    }

    private mutating func decide(_ words: [String]) throws {
        let parts = words.split(separator: "links", omittingEmptySubsequences: false)
        let number = (view?.number ?? 0) + 1
        var members: [NodeID] = []
        var learners: [View.Learner] = []
        for word in parts[0] {
            guard word.hasPrefix("(") else {
                members.append(try Transcript.node(word))
                continue
            }
            let id = try Transcript.node(String(word.dropFirst().dropLast()))
            let known = view?.learners.first { $0.node == id }
            learners.append(known ?? View.Learner(id, admitted: number))
        }
        let links = try parts.count > 1 ? parts[1].map { try Transcript.link($0) } : []
        view = View(number: number, members: members, learners: learners, links: links)
    }

    private mutating func compute(_ id: NodeID) throws {
        func isWanted(_ item: (node: NodeID, part: ReductionCluster.Computation)) -> Bool {
            item.node == id && cluster.machines[id]?.ordered.contains(item.part) == true
        }
        guard let step = cluster.computing.first(where: isWanted)?.1.step else {
            throw Transcript.Misunderstood(words: ["\(id) computes nothing"])
        }
        cluster.note("  \(id) has computed step \(step)")
        while let index = cluster.computing.firstIndex(where: isWanted) { cluster.finish(index) }
    }

    /// Takes out what waits on a way given as "2 -> 3".
    private mutating func take(_ words: [String]) throws -> [ReductionCluster.Parcel] {
        let (source, destination) = try Transcript.way(words)
        let taken = cluster.waiting.filter { $0.source == source && $0.destination == destination }
        cluster.waiting.removeAll { $0.source == source && $0.destination == destination }
        return taken
    }

    private mutating func wait(_ time: Int) {
        let end = cluster.now + time
        while let (id, due) = cluster.machines.compactMap({ id, machine in machine.wakeAt.map { (id, $0) } })
            .min(by: { ($0.1, $0.0) < ($1.1, $1.0) }), due <= end
        {
            let now = max(cluster.now, due)
            cluster.now = now
            cluster.note("  \(id) wakes at \(now / 1_000_000) ms")
            cluster.wake(id)
        }
        cluster.now = end
    }
}
