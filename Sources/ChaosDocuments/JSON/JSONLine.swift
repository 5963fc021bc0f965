/// A JSON document in one line of text: what `--format json` prints.
public enum JSONLine {
    /// The text of an object that begins with its format and version 1, with a line break behind it.
    /// - Parameters:
    ///   - format: the value of the key `format`. It has a schema in the folder Schemas.
    ///   - body: writes what the object holds besides.
    /// - Throws: what `body` throws.
    public static func document(_ format: String, _ body: (inout JSONWriter) throws -> Void) throws -> String {
        let bytes = Buffer()
        var json = JSONWriter(.compact) { bytes.content.append(contentsOf: $0) }
        json.beginObject()
        json.field("format", format)
        json.field("version", 1)
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
