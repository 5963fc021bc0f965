import ChaosDocuments

/// An instance of the shard assignment problem (Documentation/MODEL.md, section 2). Always valid: a value exists only
/// when every range, the chain, the names and the forest of groups have been checked.
public struct Instance: Sendable, Equatable {
    public let name: String?
    /// Where the figures come from.
    public let source: String?
    public let comment: String?
    public let state: TrainingState
    public let shardSizes: DivisibilityChain
    /// The name of the joining node.
    public let joiner: String?
    /// N in the order of the file, which is the order that breaks ties.
    public let neighbors: [Neighbor]
    /// G; a group may be empty and then has no effect.
    public let groups: [CapacityGroup]

    /// Cost: O(|N| + |G|).
    /// - Throws: every fault found, each with the path that the value has in an instance file.
    public init(
        name: String? = nil, source: String? = nil, comment: String? = nil, state: TrainingState,
        shardSizes: [Int], joiner: String? = nil, neighbors: [Neighbor], groups: [CapacityGroup] = []
    ) throws(InvalidInput) {
        var faults = FaultList()
        if !(1...ModelRange.mostBytes).contains(state.bytes) {
            faults.add("state.bytes", "\(state.bytes)", allowed: "1 … 2^53 bytes")
        }
        DivisibilityChain.check(shardSizes, into: &faults)
        Self.check(neighbors, groupCount: groups.count, into: &faults)
        Self.check(groups, into: &faults)
        try faults.throwIfAny()
        self.name = name
        self.source = source
        self.comment = comment
        self.state = state
        self.shardSizes = try DivisibilityChain(shardSizes)
        self.joiner = joiner
        self.neighbors = neighbors
        self.groups = groups
    }
}

extension Instance {
    private static func check(_ neighbors: [Neighbor], groupCount: Int, into faults: inout FaultList) {
        let times = 0...ModelRange.mostNanoseconds
        if neighbors.isEmpty || neighbors.count > ModelRange.mostNeighbors {
            faults.add("neighbors", "\(neighbors.count) neighbors", allowed: "1 … 10^7")
        }
        func check(_ value: Int, in range: ClosedRange<Int>, _ i: Int, _ key: String, allowed: String) {
            if !range.contains(value) { faults.add("neighbors[\(i)].\(key)", "\(value)", allowed: allowed) }
        }
        for (i, neighbor) in neighbors.enumerated() {
            check(neighbor.bandwidth, in: 1...ModelRange.mostBandwidth, i, "bandwidth", allowed: "1 … 2^50 bit/s")
            check(neighbor.latency, in: times, i, "latency", allowed: "0 … 2^50 ns")
            check(neighbor.ready, in: times, i, "ready", allowed: "0 … 2^50 ns")
            check(neighbor.overhead, in: times, i, "overhead", allowed: "0 … 2^50 ns")
            if let limit = neighbor.limit {
                check(limit, in: 0...ModelRange.mostBytes, i, "limit", allowed: "0 … 2^53 bytes")
            }
            if let group = neighbor.group, !(0..<groupCount).contains(group) {
                faults.add(
                    "neighbors[\(i)].group", "group \(group)", allowed: "the index of one of \(groupCount) groups")
            }
        }
        checkNames(neighbors.lazy.map(\.id), "neighbors", into: &faults)
    }

    private static func check(_ groups: [CapacityGroup], into faults: inout FaultList) {
        if groups.count > ModelRange.mostGroups {
            faults.add("groups", "\(groups.count) groups", allowed: "at most 10^7")
        }
        for (g, group) in groups.enumerated() {
            if !(1...ModelRange.mostBandwidth).contains(group.bandwidth) {
                faults.add("groups[\(g)].bandwidth", "\(group.bandwidth)", allowed: "1 … 2^50 bit/s")
            }
            if let parent = group.parent, !groups.indices.contains(parent) {
                faults.add(
                    "groups[\(g)].parent", "group \(parent)", allowed: "the index of one of \(groups.count) groups")
            }
        }
        checkNames(groups.lazy.map(\.id), "groups", into: &faults)
        for g in groupsOnCycles(groups) {
            faults.add(
                "groups[\(g)].parent", "\"\(groups[g].id)\" is above itself: \(cycle(from: g, in: groups))",
                allowed: "a forest: no cycle of parents")
        }
    }

    private static func checkNames(_ names: some Collection<String>, _ list: String, into faults: inout FaultList) {
        // That all hashes differ, which is the rule, is told in a fraction of a dictionary's time and memory.
        guard names.contains(where: \.isEmpty) || anyIsTwice(names.lazy.map(\.hashValue)) else { return }
        var firstIndex: [String: Int] = [:]
        for (i, name) in names.enumerated() {
            if name.isEmpty { faults.add("\(list)[\(i)].id", "an empty name", allowed: "a name that is not empty") }
            if let first = firstIndex.updateValue(i, forKey: name) {
                faults.add("\(list)[\(i)].id", "\"\(name)\", as in \(list)[\(first)]", allowed: "a name used once")
            }
        }
    }

    /// Whether a number stands in the list a second time. Cost: O(n) expected, and 16 bytes for each number.
    private static func anyIsTwice(_ numbers: some Collection<Int>) -> Bool {
        // Numbers that end alike are put together first, about as many as a cache holds: a table of all would miss it each time.
        let digits = Int.bitWidth - (numbers.count >> 11).leadingZeroBitCount
        let last = 1 << digits - 1
        let numbers = Array(numbers)
        var ends = [Int](repeating: 0, count: last + 2)
        for number in numbers { ends[(number & last) + 1] += 1 }
        for part in 0...last { ends[part + 1] += ends[part] }
        var parted = numbers
        for number in numbers {
            parted[ends[number & last]] = number
            ends[number & last] += 1
        }
        var start = 0
        for end in ends.dropLast() {
            if anyIsTwice(parted[start..<end], without: digits) { return true }
            start = end
        }
        return false
    }

    /// The same of a few numbers that have their last digits in common.
    private static func anyIsTwice(_ numbers: ArraySlice<Int>, without digits: Int) -> Bool {
        // Each in the place that its other digits name, or the next free one; 0 is a free place.
        let mask = (2 * numbers.count).nextPowerOfTwo - 1
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: mask + 1) { places in
            places.initialize(repeating: 0)
            for number in numbers {
                let number = number == 0 ? 1 : number
                var place = (number >> digits) & mask
                while places[place] != 0 {
                    if places[place] == number { return true }
                    place = (place + 1) & mask
                }
                places[place] = number
            }
            return false
        }
    }

    /// One group of each cycle of parents. Each group is walked over once.
    private static func groupsOnCycles(_ groups: [CapacityGroup]) -> [Int] {
        // The number of the walk that reached a group first; meeting one's own walk again closes a cycle.
        var walk = [Int](repeating: -1, count: groups.count)
        var found: [Int] = []
        for start in groups.indices {
            var g: Int? = start
            while let current = g, groups.indices.contains(current), walk[current] == -1 {
                walk[current] = start
                g = groups[current].parent
            }
            if let g, groups.indices.contains(g), walk[g] == start { found.append(g) }
        }
        return found
    }

    /// The names along a cycle, cut after a few.
    private static func cycle(from start: Int, in groups: [CapacityGroup]) -> String {
        var names = [groups[start].id]
        var g = groups[start].parent ?? start
        while g != start, names.count < 5 {
            names.append(groups[g].id)
            g = groups[g].parent ?? start
        }
        names.append(g == start ? groups[start].id : "…")
        return names.joined(separator: " → ")
    }
}

extension Int {
    /// The least power of two that is not below.
    fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
