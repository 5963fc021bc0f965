import ChaosProtocol

/// Why a frame holds no message that a correct node sends.
public struct WireFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong at the place.
    public enum Problem: Hashable, Sendable {
        /// These bytes are not of Protocol Buffers at all.
        case malformed
        /// Nothing can be made of the message without this field.
        case missing
        /// A value of an enumeration that has no meaning.
        case unknownValue(Int)
        case number(UInt64, allowed: ClosedRange<Int>)
        /// This number of entries or bytes.
        case count(Int, allowed: ClosedRange<Int>)
        /// The entry with this index is not greater than the one before, or is not in the list that it should be in.
        case entry(Int)
        /// The form is right, but the protocol allows no such view.
        case view(View.Fault)
        /// The form is right, but the protocol allows no such message.
        case message(MessageFault)
        /// A payload of this many bytes.
        case payload(Int, allowed: ClosedRange<Int>)
    }

    /// The names of the fields that lead to it, as in the .proto files, with the indices of entries; empty: the header
    /// itself.
    public let path: String
    public let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// The same, seen from the message that has it in this field.
    func inside(_ field: String) -> WireFault {
        WireFault(path.isEmpty ? field : "\(field).\(path)", problem)
    }

    public var description: String {
        let what =
            switch problem {
            case .malformed: "no Protocol Buffers message"
            case .missing: "missing"
            case .unknownValue(let value): "the value \(value) is not known"
            case .number(let number, let allowed): "\(number); allowed are \(allowed)"
            case .count(let count, let allowed): "\(count) entries or bytes; allowed are \(allowed)"
            case .entry(let index): "entry \(index) is out of order or names nothing"
            case .view(let fault): "an impossible view: \(fault)"
            case .message(let fault): "an impossible message: \(fault)"
            case .payload(let length, let allowed):
                "a payload of \(length) bytes; allowed: \(allowed.lowerBound) … \(allowed.upperBound)"
            }
        // It stands beside the header.
        if case .payload = problem { return what }
        return path.isEmpty ? "header: \(what)" : "header.\(path): \(what)"
    }
}

/// Makes something of what is in a field; a fault says in which.
func within<T>(_ field: String, _ make: () throws(WireFault) -> T) throws(WireFault) -> T {
    do { return try make() } catch { throw error.inside(field) }
}

func checkCount(_ count: Int, _ field: String, in allowed: ClosedRange<Int>) throws(WireFault) {
    guard allowed.contains(count) else { throw WireFault(field, .count(count, allowed: allowed)) }
}

/// The ranges of numbers in the .proto files.
enum WireRange {
    static let number = 1...MessageLimits.greatestNumber
    static let numberOrNone = 0...MessageLimits.greatestNumber
    static let quantity = 0...MessageLimits.greatestQuantity
    /// Sizes of states and shards, in bytes, and numbers of shards.
    static let bytes = 0...1 << 53
    static let someBytes = 1...1 << 53
    /// Chunks or digests in one message.
    static let mostEntries = 4096
}

extension UInt64 {
    /// As it is sent. A negative number, which no valid message holds, becomes one that every receiver refuses.
    init(sent number: Int) { self = UInt64(bitPattern: Int64(number)) }

    func number(_ field: String, _ allowed: ClosedRange<Int>) throws(WireFault) -> Int {
        guard let number = Int(exactly: self), allowed.contains(number) else {
            throw WireFault(field, .number(self, allowed: allowed))
        }
        return number
    }
}

extension [UInt64] {
    func numbers(_ field: String, _ allowed: ClosedRange<Int>) throws(WireFault) -> [Int] {
        var numbers: [Int] = []
        numbers.reserveCapacity(count)
        for (i, value) in enumerated() { numbers.append(try value.number("\(field)[\(i)]", allowed)) }
        return numbers
    }

    /// Ids that are ascending, each once.
    func nodes(_ field: String) throws(WireFault) -> [NodeID] {
        try checkAscending(field)
        return map { NodeID($0) }
    }
}

extension Collection where Element: Comparable {
    func checkAscending(_ field: String) throws(WireFault) {
        if let wrong = zip(self, dropFirst()).enumerated().first(where: { $1.0 >= $1.1 })?.offset {
            throw WireFault(field, .entry(wrong + 1))
        }
    }
}
