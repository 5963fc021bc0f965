import ChaosDocuments

/// A key of an object of the configuration, and all that there is to say of it: its name, what it may be, what holds
/// without it, what it means, and where its value goes. The reader, the messages and the table in Documentation/NODE.md
/// follow from it.
struct ConfigKey<Object: Sendable>: Sendable {
    let name: String
    let isRequired: Bool
    /// What it may be, in the words of the documentation.
    let values: String
    let meaning: String
    /// What holds without it, in the words of the documentation, where the object is as it begins.
    let absent: @Sendable (Object) -> String
    /// The rows of the keys inside of it. The text is the path of this key.
    let innerRows: @Sendable (String, Object) -> [ConfigRow]
    let read: @Sendable (inout Object, FieldReader) throws -> Void

    init(
        _ name: String, isRequired: Bool = false, values: String, _ meaning: String,
        absent: @escaping @Sendable (Object) -> String,
        innerRows: @escaping @Sendable (String, Object) -> [ConfigRow] = { _, _ in [] },
        read: @escaping @Sendable (inout Object, FieldReader) throws -> Void
    ) {
        self.name = name
        self.isRequired = isRequired
        self.values = values
        self.meaning = meaning
        self.absent = absent
        self.innerRows = innerRows
        self.read = read
    }

    /// A key without which a value stays as it is when the object begins.
    init<Value>(
        _ name: String, _ place: WritableKeyPath<Object, Value> & Sendable, _ value: ConfigValue<Value>,
        _ meaning: String
    ) {
        self.init(
            name, values: value.values, meaning, absent: { value.text($0[keyPath: place]) },
            read: { if let new = try value.read($1) { $0[keyPath: place] = new } })
    }

    /// A key without which there is no value.
    init<Value>(
        _ name: String, _ place: WritableKeyPath<Object, Value?> & Sendable, _ value: ConfigValue<Value>,
        else absent: String, _ meaning: String
    ) {
        self.init(
            name, values: value.values, meaning, absent: { _ in absent },
            read: { $0[keyPath: place] = try value.read($1) })
    }

    /// A key that must be there.
    init<Value>(
        required name: String, _ place: WritableKeyPath<Object, Value> & Sendable, _ value: ConfigValue<Value>,
        _ meaning: String
    ) {
        self.init(
            name, isRequired: true, values: value.values, meaning, absent: { _ in "required" },
            read: { if let new = try value.read($1) { $0[keyPath: place] = new } })
    }

    /// A key that must be there, and whose value is missing if it is wrong.
    init<Value>(
        required name: String, _ place: WritableKeyPath<Object, Value?> & Sendable, _ value: ConfigValue<Value>,
        _ meaning: String
    ) {
        self.init(
            name, isRequired: true, values: value.values, meaning, absent: { _ in "required" },
            read: { $0[keyPath: place] = try value.read($1) })
    }

    /// A key whose value is an object with keys of its own, which say something of this object.
    init(_ name: String, isRequired: Bool = false, keys: ConfigTable<Object>, _ meaning: String) {
        self.init(
            name, isRequired: isRequired, values: "an object", meaning,
            absent: { _ in isRequired ? "required" : "" }, innerRows: keys.rows,
            read: { try keys.read(into: &$0, $1) })
    }

    /// A key whose value is an object of another kind.
    /// - Parameter beginning: the object before its keys are read.
    init<Inner>(
        _ name: String, _ place: WritableKeyPath<Object, Inner?> & Sendable, keys: ConfigTable<Inner>,
        from beginning: Inner, else absent: String, _ meaning: String
    ) {
        self.init(
            name, values: "an object", meaning, absent: { _ in absent },
            innerRows: { path, _ in keys.rows(path, beginning) },
            read: { object, fields in
                var inner = beginning
                try keys.read(into: &inner, fields)
                object[keyPath: place] = inner
            })
    }
}

/// The keys of one kind of object.
struct ConfigTable<Object: Sendable>: Sendable {
    /// Looks whether what the keys say fits together.
    /// - Parameters: the object, its path, whether all of it was found right so far, and where faults go.
    typealias Check = @Sendable (inout Object, String, Bool, inout FaultList) -> Void

    let keys: [ConfigKey<Object>]
    private let names: FieldNames
    private let check: Check

    init(_ keys: [ConfigKey<Object>], check: @escaping Check = { _, _, _, _ in }) {
        self.keys = keys
        self.check = check
        names = FieldNames(keys.map(\.name), required: keys.filter(\.isRequired).map(\.name))
    }

    /// Reads an object. What is wrong becomes a fault, and changes nothing.
    func read(into object: inout Object, _ fields: FieldReader) throws {
        let path = fields.json.currentPath
        let before = fields.faults.count
        try fields.object(names) { try keys[$0].read(&object, fields) }
        check(&object, path, fields.faults.count == before, &fields.faults)
    }
}
