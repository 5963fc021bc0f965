import ChaosDocuments
import ChaosProtocol

/// Reads the fields of an object in a line, each once: what is of another kind or out of its range is a fault that names
/// its path, and so is what is left over at the end.
struct LineRecord {
    let path: String
    private var fields: [String: LineValue]

    /// - Parameter most: how many bytes a line of this kind may have.
    init(line: some Collection<UInt8>, atMost most: Int) throws(InvalidInput) {
        guard line.count <= most else {
            throw InvalidInput("", "a line of \(line.count) bytes", allowed: "at most \(most) bytes")
        }
        try self.init(try LineValue(line), at: "")
    }

    private init(_ value: LineValue, at path: String) throws(InvalidInput) {
        guard case .record(let fields) = value else {
            throw InvalidInput(path, value.kind, allowed: "an object")
        }
        self.path = path
        self.fields = fields
    }

    /// What is wrong with the value of a key.
    func fault(_ key: String, _ found: String, allowed: String) -> InvalidInput {
        InvalidInput(place(key), found, allowed: allowed)
    }

    private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// - Returns: nil for a key that is missing or null.
    private mutating func remove(_ key: String) -> LineValue? {
        guard let value = fields.removeValue(forKey: key) else { return nil }
        if case .null = value { return nil }
        return value
    }

    private func require<Value>(_ value: Value?, _ key: String) throws(InvalidInput) -> Value {
        guard let value else { throw fault(key, "the key is missing", allowed: "this key") }
        return value
    }

    mutating func optionalInteger(_ key: String, _ range: ClosedRange<Int>) throws(InvalidInput) -> Int? {
        guard let value = remove(key) else { return nil }
        return try integer(value, key, range)
    }

    private func integer(_ value: LineValue, _ key: String, _ range: ClosedRange<Int>) throws(InvalidInput) -> Int {
        if case .number(let text) = value, let number = Int(text), range.contains(number) { return number }
        throw fault(key, value.kind, allowed: "a whole number \(range.lowerBound) … \(range.upperBound)")
    }

    mutating func integer(
        _ key: String, _ range: ClosedRange<Int> = 0...MessageLimits.greatestNumber
    ) throws(InvalidInput) -> Int {
        try require(try optionalInteger(key, range), key)
    }

    mutating func optionalInteger(_ key: String) throws(InvalidInput) -> Int? {
        try optionalInteger(key, 0...MessageLimits.greatestNumber)
    }

    mutating func optionalNumber(_ key: String) throws(InvalidInput) -> Double? {
        guard let value = remove(key) else { return nil }
        if case .number(let text) = value, let number = Double(text), number.isFinite { return number }
        throw fault(key, value.kind, allowed: "a number")
    }

    mutating func optionalText(_ key: String) throws(InvalidInput) -> String? {
        guard let value = remove(key) else { return nil }
        if case .text(let text) = value { return text }
        throw fault(key, value.kind, allowed: "a text")
    }

    mutating func text(_ key: String) throws(InvalidInput) -> String { try require(try optionalText(key), key) }

    mutating func flag(_ key: String) throws(InvalidInput) -> Bool {
        let value = try require(remove(key), key)
        if case .flag(let flag) = value { return flag }
        throw fault(key, value.kind, allowed: "true or false")
    }

    mutating func node(_ key: String) throws(InvalidInput) -> NodeID {
        try node(try require(remove(key), key), key)
    }

    private func node(_ value: LineValue, _ key: String) throws(InvalidInput) -> NodeID {
        if case .number(let text) = value, let number = UInt64(text) { return NodeID(number) }
        throw fault(key, value.kind, allowed: "the id of a node, a whole number 0 … 2^64 − 1")
    }

    mutating func nodes(_ key: String) throws(InvalidInput) -> [NodeID] {
        try require(try optionalNodes(key), key)
    }

    mutating func optionalNodes(_ key: String) throws(InvalidInput) -> [NodeID]? {
        guard fields[key] != nil else { return nil }
        var nodes: [NodeID] = []
        for (i, value) in try list(key).enumerated() { nodes.append(try node(value, "\(key)[\(i)]")) }
        return nodes
    }

    mutating func integers(
        _ key: String, _ range: ClosedRange<Int> = 0...MessageLimits.greatestNumber
    ) throws(InvalidInput) -> [Int] {
        var numbers: [Int] = []
        for (i, value) in try list(key).enumerated() { numbers.append(try integer(value, "\(key)[\(i)]", range)) }
        return numbers
    }

    /// A digest as 64 hexadecimal digits.
    mutating func optionalDigest(_ key: String) throws(InvalidInput) -> Digest? {
        guard let text = try optionalText(key) else { return nil }
        guard let digest = Digest(hexadecimal: text) else {
            throw fault(key, "\"\(text.prefix(80))\"", allowed: "64 hexadecimal digits")
        }
        return digest
    }

    private mutating func list(_ key: String) throws(InvalidInput) -> [LineValue] {
        let value = try require(remove(key), key)
        if case .list(let values) = value { return values }
        throw fault(key, value.kind, allowed: "a list")
    }

    /// The value of one of a set of names.
    mutating func name<Name: RawRepresentable<String> & CaseIterable>(_ key: String) throws(InvalidInput) -> Name {
        let text = try text(key)
        if let name = Name(rawValue: text) { return name }
        let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw fault(key, "\"\(text.prefix(60))\"", allowed: "one of \(names)")
    }

    /// The object at a key, read by `body` and to its end.
    mutating func optionalRecord<Value>(
        _ key: String, _ body: (inout LineRecord) throws(InvalidInput) -> Value
    ) throws(InvalidInput) -> Value? {
        guard let value = remove(key) else { return nil }
        return try Self.read(value, at: place(key), body)
    }

    mutating func record<Value>(
        _ key: String, _ body: (inout LineRecord) throws(InvalidInput) -> Value
    ) throws(InvalidInput) -> Value {
        try require(try optionalRecord(key, body), key)
    }

    mutating func records<Value>(
        _ key: String, _ body: (inout LineRecord) throws(InvalidInput) -> Value
    ) throws(InvalidInput) -> [Value] {
        var values: [Value] = []
        for (i, value) in try list(key).enumerated() {
            values.append(try Self.read(value, at: "\(place(key))[\(i)]", body))
        }
        return values
    }

    private static func read<Value>(
        _ value: LineValue, at path: String, _ body: (inout LineRecord) throws(InvalidInput) -> Value
    ) throws(InvalidInput) -> Value {
        var record = try LineRecord(value, at: path)
        let result = try body(&record)
        try record.end()
        return result
    }

    /// Nothing may be left.
    func end() throws(InvalidInput) {
        guard let key = fields.keys.min() else { return }
        throw fault(key, "an unknown key", allowed: "no such key here")
    }
}

extension Digest {
    /// The 64 hexadecimal digits.
    public var hexadecimal: String {
        (0..<4).map { i in
            let digits = String(words[i], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// - Returns: nil unless there are 64 hexadecimal digits.
    public init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        for (i, digit) in digits.enumerated() {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            words[i / 16] = words[i / 16] << 4 | UInt64(value)
        }
        self.init(words: words)
    }
}
