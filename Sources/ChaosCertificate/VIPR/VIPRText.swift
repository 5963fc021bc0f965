import ChaosModel

/// The text of a certificate on its way: pieces go to a sink as soon as they are large enough, so that no certificate is
/// ever in memory, and hardly a line.
struct VIPRText {
    private var bytes: [UInt8] = []
    private let sink: (UnsafeRawBufferPointer) throws -> Void

    private static let piece = 1 << 16

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
        bytes.reserveCapacity(Self.piece + 4096)
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(_ number: Int) {
        guard number >= 10 || number < 0 else { return bytes.append(UInt8(ascii: "0") + UInt8(number)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, first) = (number.magnitude, 20)
            while rest > 0 {
                first -= 1
                digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            if number < 0 {
                first -= 1
                digits[first] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[first...])
        }
    }

    mutating func append(_ number: Rational) {
        guard let p = Int(exactly: number.numerator), let q = Int(exactly: number.denominator) else {
            return append(number.description)
        }
        append(p)
        if q != 1 {
            append("/")
            append(q)
        }
    }

    /// Texts and numbers in turn.
    mutating func append<First: VIPRWord, each Rest: VIPRWord>(_ first: First, _ rest: repeat each Rest) {
        first.append(to: &self)
        repeat (each rest).append(to: &self)
    }

    /// A term with the coefficient 1, which may be one of many.
    mutating func term(_ variable: Int) throws {
        append(" ")
        append(variable)
        append(" 1")
        try handOver()
    }

    mutating func line(_ body: (inout VIPRText) -> Void) throws {
        body(&self)
        try endLine()
    }

    mutating func endLine() throws {
        append("\n")
        try handOver()
    }

    /// Hands over what there is if it is enough for a piece.
    mutating func handOver() throws { if bytes.count >= Self.piece { try finish() } }

    /// Hands over all there is.
    mutating func finish() throws {
        try bytes.withUnsafeBytes(sink)
        bytes.removeAll(keepingCapacity: true)
    }
}

/// What a certificate is made of.
protocol VIPRWord {
    func append(to text: inout VIPRText)
}

extension String: VIPRWord {
    func append(to text: inout VIPRText) { text.append(self) }
}

extension Int: VIPRWord {
    func append(to text: inout VIPRText) { text.append(self) }
}

extension Rational: VIPRWord {
    func append(to text: inout VIPRText) { text.append(self) }
}
