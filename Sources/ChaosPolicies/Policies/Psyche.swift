import HeapModule

/// Psyche (its code is not public enough to be measured; a model only): whole parameters, each from one peer; peers are sorted
/// by their measured bandwidth, and whoever is free takes the next parameter, the best first. It does not look at when a peer
/// would be done, so the last parameter may come from the slowest. That training goes on meanwhile is in its favour.
struct Psyche: Policy {
    let name = "psyche"
    let title = "Psyche"
    let isSerial = false

    private struct Free: Comparable {
        let time: Int
        let rank: Int

        static func < (a: Free, b: Free) -> Bool { (a.time, a.rank) < (b.time, b.rank) }
    }

    func course(for situation: Situation) -> Course {
        guard situation.event == .join else { return Hivemind().course(for: situation) }
        var course = Course()
        let neighbors = situation.neighbors
        let peers = neighbors.indices.sorted { (-neighbors[$0].bandwidth, $0) < (-neighbors[$1].bandwidth, $1) }
        let count = max(1, min(situation.settings.parameters, situation.bytes))
        let bytes = (situation.bytes + count - 1) / count
        var given = [Int](repeating: 0, count: neighbors.count)
        var free = Heap(peers.indices.map { Free(time: neighbors[peers[$0]].start, rank: $0) })
        for _ in 0..<count {
            let next = free.removeMin()
            let neighbor = neighbors[peers[next.rank]]
            given[peers[next.rank]] += 1
            let time = next.time + neighbor.overhead + Situation.time(of: bytes, at: neighbor.bandwidth)
            free.insert(Free(time: time, rank: next.rank))
        }
        let asked = course.add(.pause(situation.roundTrip), .agreement)
        let sends = given.enumerated().filter { $0.element > 0 }.map { source, count in
            course.add(.send(source: source, bytes: bytes, count: count), .transfer, after: [asked])
        }
        course.whole = course.add(.pause(0), .transfer, after: sends)
        course.effective = course.whole
        return course
    }
}
