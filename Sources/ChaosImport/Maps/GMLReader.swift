import ChaosDocuments

/// A reader of GML (Graph Modelling Language, Himsolt 1997): keys with numbers, texts or lists of such pairs in
/// brackets. Lists are nested by a stack, and not deeply, so a hostile file costs what its length costs.
struct GMLReader {
    /// Graphs nest lists three deep. Values are freed by recursion, so the depth needs a bound.
    private static let mostNesting = 100

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

    /// The pairs of the outermost level.
    /// - Throws: `InvalidInput` at the first place that is no GML.
    static func read(_ bytes: [UInt8], file: String) throws(InvalidInput) -> [Pair] {
        var stack: [(pairs: [Pair], key: String, line: Int)] = [([], "", 1)]
        var key: (name: String, line: Int)?
        var (p, line) = (0, 1)
        func refusal(_ found: String, allowed: String) -> InvalidInput {
            InvalidInput(file: file, "line \(line)", found, allowed: allowed)
        }
        func add(_ value: Value, _ key: String, at line: Int) {
            stack[stack.count - 1].pairs.append(Pair(key: key, value: value, line: line))
        }
        while p < bytes.count {
            switch bytes[p] {
            case UInt8(ascii: "\n"):
                line += 1
                p += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): p += 1
            case UInt8(ascii: "#"): while p < bytes.count, bytes[p] != UInt8(ascii: "\n") { p += 1 }
            case UInt8(ascii: "["):
                guard let name = key else { throw refusal("a list without a key", allowed: "a key before the bracket") }
                guard stack.count <= mostNesting else {
                    throw refusal("a list inside \(mostNesting) lists", allowed: "fewer")
                }
                stack.append(([], name.name, name.line))
                key = nil
                p += 1
            case UInt8(ascii: "]"):
                guard key == nil, stack.count > 1 else {
                    throw refusal("a closing bracket", allowed: key == nil ? "a key" : "a value")
                }
                let closed = stack.removeLast()
                add(.list(closed.pairs), closed.key, at: closed.line)
                p += 1
            case UInt8(ascii: "\""):
                let start = p + 1
                let opened = line
                p = start
                while p < bytes.count, bytes[p] != UInt8(ascii: "\"") {
                    if bytes[p] == UInt8(ascii: "\n") { line += 1 }
                    p += 1
                }
                guard p < bytes.count else { throw refusal("a text that is not closed", allowed: "a closing quote") }
                guard let name = key, let text = String(validating: bytes[start..<p], as: UTF8.self) else {
                    throw refusal("a text", allowed: "a key before it, and UTF-8 in it")
                }
                add(.text(text), name.name, at: opened)
                key = nil
                p += 1
            default:
                let start = p
                while p < bytes.count, bytes[p] > 0x20, !"[]\"#".utf8.contains(bytes[p]) { p += 1 }
                guard let word = String(validating: bytes[start..<p], as: UTF8.self), !word.isEmpty else {
                    throw refusal("a byte that belongs to no GML", allowed: "a key, a number, a text or a bracket")
                }
                if let name = key {
                    guard Double(word) != nil else {
                        throw refusal("\"\(word)\" for \(name.name)", allowed: "a number, a text in quotes or a list")
                    }
                    add(.number(word), name.name, at: name.line)
                    key = nil
                } else {
                    key = (word, line)
                }
            }
        }
        guard key == nil, stack.count == 1 else {
            throw refusal("the end of the file", allowed: key == nil ? "a closing bracket" : "a value for its last key")
        }
        return stack[0].pairs
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

extension [GMLReader.Pair] {
    func first(_ key: String) -> GMLReader.Pair? { first { $0.key == key } }
}
