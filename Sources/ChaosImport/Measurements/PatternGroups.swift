import ChaosDocuments
import ChaosModel

/// Puts the groups of patterns round and inside the shared capacities that a source knows itself.
///
/// Among patterns, `GroupPattern` says which is inside which. A shared capacity of the source is inside the group of a
/// pattern that matches all of its neighbours, and round one that matches only some of them and no others; anything else
/// is refused.
struct PatternGroups {
    /// In an order of their own, each with a chosen neighbour in it.
    private(set) var patterns: [GroupPattern] = []
    /// The chosen neighbours that each of `patterns` matches.
    private var members: [Set<Int>] = []
    private(set) var notes: [String] = []

    /// - Throws: `InvalidInput` with every two patterns of which neither comes first.
    init(_ given: [GroupPattern], names: [String], file: String) throws(InvalidInput) {
        let given = given.sorted(by: GroupPattern.precedes)
        let matched = given.map { pattern in names.indices.filter { pattern.matches(names[$0]) } }
        var faults = FaultList()
        for (i, one) in given.enumerated() {
            for (k, other) in given.enumerated().dropFirst(i + 1) {
                switch (one.covers(other), other.covers(one)) {
                case (true, true):
                    faults.add(
                        "", "\(one.option) and \(other.option) match the same names", allowed: "one of them")
                case (false, false):
                    guard let both = matched[i].first(where: Set(matched[k]).contains) else { continue }
                    faults.add(
                        "neighbor \(names[both])", "both \(one.option) and \(other.option) match",
                        allowed: "patterns of which one matches all that the other does, or none of it")
                default: break
                }
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        for (pattern, list) in zip(given, matched) {
            if list.isEmpty {
                notes.append("the group \(pattern.pattern) matches no chosen neighbor and is left out")
            } else {
                patterns.append(pattern)
                members.append(Set(list))
            }
        }
    }

    /// - Parameter bandwidths: of the chosen neighbours.
    /// - Returns: the groups of the source, then those of the patterns.
    /// - Throws: `InvalidInput` with every pattern that cuts through a group of the source.
    func added(to source: SourceGroups, bandwidths: [Int], file: String) throws(InvalidInput) -> SourceGroups {
        let first = source.groups.count
        let below = source.members
        let containers = try containers(source, below, file: file)
        func innermost(_ groups: Set<Int>) -> Int? { groups.max { containers[$0].count < containers[$1].count } }
        var result = source
        for g in source.groups.indices {
            let group = source.groups[g]
            result.groups[g] = CapacityGroup(
                id: group.id, bandwidth: group.bandwidth, parent: innermost(containers[g]))
        }
        for (g, pattern) in patterns.enumerated() {
            result.groups.append(
                CapacityGroup(
                    id: pattern.pattern,
                    bandwidth: pattern.capacity.bandwidth(over: members[g].sorted().map { bandwidths[$0] }),
                    parent: innermost(containers[first + g])))
        }
        for i in source.membership.indices {
            let around =
                below.indices.filter { below[$0].contains(i) }
                + members.indices.filter { members[$0].contains(i) }.map { first + $0 }
            result.membership[i] = innermost(Set(around))
        }
        return result
    }

    /// For each group of the source and each pattern behind them, the groups that it is inside of. Any two of these are
    /// one inside the other, so the one that is inside most is the innermost.
    private func containers(
        _ source: SourceGroups, _ below: [Set<Int>], file: String
    ) throws(InvalidInput) -> [Set<Int>] {
        let first = source.groups.count
        var containers = [Set<Int>](repeating: [], count: first + patterns.count)
        for g in source.groups.indices {
            var outer = source.groups[g].parent
            while let parent = outer {
                containers[g].insert(parent)
                outer = source.groups[parent].parent
            }
        }
        var faults = FaultList()
        for (g, pattern) in patterns.enumerated() {
            for (k, other) in patterns.enumerated() where k != g && other.covers(pattern) {
                containers[first + g].insert(first + k)
            }
            for k in source.groups.indices where !below[k].isDisjoint(with: members[g]) {
                if below[k].isSubset(of: members[g]) {
                    containers[k].insert(first + g)
                } else if members[g].isSubset(of: below[k]) {
                    containers[first + g].insert(k)
                } else {
                    faults.add(
                        "group \(source.groups[k].id)",
                        "\(pattern.option) matches some of its neighbors, and others beside them",
                        allowed: "a pattern that matches all of them, or none but some of them; or --groups none")
                }
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        return containers
    }
}

extension SourceGroups {
    /// For each group, the chosen neighbours in it and in the groups inside it.
    fileprivate var members: [Set<Int>] {
        var members = [Set<Int>](repeating: [], count: groups.count)
        for (i, group) in membership.enumerated() {
            var outer = group
            while let group = outer {
                members[group].insert(i)
                outer = groups[group].parent
            }
        }
        return members
    }
}
