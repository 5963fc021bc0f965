/// A strict pull reader of JSON (RFC 8259) over bytes in memory: the caller asks for what it expects, values stand in
/// the bytes until asked for, numbers keep their digits. No tree is built and nothing recurses, so a hostile file
/// costs what its length costs.
package final class JSONReader {
    package enum Kind: String {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case null = "null"
    }

    /// Syntax that is not JSON: reading ends there. Everything else is collected by the caller.
    package struct SyntaxError: Error {
        package let fault: Fault
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// Where in the document the reader is: in an object the place of the key among the bytes, in an array ~index. So no text
    /// is made of a key, of which a large file has millions.
    private var path: [Int] = []

    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    /// The path of the value being read, as in `neighbors[3].bandwidth`.
    package var currentPath: String {
        var text = ""
        for component in path {
            if component < 0 {
                text += "[\(~component)]"
            } else {
                let key = key(at: component)
                text += text.isEmpty ? key : "." + key
            }
        }
        return text
    }

    /// How many bytes are not read yet.
    package var bytesLeft: Int { bytes.count - position }

    // MARK: Values

    /// The kind of the value that comes next.
    package func kind() throws -> Kind {
        switch try peek() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw syntaxError(allowed: "a JSON value")
        }
    }

    /// Reads an object, calling `body` at each value with its key; `body` must read or skip the value.
    package func object(_ body: (String) throws -> Void) throws {
        try object(known: []) { _ in try body(key(at: path[path.count - 1])) }
    }

    /// Reads an object, calling `body` at each value with its key's index among the known ones, or nil. A known key is
    /// recognised by its bytes.
    func object(known: [KnownKey], _ body: (Int?) throws -> Void) throws {
        try expect(UInt8(ascii: "{"), "an object")
        if try skipByte(UInt8(ascii: "}")) { return }
        // Where the search begins: keys tend to stand in the order in which they are listed.
        var next = 0
        repeat {
            guard try peek() == UInt8(ascii: "\"") else { throw syntaxError(allowed: "a key in quotes") }
            let place = position
            let index = try key(among: known, from: next)
            if let index { next = index + 1 }
            try expect(UInt8(ascii: ":"), "a colon after the key \"\(key(at: place))\"")
            path.append(place)
            try body(index)
            path.removeLast()
        } while try skipByte(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "a comma or the end of the object")
    }

    /// Reads an array, calling `body` at each element with its index; `body` must read or skip the element.
    package func array(_ body: (Int) throws -> Void) throws {
        try expect(UInt8(ascii: "["), "an array")
        if try skipByte(UInt8(ascii: "]")) { return }
        var index = 0
        repeat {
            path.append(~index)
            try body(index)
            path.removeLast()
            index += 1
        } while try skipByte(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"), "a comma or the end of the array")
    }

    /// Reads a string, its escapes resolved.
    package func string() throws -> String {
        try expect(UInt8(ascii: "\""), "a string")
        // Run over the plain bytes in locals: this is where the time of a large file goes.
        let (start, bytes) = (position, bytes)
        var p = start
        var all: UInt8 = 0
        while p < bytes.count {
            let byte = bytes[p]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            all |= byte
            p += 1
        }
        position = p
        guard p < bytes.count else { throw syntaxError(allowed: "the end of the string") }
        switch bytes[p] {
        case UInt8(ascii: "\""):
            // ASCII needs no validation.
            let text =
                all < 0x80
                ? String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<p]), as: UTF8.self)
                : try text(from: start, to: p)
            position = p + 1
            return text
        case UInt8(ascii: "\\"): return try escapedString(from: start)
        default: throw syntaxError(allowed: "a control character in a string only as an escape")
        }
    }

    /// Reads a number as its own text, as in "-12.5e3".
    package func number() throws -> String {
        _ = try peek()
        let start = position
        func digits() throws {
            let first = position
            while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
            if position == first { throw syntaxError(allowed: "a digit") }
        }
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = position
        try digits()
        if bytes[whole] == UInt8(ascii: "0"), position > whole + 1 {
            position = whole
            throw syntaxError(allowed: "a number without leading zeros")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
        return try text(from: start, to: position)
    }

    /// Reads the next value as a whole number without allocating, or returns nil and leaves it unread.
    package func integer() throws -> Int? {
        guard try kind() == .number else { return nil }
        let bytes = bytes
        var p = position
        let isNegative = bytes[p] == UInt8(ascii: "-")
        if isNegative { p += 1 }
        let first = p
        var value = 0
        while p < bytes.count, (48...57).contains(bytes[p]) {
            let (shifted, tooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = shifted.addingReportingOverflow(Int(bytes[p] - 48))
            if tooLong || tooLarge { return nil }
            value = sum
            p += 1
        }
        let isPlain =
            p > first && (p == first + 1 || bytes[first] != 48)
            && (p == bytes.count || (bytes[p] != UInt8(ascii: ".") && bytes[p] | 0x20 != UInt8(ascii: "e")))
        guard isPlain else { return nil }
        position = p
        return isNegative ? -value : value
    }

    package func boolean() throws -> Bool {
        if try peek() == UInt8(ascii: "t") {
            try literal("true")
            return true
        }
        try literal("false")
        return false
    }

    /// Passes over the next value, whatever it is, and checks its syntax. The depth is counted, not recursed into.
    package func skip() throws {
        var closers: [UInt8] = []
        while true {
            switch try kind() {
            case .object, .array:
                let isObject = bytes[position] == UInt8(ascii: "{")
                position += 1
                let closer = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                if try !skipByte(closer) {
                    closers.append(closer)
                    if isObject { try skipKey() }
                    continue
                }
            case .string: _ = try string()
            case .number: _ = try number()
            case .boolean: _ = try boolean()
            case .null: try literal("null")
            }
            while let closer = closers.last {
                if try skipByte(UInt8(ascii: ",")) {
                    if closer == UInt8(ascii: "}") { try skipKey() }
                    break
                }
                try expect(closer, "a comma or the end of the \(closer == UInt8(ascii: "}") ? "object" : "array")")
                closers.removeLast()
            }
            if closers.isEmpty { return }
        }
    }

    /// The text of the next value, for messages, cut to a line's length; the value is passed over.
    package func skipQuoting() throws -> String {
        _ = try peek()
        let start = position
        try skip()
        let most = 60
        let shown = String(decoding: bytes[start..<min(position, start + most)], as: UTF8.self)
        return position - start > most ? shown + "…" : shown
    }

    /// Checks that nothing follows the value that was read.
    package func end() throws {
        skipSpace()
        if position < bytes.count { throw syntaxError(allowed: "nothing after the document") }
    }

    // MARK: Bytes

    private func key(among known: [KnownKey], from first: Int) throws -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[position...])
        for step in known.indices {
            let k = first + step < known.count ? first + step : first + step - known.count
            if known[k].begins(rest) {
                position += known[k].length
                return k
            }
        }
        // Any other key, or a known one spelled with escapes.
        let name = try string()
        return known.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The key at a place where one has been read.
    private func key(at place: Int) -> String {
        let here = position
        defer { position = here }
        position = place
        return (try? string()) ?? ""
    }

    private func skipKey() throws {
        guard try peek() == UInt8(ascii: "\"") else { throw syntaxError(allowed: "a key in quotes") }
        _ = try string()
        try expect(UInt8(ascii: ":"), "a colon after the key")
    }

    private func skipSpace() {
        let bytes = bytes
        var p = position
        while p < bytes.count, bytes[p] == 0x20 || bytes[p] == 0x0A || bytes[p] == 0x0D || bytes[p] == 0x09 { p += 1 }
        position = p
    }

    private func peek() throws -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw syntaxError(allowed: "more: the document is not complete") }
        return bytes[position]
    }

    /// Passes over the byte if it is the next one behind spaces.
    private func skipByte(_ byte: UInt8) throws -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    private func expect(_ byte: UInt8, _ what: @autoclosure () -> String) throws {
        if try !skipByte(byte) { throw syntaxError(allowed: what()) }
    }

    private func literal(_ word: StaticString) throws {
        _ = try peek()
        let matches = word.withUTF8Buffer { expected in
            position + expected.count <= bytes.count
                && expected.elementsEqual(bytes[position..<position + expected.count])
        }
        guard matches else { throw syntaxError(allowed: "\(word)") }
        position += word.utf8CodeUnitCount
    }

    private func text(from start: Int, to end: Int) throws -> String {
        guard let text = String(validating: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self) else {
            position = start
            throw syntaxError(allowed: "UTF-8")
        }
        return text
    }

    private func escapedString(from start: Int) throws -> String {
        var units = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw syntaxError(allowed: "UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                units.append(contentsOf: try escape())
            case 0..<0x20:
                position -= 1
                throw syntaxError(allowed: "a control character in a string only as an escape")
            default:
                units.append(byte)
            }
        }
        throw syntaxError(allowed: "the end of the string")
    }

    /// What stands behind a backslash, as UTF-8.
    private func escape() throws -> [UInt8] {
        guard position < bytes.count else { throw syntaxError(allowed: "the end of the escape") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(code), position + 1 < bytes.count,
                bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw syntaxError(allowed: "a low surrogate") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw syntaxError(allowed: "no lone surrogate") }
            return Array(String(scalar).utf8)
        default:
            position -= 1
            throw syntaxError(allowed: "one of \" \\ / b f n r t u after a backslash")
        }
    }

    private func hexadecimal() throws -> UInt16 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw syntaxError(allowed: "four hexadecimal digits") }
        position += 4
        return value
    }

    /// A fault at the present byte, named by line and column, and by the path that was being read.
    func syntaxError(allowed: String) -> SyntaxError {
        let before = bytes[0..<min(position, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = position - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        let found: String
        if position >= bytes.count {
            found = "the end of the file"
        } else {
            let rest = String(decoding: bytes[position..<min(position + 12, bytes.count)], as: UTF8.self)
            found = "\"\(rest.prefix { !$0.isNewline })\""
        }
        let inside = currentPath
        return SyntaxError(
            fault: Fault(
                path: "line \(line), column \(column)\(inside.isEmpty ? "" : " (in \(inside))")",
                found: "no valid JSON at \(found)", allowed: allowed))
    }
}
