import ChaosDocuments

/// A model as its engine describes it: what lies where in the state, and how it is updated (Documentation/ENGINE.md).
///
/// All replicas of a run have the same. It goes with the state into files, so that a node can serve and restore a state of
/// a model that it knows nothing else of.
public struct ModelDescription: Sendable, Equatable {
    /// An array of Float32 of the model, row after row.
    public struct Array: Sendable, Equatable {
        public let name: String
        /// From the slowest index to the fastest; empty for a single number.
        public let shape: [Int]

        public var count: Int { shape.reduce(1, *) }
    }

    /// What is in the model and neither trained nor reduced.
    public struct Constant: Sendable, Equatable {
        public let name: String
        /// In lowercase hexadecimal digits.
        public let sha256: String
    }

    /// What engines compute of samples, and nodes add up.
    public enum Computed: String, Sendable, CaseIterable {
        /// The gradient of the loss.
        case gradient
        /// By how much local steps have changed the parameters, from what they were at the end to what they were at first, times
        /// the number of samples.
        case change
    }

    /// Parameters by their names, and how they are updated.
    public struct Group: Sendable, Equatable {
        public let parameters: [String]
        public let optimizer: Optimizer
        public let decay: Float

        fileprivate var settings: String { "\(optimizer), decay \(decay)" }
    }

    /// The most numbers of parameters and buffers together.
    public static let mostNumbers = 1 << 40
    /// The most arrays, and the greatest length of a name in bytes.
    static let mostArrays = 1 << 20
    static let mostNameBytes = 1000

    public let parameters: [Array]
    /// Numbers that follow from the samples and are averaged over them, such as the running statistics of BatchNorm.
    public let buffers: [Array]
    public let constants: [Constant]
    public let computed: Computed
    public let groups: [Group]
    public let schedule: RateSchedule
    public let maxNorm: Float?
    public let mostSkipped: Int
    /// How the parameters follow the gradient.
    public let rule: UpdateRule

    /// - Throws: everything that is out of range or does not fit together, with its path.
    init(
        parameters: [Array], buffers: [Array], constants: [Constant], computed: Computed, groups: [Group],
        schedule: RateSchedule, maxNorm: Float?, mostSkipped: Int
    ) throws(InvalidInput) {
        var faults = FaultList()
        let places = Self.places(of: parameters, buffers, into: &faults)
        Self.checkNames(
            [
                ("parameters", parameters.map(\.name)), ("buffers", buffers.map(\.name)),
                ("constants", constants.map(\.name)),
            ],
            into: &faults)
        if parameters.allSatisfy({ $0.shape.contains(0) }) {
            faults.add("parameters", "no number", allowed: "at least one number")
        }
        if !(0...1 << 31).contains(mostSkipped) { faults.add("skips", "\(mostSkipped)", allowed: "0 … 2^31") }
        var ranges: [ParameterGroup] = []
        for (k, group) in groups.enumerated() {
            var own: [Range<Int>] = []
            for (i, name) in group.parameters.enumerated() {
                if let range = places[name] {
                    if !range.isEmpty { own.append(range) }
                } else {
                    faults.add("groups[\(k)].parameters[\(i)]", "\"\(name)\"", allowed: "the name of a parameter")
                }
            }
            ranges.append(ParameterGroup(own, group.optimizer, decay: group.decay))
        }
        try faults.throwIfAny()
        do throws(InvalidInput) {
            rule = try UpdateRule(
                groups: ranges, parameters: parameters.reduce(0) { $0 + $1.count }, maxNorm: maxNorm)
        } catch {
            throw InvalidInput(faults: error.faults.map { Self.renamed($0, places) }, count: error.count)
        }
        self.parameters = parameters
        self.buffers = buffers
        self.constants = constants
        self.computed = computed
        self.groups = groups
        self.schedule = schedule
        self.maxNorm = maxNorm
        self.mostSkipped = mostSkipped
    }

    /// How many numbers of parameters and buffers there are: those of a gradient.
    public var numbers: Int { (parameters + buffers).reduce(0) { $0 + $1.count } }

    /// Of the same model as another, but for the numbers in it.
    /// - Throws: the first difference.
    public func require(_ other: ModelDescription) throws(InvalidInput) {
        guard other != self else { return }
        try Self.require(other.parameters, parameters, "parameters") { "\($0.name) of shape \($0.shape)" }
        try Self.require(other.buffers, buffers, "buffers") { "\($0.name) of shape \($0.shape)" }
        try Self.require(other.constants, constants, "constants") { "\($0.name) with SHA-256 \($0.sha256)" }
        guard other.computed == computed else {
            throw InvalidInput("computes", other.computed.rawValue, allowed: "\(computed.rawValue), as in the run")
        }
        try Self.require(other.groups.map(\.settings), groups.map(\.settings), "groups") { $0 }
        for (k, (found, own)) in zip(other.groups, groups).enumerated() {
            try Self.require(found.parameters, own.parameters, "groups[\(k)].parameters") { $0 }
        }
        for (path, found, own) in [
            ("schedule", "\(other.schedule)", "\(schedule)"),
            ("max_norm", "\(other.maxNorm.map { "\($0)" } ?? "none")", "\(maxNorm.map { "\($0)" } ?? "none")"),
            ("skips", "\(other.mostSkipped)", "\(mostSkipped)"),
        ] where found != own {
            throw InvalidInput(path, found, allowed: "\(own), as in the run")
        }
    }

    private static func require<Part: Equatable>(
        _ found: [Part], _ own: [Part], _ path: String, _ text: (Part) -> String
    ) throws(InvalidInput) {
        for k in 0..<max(found.count, own.count) {
            let (a, b) = (k < found.count ? found[k] : nil, k < own.count ? own[k] : nil)
            guard a != b else { continue }
            throw InvalidInput(
                "\(path)[\(k)]", a.map(text) ?? "nothing", allowed: "\(b.map(text) ?? "nothing"), as in the run")
        }
    }

    // MARK: Checks

    /// Where each parameter lies, by its name.
    private static func places(
        of parameters: [Array], _ buffers: [Array], into faults: inout FaultList
    ) -> [String: Range<Int>] {
        var places: [String: Range<Int>] = [:]
        var end = 0
        for (list, arrays) in [("parameters", parameters), ("buffers", buffers)] {
            for (k, array) in arrays.enumerated() {
                // Also of an array without numbers the other sizes must be such that their product is one.
                var count = 1
                for size in array.shape where size != 0 {
                    let (product, isTooLong) = count.multipliedReportingOverflow(by: size)
                    count = size < 0 || isTooLong || product > mostNumbers ? mostNumbers + 1 : product
                }
                let isInRange = count <= mostNumbers
                if array.shape.contains(0) { count = 0 }
                guard isInRange, count <= mostNumbers - end else {
                    faults.add(
                        "\(list)[\(k)].shape", "\(array.shape)",
                        allowed: "sizes from 0 on, at most 2^40 numbers in all")
                    return places
                }
                if list == "parameters" { places[array.name] = end..<end + count }
                end += count
            }
        }
        return places
    }

    private static func checkNames(_ lists: [(String, [String])], into faults: inout FaultList) {
        var seen: Set<String> = []
        for (list, names) in lists {
            if names.count > mostArrays { faults.add(list, "\(names.count) of them", allowed: "at most 2^20") }
            for (k, name) in names.enumerated() {
                if !(1...mostNameBytes).contains(name.utf8.count) {
                    faults.add(
                        "\(list)[\(k)].name", "a name of \(name.utf8.count) bytes",
                        allowed: "1 … \(mostNameBytes) bytes")
                }
                if !seen.insert(name).inserted {
                    faults.add("\(list)[\(k)].name", "\"\(name)\" a second time", allowed: "each name once")
                }
            }
        }
    }

    /// A fault of the rule, with the names of a description.
    private static func renamed(_ fault: Fault, _ places: [String: Range<Int>]) -> Fault {
        let (path, found) = (fault.path.replacing(".optimizer.", with: "."), fault.found)
        if path == "maxNorm" { return Fault(path: "max_norm", found: found, allowed: fault.allowed) }
        guard path.contains("ranges") || found.hasPrefix("no group for") else {
            return Fault(path: path, found: found, allowed: fault.allowed)
        }
        return Fault(
            path: "groups", found: "\(found): a parameter in no group or in two", allowed: "each parameter in one group"
        )
    }
}
