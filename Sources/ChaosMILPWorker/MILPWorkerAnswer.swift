import ChaosDocuments

/// What a MILP worker answers on its standard output: one JSON document, version 1.
///
///     { "format": "chaos-worker-answer", "version": 1, "solver": "GLPK 5.0", "status": "optimal",
///       "objective": 1.0, "bound": 1.0, "seconds": 0.012, "values": { "n[a]": 3.0 } }
///
/// All numbers are the solver's own Doubles and prove nothing.
public struct MILPWorkerAnswer: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        /// The solver claims that its values are optimal.
        case optimal
        /// The time limit ended it with values in hand.
        case feasible
        /// The solver claims that there are no values.
        case infeasible
        /// The time limit ended it without values.
        case timeLimit = "time_limit"
        /// It could not solve the model; `message` says why.
        case error
    }

    public let status: Status
    /// Name and version, as in "GLPK 5.0".
    public let solver: String
    /// The objective of `values`.
    public let objective: Double?
    /// A lower bound of the objective, where the solver tells one.
    public let bound: Double?
    /// The time of the solve alone.
    public let seconds: Double
    /// The values of the integer variables by their names in the model, in its order; none without a solution.
    public let values: [(name: String, value: Double)]
    /// Why there is no better answer.
    public let message: String?

    /// Numbers that are not finite are left out: JSON has none.
    public init(
        _ status: Status, solver: String, objective: Double? = nil, bound: Double? = nil, seconds: Double = 0,
        values: [(name: String, value: Double)] = [], message: String? = nil
    ) {
        self.status = status
        self.solver = solver
        self.objective = objective.flatMap { $0.isFinite ? $0 : nil }
        self.bound = bound.flatMap { $0.isFinite ? $0 : nil }
        self.seconds = seconds.isFinite ? max(0, seconds) : 0
        self.values = values.filter { $0.value.isFinite }
        self.message = message
    }

    public static func == (a: MILPWorkerAnswer, b: MILPWorkerAnswer) -> Bool {
        a.status == b.status && a.solver == b.solver && a.objective == b.objective && a.bound == b.bound
            && a.seconds == b.seconds && a.message == b.message && a.values.elementsEqual(b.values, by: ==)
    }
}

extension MILPWorkerAnswer {
    private static let format = "chaos-worker-answer"
    private static let version = 1

    private enum Key: String, FieldKey {
        case format, version, solver, status, objective, bound, seconds, values, message
        static let required: [Key] = [.format, .version, .solver, .status, .seconds]
        static let table = FieldTable<Key>()
    }

    /// Hands the document to a sink, on one line.
    public func write(to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        var json = JSONWriter(.compact, to: sink)
        json.beginObject()
        json.key(Key.format.rawValue)
        json.value(Self.format)
        json.key(Key.version.rawValue)
        json.value(Self.version)
        json.key(Key.solver.rawValue)
        json.value(solver)
        json.key(Key.status.rawValue)
        json.value(status.rawValue)
        for (key, number) in [(Key.objective, objective), (.bound, bound), (.seconds, seconds)] {
            guard let number else { continue }
            json.key(key.rawValue)
            json.value(number: "\(number)")
        }
        if let message {
            json.key(Key.message.rawValue)
            json.value(message)
        }
        if !values.isEmpty {
            json.key(Key.values.rawValue)
            json.beginObject()
            for (name, value) in values {
                json.key(name)
                json.value(number: "\(value)")
            }
            try json.end()
        }
        try json.end()
        try json.finish()
    }

    /// Reads the document.
    /// - Throws: `InvalidInput` with all faults, for anything that is not exactly one answer of this version.
    public init(_ bytes: [UInt8]) throws {
        var (status, solver) = (Status.error, "")
        var (objective, bound, seconds): (Double?, Double?, Double?)
        var values: [(name: String, value: Double)] = []
        var message: String?
        func number(_ fields: FieldReader) throws -> Double? {
            guard try fields.json.kind() == .number else {
                try fields.refuse(allowed: "a number")
                return nil
            }
            return Double(try fields.json.number())
        }
        let faults = try bytes.withUnsafeBufferPointer { bytes in
            try FieldReader.read(bytes) { fields in
                func expect<Value: Equatable>(_ found: Value?, _ allowed: Value) {
                    guard let found, found != allowed else { return }
                    fields.faults.add(fields.json.currentPath, "\(found)", allowed: "\(allowed)")
                }
                try fields.object(Key.self) { key in
                    switch key {
                    case .format: expect(try fields.string(), Self.format)
                    case .version: expect(try fields.integer("a version"), Self.version)
                    case .solver: solver = try fields.string() ?? ""
                    case .message: message = try fields.string()
                    case .status: status = try fields.name() ?? status
                    case .objective: objective = try number(fields)
                    case .bound: bound = try number(fields)
                    case .seconds: seconds = try number(fields)
                    case .values:
                        guard try fields.json.kind() == .object else { return try fields.refuse(allowed: "an object") }
                        try fields.json.object { name in
                            if let value = try number(fields) { values.append((name, value)) }
                        }
                    }
                }
            }
        }
        try faults.throwIfAny()
        self.init(
            status, solver: solver, objective: objective, bound: bound, seconds: seconds ?? 0, values: values,
            message: message)
    }
}
