import ChaosDocuments

/// A reader of GML (Graph Modelling Language, Himsolt 1997): keys with numbers, texts or lists of such pairs in
/// brackets. Texts may hold character entities, and letters beyond ASCII in UTF-8; a byte-order mark is passed over.
/// Lists are nested by a stack, and not deeply, so a hostile file costs what its length costs.
struct GMLReader {
    /// Graphs nest lists three deep. Values are freed by recursion, so the depth needs a bound.
    private static let mostNesting = 100
    /// What may be a word without quotes.
    private static let keysOfNames: Set<String> = ["id", "label", "source", "target"]

    enum Value {
        case number(String)
        case text(String)
        case list([Pair])
    }

    struct Pair {
        let key: String
        let value: Value
        let line: Int
    }

    private let bytes: [UInt8]
    private let file: String
    private var stack: [(pairs: [Pair], key: String, line: Int)] = [([], "", 1)]
    private var key: (name: String, line: Int)?
    private var (p, line) = (0, 1)

    private init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { p = 3 }
    }

    /// The pairs of the outermost level.
    /// - Throws: `InvalidInput` at the first place that is no GML.
    static func read(_ bytes: [UInt8], file: String) throws(InvalidInput) -> [Pair] {
        var reader = GMLReader(bytes, file: file)
        return try reader.document()
    }

    private mutating func document() throws(InvalidInput) -> [Pair] {
        while p < bytes.count {
            switch bytes[p] {
            case UInt8(ascii: "\n"):
                line += 1
                p += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): p += 1
            case UInt8(ascii: "#"): while p < bytes.count, bytes[p] != UInt8(ascii: "\n") { p += 1 }
            case UInt8(ascii: "["): try openList()
            case UInt8(ascii: "]"): try closeList()
            case UInt8(ascii: "\""): try readText()
            default: try readWord()
            }
        }
        guard key == nil, stack.count == 1 else {
            throw refusal("the end of the file", allowed: key == nil ? "a closing bracket" : "a value for its last key")
        }
        return stack[0].pairs
    }

    private func refusal(_ found: String, allowed: String, line: Int? = nil) -> InvalidInput {
        InvalidInput(file: file, "line \(line ?? self.line)", found, allowed: allowed)
    }

    private mutating func add(_ value: Value, _ key: String, at line: Int) {
        stack[stack.count - 1].pairs.append(Pair(key: key, value: value, line: line))
        self.key = nil
    }

    private mutating func openList() throws(InvalidInput) {
        guard let name = key else { throw refusal("a list without a key", allowed: "a key before the bracket") }
        guard stack.count <= Self.mostNesting else {
            throw refusal("a list inside \(Self.mostNesting) lists", allowed: "fewer")
        }
        stack.append(([], name.name, name.line))
        key = nil
        p += 1
    }

    private mutating func closeList() throws(InvalidInput) {
        guard key == nil, stack.count > 1 else {
            throw refusal("a closing bracket", allowed: key == nil ? "a key" : "a value")
        }
        let closed = stack.removeLast()
        add(.list(closed.pairs), closed.key, at: closed.line)
        p += 1
    }

    private mutating func readText() throws(InvalidInput) {
        let (start, opened) = (p + 1, line)
        p = start
        while p < bytes.count, bytes[p] != UInt8(ascii: "\"") {
            if bytes[p] == UInt8(ascii: "\n") { line += 1 }
            p += 1
        }
        guard p < bytes.count else { throw refusal("a text that is not closed", allowed: "a closing quote") }
        guard let name = key else { throw refusal("a text", allowed: "a key before it", line: opened) }
        guard let text = String(validating: bytes[start..<p], as: UTF8.self) else {
            throw refusal(
                "bytes that are no UTF-8 in the text of \(name.name)",
                allowed: "ASCII with character entities such as &#252; or &uuml;, or UTF-8", line: opened)
        }
        add(.text(try resolve(text, of: name.name, line: opened)), name.name, at: opened)
        p += 1
    }

    private func resolve(_ text: String, of key: String, line: Int) throws(InvalidInput) -> String {
        if let resolved = CharacterEntities.resolve(text) { return resolved }
        throw refusal(
            "\"\(text)\" for \(key)", allowed: "entities that stand for characters, not for halves of them", line: line)
    }

    private mutating func readWord() throws(InvalidInput) {
        let start = p
        while p < bytes.count, bytes[p] > 0x20, !"[]\"#".utf8.contains(bytes[p]) { p += 1 }
        guard let word = String(validating: bytes[start..<p], as: UTF8.self), !word.isEmpty else {
            throw refusal("a byte that belongs to no GML", allowed: "a key, a number, a text or a bracket")
        }
        guard let name = key else {
            guard Self.isKey(word) else {
                throw refusal("the key \"\(word)\"", allowed: "a letter, then letters, digits and _")
            }
            key = (word, line)
            return
        }
        if Self.keysOfNames.contains(name.name), Self.isKey(word) {
            add(.text(word), name.name, at: name.line)
        } else {
            guard Self.isNumber(word) else {
                throw refusal("\"\(word)\" for \(name.name)", allowed: "a number, a text in quotes or a list")
            }
            add(.number(word), name.name, at: name.line)
        }
    }

    private static func isKey(_ word: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        }
        return word.utf8.first.map(isLetter) == true
            && word.utf8.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Digits with a point or without, with a sign and an exponent or without, and what networkx writes for what is no
    /// decimal: NAN, INF, +INF, -INF.
    private static func isNumber(_ word: String) -> Bool {
        var rest = word.utf8[...]
        func skipDigits() -> Int {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest[digits.endIndex...]
            return digits.count
        }
        func skipSign() { if let byte = rest.first, "+-".utf8.contains(byte) { rest.removeFirst() } }
        skipSign()
        if ["INF", "NAN"].contains(String(Substring(rest)).uppercased()) { return true }
        var count = skipDigits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            count += skipDigits()
        }
        guard count > 0 else { return false }
        if let byte = rest.first, "eE".utf8.contains(byte) {
            rest.removeFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

extension GMLReader.Value {
    var pairs: [GMLReader.Pair]? { if case .list(let pairs) = self { pairs } else { nil } }

    /// The text or the number as it is written.
    var text: String? {
        switch self {
        case .text(let text), .number(let text): text
        case .list: nil
        }
    }
}
