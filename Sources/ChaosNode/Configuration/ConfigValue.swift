import ChaosControl
import ChaosDocuments
import ChaosProtocol

/// A kind of value that a key of the configuration may have.
struct ConfigValue<Value: Sendable>: Sendable {
    /// Which there are, in the words of the documentation.
    let values: String
    /// A value, or nil and a fault.
    let read: @Sendable (FieldReader) throws -> Value?
    /// A value in the words of the documentation.
    let text: @Sendable (Value) -> String
}

extension ConfigValue {
    /// A text that only some are allowed for.
    /// - Parameters:
    ///   - allowed: for messages.
    ///   - make: nil if the text is not allowed.
    static func text(
        _ values: String, allowed: String, make: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) -> Self {
        ConfigValue(
            values: values,
            read: { fields in
                guard let text = try fields.string() else { return nil }
                if let value = make(text) { return value }
                fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: allowed)
                return nil
            }, text: text)
    }

    /// One of the names of an enumeration.
    static func choice() -> Self where Value: CaseIterable & RawRepresentable<String> {
        let names = Value.allCases.map(\.rawValue)
        return text(
            names.map { "`\($0)`" }.joined(separator: ", "),
            allowed: names.joined(separator: names.count == 2 ? " or " : ", "), make: { Value(rawValue: $0) },
            text: { "`\($0.rawValue)`" })
    }

    /// A list.
    /// - Parameters:
    ///   - allowed: for messages, with an example.
    ///   - element: reads one; nil after a fault.
    /// - Returns: a kind of which there is no value if an element is faulty: nothing follows from the others then.
    static func list<Element>(
        _ values: String, allowed: String,
        element: @escaping @Sendable (FieldReader, [Element]) throws -> Element?,
        text: @escaping @Sendable (Value) -> String
    ) -> Self where Value == [Element] {
        ConfigValue(
            values: values,
            read: { fields in
                let before = fields.faults.count
                var elements: Value = []
                try fields.array(allowed) { _ in
                    if let next = try element(fields, elements) { elements.append(next) }
                }
                return fields.faults.count == before ? elements : nil
            }, text: text)
    }
}

// MARK: Numbers

extension ConfigValue<Int> {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        ConfigValue(
            values: "\(ConfigText.of(range.lowerBound)) … \(ConfigText.of(range.upperBound))",
            read: { try $0.integer(in: range) }, text: { ConfigText.of($0) })
    }

    static func quantity(_ quantity: Quantity, _ range: ClosedRange<Int>) -> Self {
        ConfigValue(
            values: [range.lowerBound, range.upperBound].map { ConfigText.of($0, quantity) }.joined(separator: " … "),
            read: { try $0.quantity(quantity, in: range) }, text: { ConfigText.of($0, quantity) })
    }

    /// A millisecond to an hour: what recurs more often would do nothing else.
    static let times = 1_000_000...3_600_000_000_000

    static var time: Self { quantity(.time, times) }
}

extension ConfigValue<UInt64> {
    static var seed: Self {
        let number = ConfigValue<Int>.integer(0...Int.max)
        return ConfigValue(values: number.values, read: { try number.read($0).map(UInt64.init) }, text: { "\($0)" })
    }
}

extension ConfigValue<Float> {
    /// A decimal number, which YAML here takes for a text unless it is whole.
    static var decimal: Self {
        ConfigValue(
            values: "0 or more",
            read: { fields in
                let text = try fields.json.kind() == .number ? try fields.json.number() : try fields.string()
                guard let text else { return nil }
                if let value = Float(text), value.isFinite, value >= 0 { return value }
                fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: "a number, 0 or more")
                return nil
            }, text: { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" })
    }
}

extension ConfigValue<Bool> {
    static var boolean: Self {
        ConfigValue(values: "`true`, `false`", read: { try $0.boolean() }, text: { "`\($0)`" })
    }
}

// MARK: Names and places

extension ConfigValue<String> {
    /// - Parameter what: in the words of the documentation.
    static func path(_ what: String = "a path") -> Self {
        text(
            what, allowed: "a path", make: { !$0.isEmpty && !$0.utf8.contains(0) ? $0 : nil }, text: { $0 })
    }

    /// The path of a socket, for whose length the system has a bound.
    static var socket: Self {
        let (most, path) = (ControlClient.mostPathBytes, Self.path())
        return ConfigValue(
            values: "a path of at most \(most) bytes",
            read: { fields in
                guard let text = try path.read(fields) else { return nil }
                if text.utf8.count <= most { return text }
                fields.faults.add(
                    fields.json.currentPath, "a path of \(text.utf8.count) bytes",
                    allowed: "at most \(most), which is what a socket may have")
                return nil
            }, text: path.text)
    }

    /// A text of this length in UTF-8.
    static func name(bytes: ClosedRange<Int>) -> Self {
        let allowed = "\(bytes.lowerBound) … \(bytes.upperBound) bytes of UTF-8"
        return ConfigValue(
            values: allowed,
            read: { fields in
                guard let name = try fields.string() else { return nil }
                if bytes.contains(name.utf8.count) { return name }
                fields.faults.add(fields.json.currentPath, "\(name.utf8.count) bytes", allowed: allowed)
                return nil
            }, text: { $0 })
    }
}

extension ConfigValue<Endpoint> {
    static var endpoint: Self {
        text(
            "`host:port` or `[address]:port`", allowed: Endpoint.allowed, make: { Endpoint($0) },
            text: { $0.description })
    }
}

extension ConfigValue<NodeID> {
    static var node: Self {
        let number = ConfigValue<Int>.integer(1...1 << 62)
        return ConfigValue(
            values: number.values, read: { try number.read($0).map { NodeID(UInt64($0)) } }, text: { "\($0)" })
    }
}

extension ConfigValue<[NodeID]> {
    /// Nodes, each once.
    /// - Parameter allowed: for messages.
    static func nodes(_ values: String = "a list of nodes", allowed: String) -> Self {
        list(
            values, allowed: allowed,
            element: { fields, before in
                guard let node = try ConfigValue<NodeID>.node.read(fields) else { return nil }
                if !before.contains(node) { return node }
                fields.faults.add(fields.json.currentPath, "node \(node) a second time", allowed: "each node once")
                return nil
            }, text: { $0.map(\.description).joined(separator: ", ") })
    }
}

extension ConfigValue<ServingPolicy.Audience> {
    static var audience: Self {
        let allowed = "everyone, nobody or a list of nodes"
        let word = text(
            "", allowed: allowed,
            make: { text in
                switch text {
                case "everyone": .everyone
                case "nobody": .only([])
                default: nil
                }
            }, text: { _ in "" })
        let nodes = ConfigValue<[NodeID]>.nodes(allowed: allowed)
        return ConfigValue(
            values: "`everyone`, `nobody` or a list of nodes",
            read: { fields in
                if try fields.json.kind() == .string { return try word.read(fields) }
                return try nodes.read(fields).map { .only(Set($0)) }
            },
            text: { audience in
                switch audience {
                case .everyone: "`everyone`"
                case .only(let nodes): nodes.isEmpty ? "`nobody`" : nodes.map(\.description).joined(separator: ", ")
                }
            })
    }
}
