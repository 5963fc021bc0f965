import BigInt
import ChaosModel

/// The words of a VIPR certificate, read from a source piece by piece: what is checked is never in memory as a whole.
struct VIPRWords {
    /// Fills the buffer from its start and returns the number of bytes, 0 at the end.
    typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    private let source: Source
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var filled = 0
    private var position = 0
    private var nextLine = 1
    private var isAtLineStart = true
    /// The word that was read last.
    private var word: [UInt8] = []
    /// The line of that word if it is still to be read, for it was only looked at.
    private var pending: Int?
    /// The line of that word.
    private(set) var line = 1

    /// Reading a number takes time that grows with the square of its digits, so there is a bound.
    static let longestWord = 1 << 20

    init(_ source: @escaping Source) { self.source = source }

    func failure(_ reason: String) -> VIPRFailure { VIPRFailure(line: line, reason: reason) }

    /// The word as messages show it.
    var shown: String {
        let text = String(decoding: word.prefix(40), as: UTF8.self)
        return "\"\(text)\(word.count > 40 ? "…" : "")\""
    }

    private mutating func peek() throws -> UInt8? {
        if position == filled {
            filled = try buffer.withUnsafeMutableBytes { try source($0) }
            position = 0
            if filled == 0 { return nil }
        }
        return buffer[position]
    }

    /// Passes over lines that begin with `%`: they are allowed before the first word.
    mutating func skipComments() throws {
        while let byte = try peek() {
            if byte == UInt8(ascii: "%"), isAtLineStart {
                while let byte = try peek(), byte != UInt8(ascii: "\n") { position += 1 }
            } else if Self.isSpace(byte) {
                advance(over: byte)
            } else {
                return
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private mutating func advance(over space: UInt8) {
        position += 1
        isAtLineStart = space == UInt8(ascii: "\n")
        if isAtLineStart { nextLine += 1 }
    }

    /// Reads the next word; false at the end.
    mutating func advance() throws -> Bool {
        if let next = pending {
            (pending, line) = (nil, next)
            return !word.isEmpty
        }
        while let byte = try peek(), Self.isSpace(byte) { advance(over: byte) }
        word.removeAll(keepingCapacity: true)
        line = nextLine
        while let byte = try peek(), !Self.isSpace(byte) {
            if word.count == Self.longestWord {
                throw failure("a word of more than \(Self.longestWord) characters; allowed: at most that many")
            }
            word.append(byte)
            position += 1
            isAtLineStart = false
        }
        return !word.isEmpty
    }

    /// Passes over the next word if it is this one.
    /// - Returns: whether it was.
    mutating func skip(_ keyword: String) throws -> Bool {
        let before = line
        if try advance(), word.elementsEqual(keyword.utf8) { return true }
        // Messages speak of what has been read.
        (pending, line) = (line, before)
        return false
    }

    private mutating func require(_ what: @autoclosure () -> String) throws {
        guard try advance() else { throw failure("the file ends where \(what()) should stand") }
    }

    /// Reads a word and returns it.
    mutating func text(_ what: @autoclosure () -> String) throws -> String {
        try require(what())
        return String(decoding: word, as: UTF8.self)
    }

    /// Reads one of the given words and returns it.
    mutating func choice(_ allowed: String...) throws -> String {
        let expected = { allowed.map { "\"\($0)\"" }.joined(separator: " or ") }
        let found = try text(expected())
        guard allowed.contains(found) else { throw failure("found \(shown); allowed: \(expected())") }
        return found
    }

    /// Reads an integer in the given range.
    mutating func integer(_ what: @autoclosure () -> String, in range: Range<Int>) throws -> Int {
        try require(what())
        return try asInteger(what(), in: range)
    }

    private func asInteger(_ what: @autoclosure () -> String, in range: Range<Int>) throws -> Int {
        guard let value = smallInteger, range.contains(value) else {
            let bound =
                range.isEmpty
                ? "none, as there is nothing to number"
                : "\(range.lowerBound)" + (range.upperBound == .max ? " or more" : " … \(range.upperBound - 1)")
            throw failure("\(what()): found \(shown); allowed: \(bound)")
        }
        return value
    }

    /// Reads the keyword or an integer that is not negative; nil for the keyword.
    mutating func count(_ what: @autoclosure () -> String, or keyword: String) throws -> Int? {
        try require(what())
        if word.elementsEqual(keyword.utf8) { return nil }
        return try asInteger("\(what()) or \(keyword)", in: 0..<Int.max)
    }

    /// Reads a rational number.
    mutating func value(_ what: @autoclosure () -> String) throws -> Rational {
        try require(what())
        return try asValue(what())
    }

    /// Reads the keyword or a rational number; nil for the keyword.
    mutating func value(_ what: @autoclosure () -> String, or keyword: String) throws -> Rational? {
        try require(what())
        return word.elementsEqual(keyword.utf8) ? nil : try asValue("\(what()) or \(keyword)")
    }

    private func asValue(_ what: @autoclosure () -> String) throws -> Rational {
        if let small = smallInteger { return Rational(small) }
        guard let value = Rational(String(decoding: word, as: UTF8.self)) else {
            throw failure("\(what()): found \(shown); allowed: a number such as 3, -2/7 or 0.25")
        }
        return value
    }

    /// The word as an integer of at most 18 digits.
    private var smallInteger: Int? {
        let isNegative = word.first == UInt8(ascii: "-")
        let digits = isNegative ? word.dropFirst() : word[...]
        guard (1...18).contains(digits.count) else { return nil }
        var value = 0
        for byte in digits {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        return isNegative ? -value : value
    }
}
