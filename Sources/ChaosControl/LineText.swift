import ChaosDocuments
import ChaosProtocol

/// Writes an object as a line of JSON. Fields that are nil are left out, numbers that are none or infinite too.
struct LineText: ~Copyable {
    private final class Buffer {
        var bytes: [UInt8] = []
    }

    private let buffer = Buffer()
    private var json: JSONWriter

    private init() {
        let buffer = buffer
        json = JSONWriter(.compact) { buffer.bytes.append(contentsOf: $0) }
        json.beginObject()
    }

    /// The line, with a line feed at its end.
    static func line(_ body: (inout LineText) -> Void) -> [UInt8] {
        var text = LineText()
        body(&text)
        let buffer = text.buffer
        // The sink does not throw.
        try? text.json.end()
        try? text.json.finish()
        buffer.bytes.append(0x0A)
        return buffer.bytes
    }

    mutating func field(_ key: String, _ value: Int?) {
        guard let value else { return }
        json.key(key)
        json.value(value)
    }

    mutating func field(_ key: String, _ value: String?) {
        guard let value else { return }
        json.key(key)
        json.value(value)
    }

    mutating func field(_ key: String, _ value: Double?) {
        guard let value, value.isFinite else { return }
        json.key(key)
        json.value(number: "\(value)")
    }

    mutating func field(_ key: String, _ value: Bool) {
        json.key(key)
        json.value(value)
    }

    mutating func field(_ key: String, _ node: NodeID?) {
        guard let node else { return }
        json.key(key)
        json.value(number: "\(node.rawValue)")
    }

    mutating func field(_ key: String, _ digest: Digest?) { field(key, digest?.hexadecimal) }

    mutating func field(_ key: String, _ nodes: [NodeID]) {
        list(key, nodes) { $0.json.value(number: "\($1.rawValue)") }
    }

    mutating func field(_ key: String, _ numbers: [Int]) { list(key, numbers) { $0.json.value($1) } }

    private mutating func list<Value>(_ key: String, _ values: [Value], _ body: (inout LineText, Value) -> Void) {
        json.key(key)
        json.beginArray()
        for value in values { body(&self, value) }
        try? json.end()
    }

    mutating func record(_ key: String, _ body: (inout LineText) -> Void) {
        json.key(key)
        json.beginObject()
        body(&self)
        try? json.end()
    }

    mutating func records<Value>(_ key: String, _ values: [Value], _ body: (inout LineText, Value) -> Void) {
        list(key, values) { text, value in
            text.json.beginObject()
            body(&text, value)
            try? text.json.end()
        }
    }
}
