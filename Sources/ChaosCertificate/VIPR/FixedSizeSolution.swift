import ChaosModel

/// A plan as a solution of the program that a certificate states.
extension FixedSizeRows {
    /// The rows and bounds that an assignment of this size violates, by name; empty for a solution. The others hold of any
    /// counts: u_v is 1 where x_v is not 0, and m_g is the sum below g.
    func violations(by assignment: ShardAssignment) -> [String] {
        let counts = assignment.counts
        precondition(counts.count == neighborCount && assignment.shardSize == shardSize)
        let id = { (i: Int) in instance.neighbors[i].id }
        let least = neighborCount == 1 ? shards : 0
        var names: [String] = []
        for i in counts.indices {
            if counts[i] < least { names.append("n[\(id(i))] >= \(least)") }
            if counts[i] > upper(i) { names.append("n[\(id(i))] <= \(upper(i))") }
        }
        let sum = counts.reduce(Int128(0)) { $0 + Int128($1) }
        if neighborCount > 1, sum < Int128(shards) { names.append("covered") }
        for i in counts.indices {
            if isLate(Int128(counts[i]), at: i, assignment.makespan) { names.append("done[\(id(i))]") }
            if counts[i] > upper(i) { names.append("serves[\(id(i))]") }
        }
        for (k, count) in groupCounts(of: counts).enumerated()
        where isLate(count, at: neighborCount + k, assignment.makespan) {
            names.append("group_done[\(instance.groups[Int(groups[k])].id)]")
        }
        return names
    }

    /// More shards than the state could ever have are late without being looked at.
    private func isLate(_ count: Int128, at v: Int, _ makespan: ExactTime) -> Bool {
        guard count > 0 else { return false }
        return count * Int128(shardSize) > 1 << 54 || completion(of: Int(count), at: v) > makespan
    }

    /// Writes how many variables are not 0 in the assignment, and each of them with its value.
    func write(_ assignment: ShardAssignment, to text: inout VIPRText) throws {
        let counts = assignment.counts
        let served = counts.indices.filter { counts[$0] > 0 }
        let groupCounts = groupCounts(of: counts)
        text.append(1 + 2 * (served.count + groupCounts.count { $0 > 0 }), " ", Self.makespan, " ")
        text.append(assignment.makespan.description)
        for i in served {
            text.append(" ", count(i), " ", counts[i])
            try text.handOver()
        }
        for i in served { try text.term(serves(i)) }
        for (k, count) in groupCounts.enumerated() where count > 0 {
            let v = neighborCount + k
            text.append(" ", serves(v), " 1 ", self.count(v), " ", Int(count))
            try text.handOver()
        }
        try text.endLine()
    }

    /// m_g of each group.
    private func groupCounts(of counts: [Int]) -> [Int128] {
        var sums = [Int128](repeating: 0, count: groups.count)
        for k in groups.indices.reversed() {
            for child in children(of: neighborCount + k) {
                sums[k] += isGroup(Int(child)) ? sums[Int(child) - neighborCount] : Int128(counts[Int(child)])
            }
        }
        return sums
    }
}
