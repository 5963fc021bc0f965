/// Keys with their values. What is nil is written as null, so that a document always has the same keys.
extension JSONWriter {
    package mutating func field(_ key: String, _ text: String?) {
        self.key(key)
        if let text { value(text) } else { null() }
    }

    package mutating func field(_ key: String, _ number: Int?) {
        self.key(key)
        if let number { value(number) } else { null() }
    }

    /// An id, which may be beyond the range of Int.
    package mutating func field(_ key: String, _ id: UInt64?) {
        self.key(key)
        if let id { value(number: "\(id)") } else { null() }
    }

    package mutating func field(_ key: String, _ flag: Bool) {
        self.key(key)
        value(flag)
    }

    package mutating func field(_ key: String, _ texts: some Sequence<String>) throws {
        try list(key, texts) { $0.value($1) }
    }

    package mutating func field(_ key: String, _ ids: some Sequence<UInt64>) throws {
        try list(key, ids) { $0.value(number: "\($1)") }
    }

    /// An object.
    package mutating func object(_ key: String, _ body: (inout JSONWriter) throws -> Void) throws {
        self.key(key)
        beginObject()
        try body(&self)
        try end()
    }

    /// A list of objects.
    package mutating func objects<Element>(
        _ key: String, _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) throws -> Void
    ) throws {
        try list(key, elements) { json, element in
            json.beginObject()
            try body(&json, element)
            try json.end()
        }
    }

    private mutating func list<Element>(
        _ key: String, _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) throws -> Void
    ) throws {
        self.key(key)
        beginArray()
        for element in elements { try body(&self, element) }
        try end()
    }
}

extension JSONWriter {
    /// A fault as an object with path, found and allowed.
    package mutating func faults(_ faults: [Fault], count: Int) throws {
        try objects("faults", faults) { json, fault in
            json.field("path", fault.path)
            json.field("found", fault.found)
            json.field("allowed", fault.allowed)
        }
        field("fault_count", count)
    }
}
