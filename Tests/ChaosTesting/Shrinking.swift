import ChaosModel

/// Makes a failing instance as small as it goes: drops neighbours, groups, limits and sizes, and brings numbers towards
/// their least value, as long as the failure persists.
public enum Shrinking {
    /// - Parameter fails: true while the instance still shows the failure; asked a few hundred times as a rule.
    public static func minimal(
        _ instance: Instance, mostSteps: Int = 5000, while fails: (Instance) -> Bool
    ) -> Instance {
        var best = instance
        var steps = 0
        var progress = true
        while progress {
            progress = false
            for candidate in candidates(InstanceParts(best)) {
                steps += 1
                guard steps <= mostSteps else { return best }
                guard let smaller = try? candidate.instance(), smaller != best, fails(smaller) else { continue }
                best = smaller
                progress = true
                break
            }
        }
        return best
    }

    /// What to print of a failure: the minimal instance as a file, ready to be kept as a regression.
    public static func report(_ instance: Instance, while fails: (Instance) -> Bool) -> String {
        "minimal failing instance:\n" + minimal(instance, while: fails).jsonText
    }

    /// Smaller instances, the boldest steps first.
    private static func candidates(_ parts: InstanceParts) -> [InstanceParts] {
        var list: [InstanceParts] = []
        func add(_ change: (inout InstanceParts) -> Void) {
            var copy = parts
            change(&copy)
            list.append(copy)
        }
        if parts.neighbors.count > 3 {
            let half = parts.neighbors.count / 2
            add { $0.neighbors.removeLast(half) }
            add { $0.neighbors.removeFirst(half) }
        }
        if parts.neighbors.count > 1 {
            for i in parts.neighbors.indices { add { $0.neighbors.remove(at: i) } }
        }
        for g in parts.groups.indices { add { $0.removeGroup(g) } }
        if parts.sizes.count > 1 {
            for k in parts.sizes.indices { add { $0.sizes.remove(at: k) } }
        }
        for smaller in smallerNumbers(parts.bytes, least: 1) { add { $0.bytes = smaller } }
        for k in parts.sizes.indices {
            for smaller in smallerNumbers(parts.sizes[k], least: 1) { add { $0.sizes[k] = smaller } }
        }
        for i in parts.neighbors.indices {
            let neighbor = parts.neighbors[i]
            if neighbor.limit != nil { add { $0.neighbors[i].limit = nil } }
            if neighbor.group != nil { add { $0.neighbors[i].group = nil } }
            let fields: [(WritableKeyPath<InstanceParts.NeighborParts, Int>, Int)] = [
                (\.latency, 0), (\.ready, 0), (\.overhead, 0), (\.bandwidth, 1),
            ]
            for (field, least) in fields {
                for smaller in smallerNumbers(neighbor[keyPath: field], least: least) {
                    add { $0.neighbors[i][keyPath: field] = smaller }
                }
            }
            for smaller in smallerNumbers(neighbor.limit ?? 0, least: 0) { add { $0.neighbors[i].limit = smaller } }
        }
        for g in parts.groups.indices {
            for smaller in smallerNumbers(parts.groups[g].bandwidth, least: 1) {
                add { $0.groups[g].bandwidth = smaller }
            }
        }
        return list
    }

    private static func smallerNumbers(_ value: Int, least: Int) -> [Int] {
        var list: [Int] = []
        for smaller in [least, value / 1000, value / 2, value - 1] where smaller >= least && smaller < value {
            if !list.contains(smaller) { list.append(smaller) }
        }
        return list
    }
}

extension InstanceParts {
    /// Takes a group out; its members go to its parent.
    mutating func removeGroup(_ g: Int) {
        let parent = groups[g].parent
        func moved(_ group: Int?) -> Int? {
            let target = group == g ? parent : group
            return target.map { $0 > g ? $0 - 1 : $0 }
        }
        for i in neighbors.indices { neighbors[i].group = moved(neighbors[i].group) }
        let others = groups.enumerated().filter { $0.offset != g }.map(\.element)
        groups = others.map { GroupParts(bandwidth: $0.bandwidth, parent: moved($0.parent)) }
    }
}
