import ChaosModel

/// Names of rows and variables as a certificate can hold them: words without white space, each used once. They are a
/// prefix and the id of a neighbour or a group in brackets; a sign that is not allowed becomes `_`, and where ids become the
/// same thereby, all but the first get a number behind the bracket.
struct VIPRNames {
    private let neighbors: [Neighbor]
    private let groups: [CapacityGroup]
    private let changedNeighbors: [Int: String]
    private let changedGroups: [Int: String]

    /// Cost: a look at each id; memory where some are not as they may be.
    init(_ instance: Instance) {
        neighbors = instance.neighbors
        groups = instance.groups
        changedNeighbors = Self.changed(instance.neighbors.lazy.map(\.id))
        changedGroups = Self.changed(instance.groups.lazy.map(\.id))
    }

    func neighbor(_ prefix: String, _ i: Int) -> String {
        if !changedNeighbors.isEmpty, let changed = changedNeighbors[i] { return prefix + changed }
        return "\(prefix)[\(neighbors[i].id)]"
    }

    func group(_ prefix: String, _ g: Int) -> String {
        if !changedGroups.isEmpty, let changed = changedGroups[g] { return prefix + changed }
        return "\(prefix)[\(groups[g].id)]"
    }

    /// What stands behind the prefix in the place of those ids that cannot stand there as they are.
    private static func changed(_ ids: some Sequence<String>) -> [Int: String] {
        guard !ids.allSatisfy({ $0.unicodeScalars.allSatisfy(isLegal) }) else { return [:] }
        var changed: [Int: String] = [:]
        var timesUsed: [String: Int] = [:]
        for (k, id) in ids.enumerated() {
            let word = String(id.unicodeScalars.map { isLegal($0) ? Character($0) : "_" })
            let times = timesUsed[word, default: 0] + 1
            timesUsed[word] = times
            if word != id || times > 1 { changed[k] = "[\(word)]" + (times > 1 ? "#\(times)" : "") }
        }
        return changed
    }

    /// Printing ASCII without the signs that begin comments and reasons.
    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        (33...126).contains(scalar.value) && scalar != "%" && scalar != "{" && scalar != "}"
    }
}
