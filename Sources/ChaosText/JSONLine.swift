import ChaosDocuments

/// A JSON document in one line of text: what `--format json` prints for each input.
public enum JSONLine {
    /// The text of an object that begins with its format and version 1, and goes on with what `body` writes; with a line
    /// break behind it.
    public static func document(_ format: String, _ body: (inout JSONWriter) throws -> Void) throws -> String {
        let bytes = Buffer()
        var json = JSONWriter(.compact) { bytes.content.append(contentsOf: $0) }
        json.beginObject()
        json.key("format")
        json.value(format)
        json.key("version")
        json.value(1)
        try body(&json)
        try json.end()
        try json.finish()
        bytes.content.append(0x0A)
        return String(decoding: bytes.content, as: UTF8.self)
    }

    private final class Buffer {
        var content: [UInt8] = []
    }
}
