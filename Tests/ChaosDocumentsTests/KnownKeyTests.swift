import Testing

@testable import ChaosDocuments

/// Keys that are recognised by their bytes, and told by their place.
@Suite struct KnownKeyTests {
    private static let names = ["a", "fourteen_bytes", "fifteen_bytes_x", "a_key_that_is_longer_than_sixteen_bytes"]
    private static let known = names.map { KnownKey($0) }

    /// The indices of the keys of a document, and the paths of its values.
    private static func read(_ text: String) throws -> (indices: [Int?], paths: [String]) {
        var text = text
        return try text.withUTF8 { bytes in
            let json = JSONReader(bytes)
            var (indices, paths): ([Int?], [String]) = ([], [])
            try json.object(known: known) { index in
                indices.append(index)
                paths.append(json.currentPath)
                try json.skip()
            }
            try json.end()
            return (indices, paths)
        }
    }

    @Test func keysOfAnyLengthAtAnyPlace() throws {
        for (k, name) in Self.names.enumerated() {
            // With nothing behind it but the least, and with much.
            for rest in ["", ", \"z\": [1, 2, 3, 4, 5, 6, 7, 8]"] {
                let found = try Self.read("{\"\(name)\":1\(rest)}")
                #expect(found.indices == (rest.isEmpty ? [k] : [k, nil]), "\(name)")
                #expect(found.paths.first == name)
            }
        }
    }

    @Test func othersThatBeginAlikeAreUnknown() throws {
        for name in ["", "aa", "A", "fourteen_byteS", "fourteen_bytes_", "a_key_that_is_longer_than_sixteen_bytez"] {
            let found = try Self.read("{\"\(name)\": 1, \"fifteen_bytes_x\": 2}")
            #expect(found.indices == [nil, 2], "\(name)")
            #expect(found.paths == [name, "fifteen_bytes_x"])
        }
    }

    @Test func escapesAreTheSameKey() throws {
        let found = try Self.read("{\"\\u0061\": 1, \"fifteen\\u005fbytes_x\": {}, \"\\\"\\n\": 0}")
        #expect(found.indices == [0, 2, nil])
        #expect(found.paths == ["a", "fifteen_bytes_x", "\"\n"])
    }

    @Test func pathsInsideAndFaults() throws {
        var text = "{\"b\\u0062\": [0, {\"c\": x}]}"
        text.withUTF8 { bytes in
            let json = JSONReader(bytes)
            do {
                try json.object { key in
                    #expect(key == "bb")
                    try json.array { _ in
                        if try json.kind() == .object {
                            try json.object { _ in _ = try json.number() }
                        } else {
                            try json.skip()
                        }
                    }
                }
                Issue.record("an x is no number")
            } catch let error as JSONReader.SyntaxError {
                #expect(error.fault.path == "line 1, column 23 (in bb[1].c)")
            } catch {
                Issue.record("\(error)")
            }
        }
    }
}
