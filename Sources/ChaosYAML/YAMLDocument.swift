import ChaosDocuments

/// Files that people write: YAML, read by the reader of the JSON formats, so that faults name the path of the value,
/// unknown and missing keys are found, and quantities have units, all as in an instance file.
///
/// Of YAML the part is read that says what JSON says; what a scalar is, `YAMLScalar` tells. A JSON document is one of
/// YAML too. Anchors and aliases are known, as far as they do not make much out of little; tags, merge keys and several
/// documents are not.
public enum YAMLDocument {
    /// Of a file, in bytes. What is longer is refused before it is parsed.
    public static let mostBytes = 8 << 20
    /// Scalars, and begins and ends of sequences and mappings, of a document with its aliases written out. All of its
    /// text may then have `mostBytes`.
    public static let mostValues = 1 << 20

    /// Reads a YAML file; "-" is standard input. Cost: O(length), of which no more than `mostBytes` + 1 is read.
    /// - Parameter body: reads the document's one value, and may record faults of its own.
    /// - Throws: `FileError`, or `InvalidInput` with all faults of the file.
    package static func read<Value>(contentsOf path: String, _ body: (FieldReader) throws -> Value) throws -> Value {
        try read(try bytes(of: path), file: DocumentIO.name(of: path), body)
    }

    /// Reads a YAML document.
    /// - Parameter file: the name for messages.
    /// - Throws: `InvalidInput` with all faults, and what `body` throws.
    package static func read<Value>(
        _ bytes: [UInt8], file: String = "", _ body: (FieldReader) throws -> Value
    ) throws -> Value {
        do {
            let json = try json(of: bytes)
            var value: Value?
            let faults = try json.withUnsafeBufferPointer { buffer in
                try FieldReader.read(buffer) { value = try body($0) }
            }
            try faults.throwIfAny()
            // Without a fault the body was left with a value.
            return value!
        } catch let invalid as InvalidInput where invalid.file.isEmpty {
            throw invalid.named(file)
        }
    }

    /// The document in the form of JSON.
    package static func json(of bytes: [UInt8]) throws -> [UInt8] {
        guard bytes.count <= mostBytes else {
            throw InvalidInput("", "more than \(mostBytes) bytes", allowed: "at most \(mostBytes) bytes")
        }
        let events = try bytes.withUnsafeBufferPointer { buffer throws(InvalidInput) in
            try YAMLEvent.events(of: buffer)
        }
        return try YAMLTranslation.json(of: events)
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        let chunks = try DocumentChunks(path)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= mostBytes {
            let count = try chunk.withUnsafeMutableBytes { try chunks.read(into: $0) }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }
}
