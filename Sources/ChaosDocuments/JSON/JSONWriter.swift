/// Writes JSON as a stream: memory does not grow with the document. Keys appear in the order in which they are given.
public struct JSONWriter: ~Copyable {
    /// How the text is laid out.
    public enum Layout: Sendable {
        /// No spaces and no line breaks.
        case compact
        /// The same, and only what JSON demands is escaped: the form that digests are taken of.
        case canonical
        /// Two spaces a level; an object or array that was begun `inline` stays on its line.
        case indented
    }

    private let layout: Layout
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var buffer: [UInt8] = []
    /// For each open object or array: its closing byte, whether it stays on one line, whether it has an element yet.
    private var open: [(closer: UInt8, isInline: Bool, isEmpty: Bool)] = []
    private var afterKey = false

    private static let chunk = 1 << 16

    /// - Parameters:
    ///   - layout: with or without spaces and lines.
    ///   - sink: takes the bytes, in pieces of about 64 KiB.
    public init(_ layout: Layout, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.layout = layout
        self.sink = sink
        buffer.reserveCapacity(Self.chunk + 4096)
    }

    public mutating func beginObject(inline: Bool = false) { begin(UInt8(ascii: "{"), UInt8(ascii: "}"), inline) }
    public mutating func beginArray(inline: Bool = false) { begin(UInt8(ascii: "["), UInt8(ascii: "]"), inline) }

    /// Ends the innermost object or array.
    public mutating func end() throws {
        let level = open.removeLast()
        if !level.isEmpty { breakLine(level.isInline) }
        buffer.append(level.closer)
        if buffer.count >= Self.chunk { try flush() }
    }

    public mutating func key(_ key: String) {
        element()
        quoted(key)
        buffer.append(UInt8(ascii: ":"))
        if layout == .indented { buffer.append(UInt8(ascii: " ")) }
        afterKey = true
    }

    public mutating func value(_ text: String) {
        element()
        quoted(text)
    }

    public mutating func value(_ number: Int) {
        element()
        // Digits from the last to the first, without the detour over a text: a large instance has millions of numbers.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, first) = (number.magnitude, 20)
            repeat {
                first -= 1
                digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                first -= 1
                digits[first] = UInt8(ascii: "-")
            }
            buffer.append(contentsOf: digits[first...])
        }
    }

    public mutating func value(_ flag: Bool) {
        element()
        buffer.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    public mutating func null() {
        element()
        buffer.append(contentsOf: "null".utf8)
    }

    /// A number that is already text in JSON's form, as in "1.2354".
    public mutating func value(number text: String) {
        element()
        buffer.append(contentsOf: text.utf8)
    }

    /// A value that is already compact JSON.
    package mutating func value(document: [UInt8]) {
        element()
        buffer.append(contentsOf: document)
    }

    /// Ends the document: hands over what is left, with a line break behind an indented one.
    public consuming func finish() throws {
        precondition(open.isEmpty && !afterKey)
        if layout == .indented { buffer.append(0x0A) }
        try flush()
    }

    private mutating func begin(_ opener: UInt8, _ closer: UInt8, _ inline: Bool) {
        element()
        buffer.append(opener)
        open.append((closer, inline || open.last?.isInline == true, true))
    }

    /// Puts what must stand before an element: a comma, a line break, the indentation.
    private mutating func element() {
        if afterKey {
            afterKey = false
            return
        }
        guard let level = open.last else { return }
        if !level.isEmpty { buffer.append(UInt8(ascii: ",")) }
        if level.isEmpty || !level.isInline {
            breakLine(level.isInline)
        } else if layout == .indented {
            buffer.append(UInt8(ascii: " "))
        }
        open[open.count - 1].isEmpty = false
    }

    private mutating func breakLine(_ isInline: Bool) {
        guard layout == .indented, !isInline else { return }
        buffer.append(0x0A)
        buffer.append(contentsOf: repeatElement(0x20, count: 2 * open.count))
    }

    private mutating func quoted(_ text: String) {
        var text = text
        buffer.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            // Nearly every name: nothing to escape, so that it is copied at once.
            let most: UInt8 = layout == .canonical ? 0xFF : 0x7E
            let isPlain = bytes.allSatisfy {
                $0 >= 0x20 && $0 <= most && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            if isPlain { return buffer.append(contentsOf: bytes) }
            if layout == .canonical {
                for byte in bytes { escape(byte) }
            } else {
                for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { escape(scalar) }
            }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Whoever prints the text shall not find his terminal changed by it.
    private mutating func escape(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x7F { return escape(UInt8(scalar.value)) }
        guard SingleLine.escape(of: scalar) != nil else { return buffer.append(contentsOf: UTF8.encode(scalar)!) }
        for unit in UTF16.encode(scalar)! {
            let hexadecimal = String(unit, radix: 16)
            buffer.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal).utf8)
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            buffer.append(UInt8(ascii: "\\"))
            buffer.append(byte)
        case 0x08: buffer.append(contentsOf: "\\b".utf8)
        case 0x0C: buffer.append(contentsOf: "\\f".utf8)
        case 0x0A: buffer.append(contentsOf: "\\n".utf8)
        case 0x09: buffer.append(contentsOf: "\\t".utf8)
        case 0x0D: buffer.append(contentsOf: "\\r".utf8)
        case 0..<0x20:
            let hexadecimal = String(byte, radix: 16)
            buffer.append(contentsOf: ("\\u00" + (byte < 0x10 ? "0" : "") + hexadecimal).utf8)
        default: buffer.append(byte)
        }
    }

    private mutating func flush() throws {
        try buffer.withUnsafeBytes(sink)
        buffer.removeAll(keepingCapacity: true)
    }
}
