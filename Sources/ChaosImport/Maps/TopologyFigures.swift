import ChaosDocuments

/// What a map leaves open, and how it is filled.
extension TopologyGraph {
    /// The places of the nodes; those without coordinates lie, if `isInterpolated`, in the middle of the nodes that they
    /// are linked to. What no place is found for, the notes say.
    func places(isInterpolated: Bool, _ notes: inout [String]) -> [GeographicPoint?] {
        var points = nodes.map(\.point)
        let adjacency = adjacency
        while isInterpolated {
            // A round uses only what earlier rounds placed, so that the order of the nodes does not matter.
            let placed = points
            for v in points.indices where placed[v] == nil {
                points[v] = GeographicPoint.middle(of: adjacency[v].compactMap { placed[$0.other] })
            }
            if points == placed { break }
        }
        let left = points.indices.filter { points[$0] == nil }
        if !left.isEmpty {
            notes.append("left out, without coordinates: \(left.map { nodes[$0].name }.joined(separator: ", "))")
        }
        return points
    }

    /// The capacity in bit/s of links without one: what is set, or the lower median of those that are known.
    /// - Throws: `InvalidInput` if nothing is set and no link has a capacity; `remedy` says how one is set.
    func speedOfUnknown(set: Int?, remedy: String, _ notes: inout [String]) throws(InvalidInput) -> Int {
        let known = links.compactMap(\.speed).sorted()
        let unknown = links.count - known.count
        guard let speed = set ?? (known.isEmpty ? nil : known[(known.count - 1) / 2]) else {
            throw InvalidInput(
                file: file, "graph", "no link with LinkSpeedRaw",
                allowed: "a capacity for at least one link, or \(remedy)")
        }
        if unknown > 0 {
            notes.append("\(unknown) of \(links.count) links have no capacity and get \(speed) bit/s")
        }
        return speed
    }
}

/// A map with a figure for everything: nodes by their places in a list, links with capacity and latency.
package struct TopologyNetwork: Sendable {
    package struct Link: Sendable {
        package let ends: (Int, Int)
        /// bit/s.
        package let bandwidth: Int
        /// One way, by the great circle at 2/3 of the speed of light, in ns.
        package let latency: Int
    }

    /// In the order of the map, without those that have no place.
    package private(set) var names: [String] = []
    package private(set) var links: [Link] = []
    /// What was left out or filled in.
    package private(set) var notes: [String] = []

    /// - Parameters:
    ///   - missingSpeed: bit/s of links whose capacity is not known; nil: the lower median of the known ones.
    ///   - remedy: how the caller lets people set it, for messages.
    /// - Throws: `InvalidInput` if no link has a capacity and none is set, or links have a direction.
    package init(_ graph: TopologyGraph, missingSpeed: Int?, remedy: String) throws(InvalidInput) {
        guard !graph.isDirected else {
            throw InvalidInput(
                file: graph.file, "graph, edgedefault", "directed",
                allowed: "undirected: a link of a network carries both ways")
        }
        notes = graph.notes
        let points = graph.places(isInterpolated: true, &notes)
        let missing = try graph.speedOfUnknown(set: missingSpeed, remedy: remedy, &notes)
        var number: [Int?] = []
        for (v, point) in points.enumerated() {
            number.append(point == nil ? nil : names.count)
            if point != nil { names.append(graph.nodes[v].name) }
        }
        for link in graph.links {
            guard let one = points[link.ends.0], let other = points[link.ends.1], let a = number[link.ends.0],
                let b = number[link.ends.1]
            else { continue }
            links.append(Link(ends: (a, b), bandwidth: link.speed ?? missing, latency: one.latency(to: other)))
        }
    }
}
