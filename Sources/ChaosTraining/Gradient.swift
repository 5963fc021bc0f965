import ChaosDocuments

/// The sum of the gradients of some samples, one Float32 for each parameter.
///
/// A chunk of it is contiguous little-endian numbers. Floating-point addition is commutative but not associative, so
/// replicas agree on a sum only if it is formed once, or everywhere in one order. Chunks are added number by number: for
/// the result it matters in which order the summands of one number come, and not how the vector is cut or which of its
/// chunks comes first.
public struct Gradient: Sendable, Equatable {
    public var values: [Float]

    /// The sum over no sample.
    public init(count: Int) { values = [Float](repeating: 0, count: count) }

    /// Sets all numbers to zero and keeps the memory.
    public mutating func reset() {
        for i in values.indices { values[i] = 0 }
    }

    /// Adds another sum, number by number.
    /// - Throws: if it has another length.
    public mutating func add(_ other: Gradient) throws(InvalidInput) {
        guard other.values.count == values.count else {
            throw InvalidInput("gradient", "\(other.values.count) numbers", allowed: "\(values.count) numbers")
        }
        try other.withChunk(values.indices) { (chunk) throws(InvalidInput) in try add(chunk: chunk, at: 0) }
    }

    /// Adds a chunk of another sum; it need not be aligned.
    /// - Parameters:
    ///   - chunk: numbers in Float32, little-endian.
    ///   - first: the place of its first number.
    /// - Throws: if it is no run of whole numbers within the vector.
    public mutating func add(chunk: UnsafeRawBufferPointer, at first: Int) throws(InvalidInput) {
        let count = try numbers(in: chunk, at: first)
        values.withUnsafeMutableBufferPointer { values in
            for i in 0..<count {
                values[first + i] += chunk.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
            }
        }
    }

    /// Replaces numbers by a chunk of the reduced sum.
    /// - Throws: as `add(chunk:at:)`.
    public mutating func replace(by chunk: UnsafeRawBufferPointer, at first: Int) throws(InvalidInput) {
        let count = try numbers(in: chunk, at: first)
        values.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[4 * first..<4 * (first + count)]).copyMemory(from: chunk)
        }
    }

    /// The bytes of a range of numbers.
    /// - Precondition: the range is within the vector.
    public func withChunk<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try values.withUnsafeBufferPointer { (values) throws(Failure) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: values[range])))
        }
    }

    private func numbers(in chunk: UnsafeRawBufferPointer, at first: Int) throws(InvalidInput) -> Int {
        guard chunk.count.isMultiple(of: 4), first >= 0, first <= values.count - chunk.count / 4 else {
            throw InvalidInput(
                "gradient", "\(chunk.count) bytes at number \(first)",
                allowed: "4 bytes each for numbers within 0..<\(values.count)")
        }
        return chunk.count / 4
    }
}

extension Collection where Element == Float, Index == Int {
    /// The index of the first number that is infinite or none, or nil.
    var firstNotFinite: Int? {
        // x − x is 0 for finite numbers and not a number for all others, and a sum forgets none of that: one test
        // instead of one a number.
        var sum: Float = 0
        for x in self { sum += x - x }
        return sum == 0 ? nil : firstIndex { !$0.isFinite }
    }
}

#if _endian(big)
    #error("states and gradients are held in memory as they go over the wire, which is little-endian")
#endif
