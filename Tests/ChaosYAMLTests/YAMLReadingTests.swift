import ChaosDocuments
import ChaosTesting
import Foundation
import Testing

@testable import ChaosYAML

/// What YAML is read as, and where faults are said to lie.
@Suite struct YAMLReadingTests {
    static func json(_ text: String) throws -> String {
        String(decoding: try YAMLDocument.json(of: Array(text.utf8)), as: UTF8.self)
    }

    enum Key: String, FieldKey {
        case name, at, links
        static let required: [Self] = [.name, .at]
        static let table = FieldTable<Self>()
    }

    struct Read: Equatable {
        var name: String?
        var at: Int?
        var links: [Int] = []
    }

    /// A document with two required keys and a list.
    static func read(_ bytes: [UInt8]) throws -> Read {
        try YAMLDocument.read(bytes, file: "x.yaml") { fields in
            var read = Read()
            try fields.object(Key.self) { key in
                switch key {
                case .name: read.name = try fields.string()
                case .at: read.at = try fields.quantity(.time)
                case .links:
                    try fields.array("a list") { _ in
                        if let link = try fields.integer("a whole number") { read.links.append(link) }
                    }
                }
            }
            return read
        }
    }

    static func message(_ text: String) -> String { message(Array(text.utf8)) }

    static func message(_ bytes: [UInt8]) -> String {
        do { return "\(try read(bytes))" } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("5", "5"), ("-5", "-5"), ("0", "0"), ("-0", "-0"), ("123456789012345678901234567890", nil), ("true", "true"),
        ("false", "false"), ("", "null"), ("null", "null"), ("~", "null"),
    ])
    func plainScalarsThatAreNoText(_ text: String, _ json: String?) throws {
        #expect(
            try Self.json("[\(text.isEmpty ? "a: " : text)]") == "[\(text.isEmpty ? "{\"a\":null}" : json ?? text)]")
        if !text.isEmpty { #expect(try Self.json("'\(text)'") == "\"\(text)\"") }
    }

    /// Other readers of YAML take these for numbers, booleans or dates.
    @Test(arguments: [
        "1e3", "1.5", "-1.0", ".5", "0x10", "0o17", "017", "-01", "1_000", "+1", "1,5", "12:30", "190:20:30", ".inf",
        ".NaN", "yes", "no", "on", "off", "y", "True", "FALSE", "Null", "2001-12-14", "0b1", "=", "<<", "--", "1 000",
        "200 Mbit/s", "40 ms", "-", "٣",
    ])
    func plainScalarsThatAreText(_ text: String) throws {
        let plain = text == "-" ? "\"-\"" : text
        #expect(try Self.json("a: \(plain)") == "{\"a\":\"\(text)\"}")
    }

    @Test func theStylesOfText() throws {
        let text = """
            # a comment
            folded: >-
              one
              two
            literal: |
              a
               b
            double: "\\t\\u00e9 \\"x\\" \\\\"
            single: 'it''s'
            several
              lines: of
              text
            ? explicit
            : [1, {2: 3, a b: "c"}, ]
            "5": true
            """
            .replacing("several\n  lines: of", with: "plain: of")
        let expected =
            #"{"folded":"one two","literal":"a\n b\n","double":"\té \"x\" \\","single":"it's","plain":"of text","#
            + #""explicit":[1,{"2":3,"a b":"c"}],"5":true}"#
        #expect(try Self.json(text) == expected)
    }

    @Test func aliasesAreWhatTheyStandFor() throws {
        #expect(
            try Self.json("a: &x [1, {b: &y c}]\nd: *x\ne: {*y : *y}\n")
                == #"{"a":[1,{"b":"c"}],"d":[1,{"b":"c"}],"e":{"c":"c"}}"#)
        #expect(try Self.json("[&a 1, *a, &a 2, *a, &b [*a], &a 3, *b, *a]") == "[1,1,2,2,[2],3,[2],3]")
    }

    @Test func aDocumentIsRead() throws {
        let text = "name: a node joins\nat: 1.5 s\nlinks: [1, 2]\n"
        let expected = Read(name: "a node joins", at: 1_500_000_000, links: [1, 2])
        for variant in [text, "\u{FEFF}" + text, "%YAML 1.2\n---\n\(text)...\n", text.replacing("\n", with: "\r\n")] {
            #expect(try Self.read(Array(variant.utf8)) == expected)
        }
        #expect(try Self.read(Array(#"{"links":[1,2],"at":"1.5 s","name":"a node joins"}"#.utf8)) == expected)
    }

    @Test func faultsNameTheirPaths() {
        #expect(
            Self.message("name: 5\nat: 3 fortnights\nlinks: [1, two, 1.0, {a: b}]\ncolour: red\n").split(
                separator: "\n"
            )
            .map { String($0.prefix { $0 != ";" }) } == [
                "x.yaml: name: 5", #"x.yaml: at: "3 fortnights" has the unit "fortnights""#,
                #"x.yaml: links[1]: "two""#, #"x.yaml: links[2]: "1.0""#, "x.yaml: links[3]: an object",
                "x.yaml: colour: an unknown key",
            ])
        #expect(
            Self.message("at: 5\n") == "x.yaml: name: the key is missing; allowed: an object with the keys name, at")
        #expect(Self.message("name:\nat: 1\n").hasPrefix("x.yaml: name: null; allowed"))
        #expect(Self.message("name: a\n'name': b\nat: 1\n").hasPrefix("x.yaml: name: the key a second time"))
        #expect(
            Self.message("- 1\n") == "x.yaml: an object".replacing("an object", with: "an array; allowed: an object"))
    }

    /// Broken or foreign YAML, with its line and column.
    @Test(arguments: [
        ("name: [1, 2\nat: 3\n", "line 2, column 3: no valid YAML (did not find expected ',' or ']')"),
        ("name: a: b\n", "line 1, column 8: no valid YAML (mapping values are not allowed in this context)"),
        ("a: 1\n b: 2\n", "line 2, column 3: no valid YAML"), ("a: \"x\n", "line 2, column 1: no valid YAML"),
        ("\ta: 1\n", "line 1, column 1: no valid YAML (found character that cannot start any token)"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: a second document"), ("a: !!binary xx\n", "line 1, column 4: the tag"),
        ("a: !x [1]\n", "line 1, column 4: the tag !x"), ("a: !!map {}\n", "line 1, column 4: the tag"),
        ("a: *x\n", "line 1, column 4: the alias *x"), ("a: &x [*x]\n", "line 1, column 8: the alias *x"),
        ("? [1]\n: 2\n", "line 1, column 3: a list or a mapping as a key"),
        ("a: &x [1]\nb: {*x : 1}\n", "line 1, column 4: a list or a mapping as a key"),
        ("", "an empty document"), ("# only a comment\n", "an empty document"), ("%YAML 3.0\n---\na: 1\n", "line 1"),
        ("a: \"\\ud83d\"\n", "line 1, column 7: no valid YAML"), ("a: \"\\x\"\n", "line 1"),
        ("@\n", "line 1, column 1"),
    ])
    func brokenDocuments(_ text: String, _ fault: String) {
        #expect(Self.message(text).hasPrefix("x.yaml: \(fault)"), "\(Self.message(text))")
    }

    @Test func files() throws {
        #expect(throws: FileError.self) { try YAMLDocument.read(contentsOf: "/nowhere/x.yaml") { _ in } }
        let path = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try DocumentIO.write("a: [1", to: path)
        do {
            try YAMLDocument.read(contentsOf: path) { _ in }
            Issue.record("accepted")
        } catch let invalid as InvalidInput {
            #expect(invalid.file == path && invalid.faults[0].path.hasPrefix("line "))
        }
    }
}
