import ChaosDocuments
import ChaosModel

/// What an import is asked for besides its figures: how many neighbours, which, with what state, sizes and settings.
/// The same recipe and the same files give the same instance, byte for byte.
public struct InstanceRecipe: Sendable {
    public var name: String?
    public var source: String?
    /// Stands before the sentence that says how the figures were derived.
    public var comment: String?
    public var state: TrainingState
    public var shardSizes: [Int]
    public var selection = NeighborSelection.all
    /// How many neighbours; nil: all.
    public var neighbors: Int?
    /// What everything that is drawn is drawn with.
    public var seed: UInt64 = 0
    public var settings: [NeighborFigure: NeighborSetting] = [:]
    /// In any order: see `GroupPattern` for which comes first.
    public var groups: [GroupPattern] = []
    /// A group round everything: the joiner's own access.
    public var ingress: CapacitySetting?

    public init(state: TrainingState, shardSizes: [Int] = InstanceRecipe.usualShardSizes) {
        self.state = state
        self.shardSizes = shardSizes
    }

    /// 64 KiB … 16 MiB in steps of 4.
    public static let usualShardSizes = [1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24]

    /// Reads "65536,262144", "64KiB,256KiB" or "smallest=64KiB,factor=4,count=5".
    public static func shardSizes(_ text: String) throws(SettingRefusal) -> [Int] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.contains(where: { $0.contains("=") }) else {
            var sizes: [Int] = []
            for part in parts { sizes.append(try Quantity.bytes.parse(setting: part)) }
            return sizes
        }
        let form = "smallest=64KiB,factor=4,count=5, or sizes such as 64KiB,256KiB"
        var values: [String: String] = [:]
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, values.updateValue(pair[1], forKey: pair[0]) == nil else {
                throw SettingRefusal("\"\(text)\" are no shard sizes; allowed: \(form)")
            }
        }
        guard Set(values.keys) == ["smallest", "factor", "count"], let smallest = values["smallest"],
            let factor = values["factor"].flatMap({ Int($0) }), factor >= 2,
            let count = values["count"].flatMap({ Int($0) }), (1...54).contains(count)
        else { throw SettingRefusal("\"\(text)\" are no shard sizes; allowed: \(form), factor from 2, count 1 … 54") }
        var sizes = [try Quantity.bytes.parse(setting: smallest)]
        while sizes.count < count {
            let (next, overflow) = sizes[sizes.count - 1].multipliedReportingOverflow(by: factor)
            guard !overflow else { throw SettingRefusal("\"\(text)\" goes beyond 2^53 bytes; allowed: a lower count") }
            sizes.append(next)
        }
        return sizes
    }
}

/// An instance made from a source, and what was passed over on the way.
public struct ImportedInstance: Sendable {
    public let instance: Instance
    /// Sentences for people: what was left out and why.
    public let notes: [String]
}

/// The capacities that a source itself knows to be shared.
struct SourceGroups {
    var groups: [CapacityGroup] = []
    /// For each chosen neighbour its group.
    var membership: [Int?]

    init(count: Int) { membership = Array(repeating: nil, count: count) }
}

extension InstanceRecipe {
    /// Chooses neighbours, applies the settings, adds the groups.
    /// - Parameters:
    ///   - file: the source, for messages.
    ///   - derivation: sentences on where bandwidth and latency come from.
    ///   - sourceGroups: the shared capacities of the source for the chosen candidates.
    func instance(
        joiner: String, candidates: [Candidate], file: String, derivation: [String], notes: [String] = [],
        sourceGroups: ([Candidate]) -> SourceGroups = { SourceGroups(count: $0.count) }
    ) throws(InvalidInput) -> ImportedInstance {
        let chosen = try choose(candidates, joiner: joiner, file: file)
        let patterns = try PatternGroups(groups, names: chosen.map(\.id), file: file)
        var shared = try patterns.added(to: sourceGroups(chosen), bandwidths: chosen.map(\.bandwidth), file: file)
        addIngress(over: chosen, to: &shared)
        var figures: [NeighborFigure: [Int]] = [:]
        for (figure, setting) in settings { figures[figure] = try values(setting, of: figure, for: chosen, file: file) }
        let neighbors = chosen.enumerated().map { i, candidate in
            Neighbor(
                id: candidate.id, bandwidth: candidate.bandwidth, latency: candidate.latency,
                ready: figures[.ready]?[i] ?? 0, overhead: figures[.overhead]?[i] ?? 0, limit: figures[.limit]?[i],
                group: shared.membership[i])
        }
        do {
            let instance = try Instance(
                name: name, source: source,
                comment: comment(derivation, chosen: chosen.count, of: candidates.count, groups: patterns.patterns),
                state: state,
                shardSizes: shardSizes, joiner: joiner, neighbors: neighbors, groups: shared.groups)
            return ImportedInstance(instance: instance, notes: notes + patterns.notes)
        } catch {
            throw error.named(file)
        }
    }

    private func choose(_ candidates: [Candidate], joiner: String, file: String) throws(InvalidInput) -> [Candidate] {
        func refuse(_ found: String, allowed: String) -> InvalidInput {
            InvalidInput(file: file, "neighbors of \(joiner)", found, allowed: allowed)
        }
        guard !candidates.isEmpty else {
            throw refuse("none with figures", allowed: "at least one link to the joiner with a bandwidth")
        }
        if let neighbors, !(1...candidates.count).contains(neighbors) {
            throw refuse("\(neighbors) wanted", allowed: "1 … \(candidates.count), those with figures")
        }
        return selection.choose(neighbors, of: candidates, seed: seed)
    }

    /// The figure of each chosen neighbour. Each figure is drawn from a stream of its own, so that one setting does not
    /// change what another draws.
    private func values(
        _ setting: NeighborSetting, of figure: NeighborFigure, for chosen: [Candidate], file: String
    ) throws(InvalidInput) -> [Int] {
        let stream = UInt64(NeighborFigure.allCases.firstIndex(of: figure)! + 1) << 32
        var random = SeededRandom(seed: seed ^ stream)
        var faults = FaultList()
        let values = chosen.map { candidate -> Int in
            let path = "neighbor \(candidate.id)"
            switch setting {
            case .constant(let value): return value
            case .drawn(let range): return random.int(range)
            case .percent(let range): return share(of: state.bytes, percent: random.int(range))
            case .roundTrip:
                if let roundTrip = candidate.roundTrip { return roundTrip }
                faults.add(path, "no round trip for \(figure.rawValue)", allowed: "a source with round trips")
            case .column(let column):
                if let value = candidate.columns[figure] { return value }
                faults.add(path, "no \(column.name)", allowed: "a figure in that column of the source")
            }
            return 0
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        return values
    }

    private func share(of bytes: Int, percent: Int) -> Int {
        Int(min(Int128(ModelRange.mostBytes), Int128(bytes) * Int128(percent) / 100))
    }

    private func addIngress(over chosen: [Candidate], to shared: inout SourceGroups) {
        guard let ingress else { return }
        let place = shared.groups.count
        let bandwidth = ingress.bandwidth(over: chosen.map(\.bandwidth))
        shared.groups = shared.groups.map {
            CapacityGroup(id: $0.id, bandwidth: $0.bandwidth, parent: $0.parent ?? place)
        }
        shared.groups.append(CapacityGroup(id: "ingress", bandwidth: bandwidth))
        shared.membership = shared.membership.map { $0 ?? place }
    }

    private func comment(_ derivation: [String], chosen: Int, of count: Int, groups: [GroupPattern]) -> String {
        var parts = derivation
        switch selection {
        case .all: parts.append("neighbors: all \(count) with figures")
        case .random: parts.append("neighbors: \(chosen) of \(count), drawn with seed \(seed)")
        default: parts.append("neighbors: the \(chosen) \(selection.rawValue) of \(count)")
        }
        for figure in NeighborFigure.allCases {
            if let setting = settings[figure] { parts.append(setting.text(for: figure, seed: seed)) }
        }
        for group in groups { parts.append("group \(group.pattern): \(group.capacity.text)") }
        if let ingress { parts.append("ingress: \(ingress.text)") }
        let sentence = parts.joined(separator: "; ") + "."
        return comment.map { "\($0) \(sentence)" } ?? sentence
    }
}
