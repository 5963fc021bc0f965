/// What the readers of instance and plan files share: each call reads a value of the expected kind, or records a fault
/// at its path, passes over the value and returns nil. Only broken syntax is thrown.
package final class FieldReader {
    package let json: JSONReader
    package var faults = FaultList()

    package init(_ json: JSONReader) { self.json = json }

    /// Records that the next value is not what is allowed, and passes over it.
    package func refuse(allowed: String) throws {
        let path = json.currentPath
        let kind = try json.kind()
        let quoted = try json.skipQuoting()
        faults.add(path, kind == .object || kind == .array ? kind.rawValue : quoted, allowed: allowed)
    }

    package func string() throws -> String? {
        if try json.kind() == .string { return try json.string() }
        try refuse(allowed: "a text in quotes")
        return nil
    }

    package func integer(_ what: String) throws -> Int? {
        if let value = try json.integer() { return value }
        try refuse(allowed: what)
        return nil
    }

    package func boolean() throws -> Bool? {
        if try json.kind() == .boolean { return try json.boolean() }
        try refuse(allowed: "true or false")
        return nil
    }

    /// An integer in base units or a text with a unit.
    package func quantity(_ quantity: Quantity) throws -> Int? {
        if let value = try json.integer() { return value }
        guard try json.kind() == .string else {
            try refuse(allowed: quantity.allowedForm)
            return nil
        }
        let text = try json.string()
        do throws(Quantity.Refusal) {
            return try quantity.parse(text)
        } catch {
            let (why, allowed) = quantity.explanation(of: error)
            faults.add(json.currentPath, "\"\(text)\"" + why, allowed: allowed)
            return nil
        }
    }

    package func array(_ what: String, _ element: (Int) throws -> Void) throws {
        guard try json.kind() == .array else { return try refuse(allowed: what) }
        try json.array(element)
    }

    /// Reads an object whose keys are those of `Key`, calling `value` at each: unknown keys, repeated keys and missing
    /// required ones are faults.
    package func object<Key: FieldKey>(_ keys: Key.Type, _ value: (Key) throws -> Void) throws {
        let table = Key.table
        try object(table.names) { try value(table.keys[$0]) }
    }

    /// Reads an object with these keys, calling `value` at each with its index among them.
    package func object(_ names: FieldNames, _ value: (Int) throws -> Void) throws {
        guard try json.kind() == .object else { return try refuse(allowed: "an object") }
        var seen: UInt64 = 0
        try json.object(known: names.known) { index in
            guard let index else {
                faults.add(json.currentPath, "an unknown key", allowed: "the keys \(names.all.joined(separator: ", "))")
                return try json.skip()
            }
            guard seen & 1 << UInt64(index) == 0 else {
                faults.add(json.currentPath, "the key a second time", allowed: "each key once")
                return try json.skip()
            }
            seen |= 1 << UInt64(index)
            try value(index)
        }
        guard seen & names.requiredBits != names.requiredBits else { return }
        for (index, name) in names.all.enumerated() where names.requiredBits & ~seen & 1 << UInt64(index) != 0 {
            let path = json.currentPath
            faults.add(
                path.isEmpty ? name : "\(path).\(name)", "the key is missing",
                allowed: "an object with the keys \(names.required.joined(separator: ", "))")
        }
    }

    /// Reads a whole document: `body`, then nothing more.
    /// - Throws: `InvalidInput` with all faults; broken syntax comes last.
    package static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (FieldReader) throws -> Void
    ) throws -> FaultList {
        let fields = FieldReader(JSONReader(bytes))
        do {
            try body(fields)
            try fields.json.end()
        } catch let error as JSONReader.SyntaxError {
            fields.faults.add(error.fault.path, error.fault.found, allowed: error.fault.allowed)
            try fields.faults.throwIfAny()
        }
        return fields.faults
    }
}

/// The keys of one kind of object, fewer than 64.
package protocol FieldKey: RawRepresentable<String>, CaseIterable, Equatable, Sendable {
    static var required: [Self] { get }
    /// Made once for each kind of object: `static let table = FieldTable<Self>()`.
    static var table: FieldTable<Self> { get }
}

/// The keys of one kind of object and their names.
package struct FieldTable<Key: FieldKey>: Sendable {
    let keys: [Key]
    let names: FieldNames

    package init() {
        keys = Array(Key.allCases)
        names = FieldNames(keys.map(\.rawValue), required: Key.required.map(\.rawValue))
    }
}

/// What the reader looks up for every key of a file.
package struct FieldNames: Sendable {
    let all: [String]
    let required: [String]
    let known: [KnownKey]
    /// The bits of the required ones, by their index in `all`.
    let requiredBits: UInt64

    /// - Parameter names: fewer than 64.
    package init(_ names: [String], required: [String]) {
        all = names
        self.required = required
        known = names.map { KnownKey($0) }
        requiredBits = names.enumerated().reduce(0) { required.contains($1.element) ? $0 | 1 << UInt64($1.offset) : $0 }
    }
}
