import ChaosDocuments

/// Reads and writes plan files, version 1 (Documentation/MODEL.md, section 7).
extension Plan {
    static let format = "chaos-plan"

    enum Field: String, FieldKey {
        case format, version, instance
        case shardSize = "shard_size"
        case shards
        case makespanNanoseconds = "makespan_ns"
        case makespanSeconds = "makespan_seconds"
        case assignments, optimal, algorithm

        static let required: [Self] = [
            .format, .version, .instance, .shardSize, .shards, .makespanNanoseconds, .assignments,
        ]
        static let table = FieldTable<Self>()
    }

    enum ReferenceField: String, FieldKey {
        case name, sha256
        static let required: [Self] = [.sha256]
        static let table = FieldTable<Self>()
    }

    enum RunField: String, FieldKey {
        case neighbor, first, count
        case finishNanoseconds = "finish_ns"

        static let required = allCases
        static let table = FieldTable<Self>()
    }

    /// Writes the plan as an indented JSON document, an assignment a line.
    public func writeJSON(to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        var json = JSONWriter(.indented, to: sink)
        try write(to: &json)
        try json.finish()
    }

    /// Writes the plan as a value inside a larger document.
    public func write(to json: inout JSONWriter) throws {
        json.beginObject()
        json.write(Self.format, at: Field.format)
        json.write(1, at: Field.version)
        json.key(Field.instance.rawValue)
        json.beginObject(inline: true)
        json.write(instance.name, at: ReferenceField.name)
        json.write(instance.sha256, at: ReferenceField.sha256)
        try json.end()
        json.write(shardSize, at: Field.shardSize)
        json.write(shards, at: Field.shards)
        json.write(makespan.description, at: Field.makespanNanoseconds)
        if let makespanSeconds {
            json.key(Field.makespanSeconds.rawValue)
            json.value(number: makespanSeconds)
        }
        json.key(Field.assignments.rawValue)
        json.beginArray()
        for run in assignments {
            json.beginObject(inline: true)
            json.write(run.neighbor, at: RunField.neighbor)
            json.write(run.first, at: RunField.first)
            json.write(run.count, at: RunField.count)
            json.write(run.finish.description, at: RunField.finishNanoseconds)
            try json.end()
        }
        try json.end()
        json.key(Field.optimal.rawValue)
        json.value(isOptimal)
        json.write(algorithm, at: Field.algorithm)
        try json.end()
    }

    /// Reads a plan from the bytes of a JSON document: its form only, not whether it is right.
    /// - Parameters:
    ///   - bytes: the whole file, in UTF-8.
    ///   - file: the name for messages.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(json bytes: UnsafeBufferPointer<UInt8>, file: String = "") throws {
        let draft = PlanDraft()
        do {
            let faults = try FieldReader.read(bytes) { try draft.readPlan($0) }
            try faults.throwIfAny()
            self = draft.plan
        } catch let invalid as InvalidInput {
            throw invalid.named(file)
        }
    }

    /// Reads a plan from a JSON text.
    public init(json text: String, file: String = "") throws {
        var text = text
        self = try text.withUTF8 { try Plan(json: $0, file: file) }
    }
}

/// The values of a plan file as far as they were read.
private final class PlanDraft {
    private var reference = Plan.InstanceReference(name: nil, sha256: "")
    private var (shardSize, shards) = (1, 1)
    private var makespan = ExactTime.zero
    private var seconds: String?
    private var runs: [Plan.Run] = []
    private var isOptimal = false
    private var algorithm = ""

    var plan: Plan {
        Plan(
            instance: reference, shardSize: shardSize, shards: shards, makespan: makespan, assignments: runs,
            isOptimal: isOptimal, algorithm: algorithm, makespanSeconds: seconds)
    }

    func readPlan(_ fields: FieldReader) throws {
        try fields.object(Plan.Field.self) { key in
            switch key {
            case .format: try readFormat(Plan.format, fields)
            case .version: try readVersion(fields)
            case .instance: try readReference(fields)
            case .shardSize: shardSize = try whole(1...ModelRange.mostBytes, "1 … 2^53 bytes", fields) ?? 1
            case .shards: shards = try whole(1...ModelRange.mostBytes, "1 … 2^53", fields) ?? 1
            case .makespanNanoseconds: makespan = try time(fields) ?? .zero
            case .makespanSeconds:
                // For reading only; what counts is the exact time.
                if try fields.json.kind() == .number {
                    let text = try fields.json.number()
                    seconds = text
                    if text.hasPrefix("-") {
                        fields.faults.add(fields.json.currentPath, text, allowed: "a number of seconds, 0 or more")
                    }
                } else {
                    try fields.refuse(allowed: "a number of seconds, 0 or more")
                }
            case .assignments:
                try fields.array("a list of assignments") { _ in try readRun(fields) }
            case .optimal: isOptimal = try fields.boolean() ?? false
            case .algorithm: algorithm = try fields.string() ?? ""
            }
        }
    }

    private func readReference(_ fields: FieldReader) throws {
        var name: String?
        var sha256 = ""
        try fields.object(Plan.ReferenceField.self) { key in
            switch key {
            case .name: name = try fields.string()
            case .sha256:
                guard let text = try fields.string() else { return }
                sha256 = text
                if sha256.utf8.count != 64 || !sha256.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) {
                    fields.faults.add(
                        fields.json.currentPath, "\"\(sha256)\"", allowed: "64 hexadecimal digits in lower case")
                }
            }
        }
        reference = Plan.InstanceReference(name: name, sha256: sha256)
    }

    private func readRun(_ fields: FieldReader) throws {
        var neighbor = ""
        var (first, count) = (0, 1)
        var finish = ExactTime.zero
        try fields.object(Plan.RunField.self) { key in
            switch key {
            case .neighbor:
                guard let name = try fields.string() else { return }
                neighbor = name
                if name.isEmpty {
                    fields.faults.add(fields.json.currentPath, "an empty name", allowed: "a neighbor's id")
                }
            case .first: first = try whole(0...ModelRange.mostBytes, "0 … 2^53", fields) ?? 0
            case .count: count = try whole(1...ModelRange.mostBytes, "1 … 2^53", fields) ?? 1
            case .finishNanoseconds: finish = try time(fields) ?? .zero
            }
        }
        runs.append(Plan.Run(neighbor: neighbor, first: first, count: count, finish: finish))
    }

    private func whole(_ range: ClosedRange<Int>, _ allowed: String, _ fields: FieldReader) throws -> Int? {
        guard let value = try fields.integer(allowed) else { return nil }
        if range.contains(value) { return value }
        fields.faults.add(fields.json.currentPath, "\(value)", allowed: allowed)
        return nil
    }

    private func time(_ fields: FieldReader) throws -> ExactTime? {
        guard let text = try fields.string() else { return nil }
        if let time = ExactTime(text) { return time }
        fields.faults.add(
            fields.json.currentPath, "\"\(text)\"",
            allowed: "nanoseconds as \"p\" or \"p/q\" in lowest terms, at most 2^76, q at most 2^50")
        return nil
    }
}

extension Plan {
    /// Reads a plan file; "-" is standard input.
    /// - Throws: `FileError` or `InvalidInput`.
    public init(contentsOf path: String) throws {
        let bytes = try DocumentIO.read(path)
        self = try bytes.withUnsafeBufferPointer {
            try Plan(json: $0, file: DocumentIO.name(of: path))
        }
    }
}
