import ChaosDocuments

/// A JSON document of one line, as a tree: what goes over a control socket and into a journal.
enum LineValue {
    case null
    case flag(Bool)
    /// As it is written.
    case number(String)
    case text(String)
    case list([LineValue])
    case record([String: LineValue])

    /// No line of ours is nested deeper; a deeper one is refused, for it is read by recursion.
    static let mostDepth = 8

    /// - Throws: if the bytes are no JSON document, or one nested deeper than any of ours.
    init(_ bytes: some Collection<UInt8>) throws(InvalidInput) {
        do {
            self = try Array(bytes).withUnsafeBufferPointer { buffer in
                let json = JSONReader(buffer)
                let value = try Self.read(json, depth: 0)
                try json.end()
                return value
            }
        } catch let fault as InvalidInput {
            throw fault
        } catch let error as JSONReader.SyntaxError {
            throw InvalidInput(faults: [error.fault])
        } catch {
            throw InvalidInput("", "\(error)", allowed: "a JSON document")
        }
    }

    private static func read(_ json: JSONReader, depth: Int) throws -> LineValue {
        guard depth <= mostDepth else {
            throw InvalidInput(
                json.currentPath, "a value inside \(depth) others", allowed: "at most \(mostDepth)")
        }
        switch try json.kind() {
        case .object:
            var fields: [String: LineValue] = [:]
            try json.object { key in
                guard fields[key] == nil else {
                    throw InvalidInput(json.currentPath, "the key a second time", allowed: "each key once")
                }
                fields[key] = try read(json, depth: depth + 1)
            }
            return .record(fields)
        case .array:
            var values: [LineValue] = []
            try json.array { _ in values.append(try read(json, depth: depth + 1)) }
            return .list(values)
        case .string: return .text(try json.string())
        case .number: return .number(try json.number())
        case .boolean: return .flag(try json.boolean())
        case .null:
            try json.skip()
            return .null
        }
    }

    /// For messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let text): text
        case .text(let text): "\"\(text.prefix(60))\""
        case .list: "a list"
        case .record: "an object"
        }
    }
}
