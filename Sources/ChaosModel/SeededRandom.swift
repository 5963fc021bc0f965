/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers on every machine and with every version
/// of the standard library, so whatever is drawn is named by its seed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Passes over the next `count` numbers, at no cost: the generator's state is a counter.
    public mutating func skip(_ count: UInt64) { state &+= 0x9E37_79B9_7F4A_7C15 &* count }

    /// A number of the range, each equally likely. The standard library does not promise how it maps the generator's
    /// numbers to a range, so the mapping (multiply and reject, Lemire 2019) is our own.
    public mutating func int(_ range: ClosedRange<Int>) -> Int {
        let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
        guard width != 0 else { return Int(truncatingIfNeeded: next()) }
        var product = next().multipliedFullWidth(by: width)
        if product.low < width {
            let rejected = (0 &- width) % width
            while product.low < rejected { product = next().multipliedFullWidth(by: width) }
        }
        return range.lowerBound &+ Int(truncatingIfNeeded: product.high)
    }

    /// True once in `n` times.
    public mutating func once(in n: Int) -> Bool { int(1...n) == 1 }

    /// One of the elements, each equally likely.
    /// - Precondition: there is one.
    public mutating func element<Element>(of elements: [Element]) -> Element { elements[int(0...elements.count - 1)] }

    /// A number of 1 … `most` whose length in bits is equally likely to be any: small and large ones are both frequent,
    /// and so are the two ends and the powers of two.
    public mutating func anyLength(upTo most: Int) -> Int {
        let bits = int(0...Int.bitWidth - 1 - most.leadingZeroBitCount)
        let value: Int
        switch int(0...9) {
        case 0: value = most
        case 1: value = 1
        case 2: value = 1 << bits
        default: value = int(1 << bits...(1 << bits - 1) + 1 << bits)
        }
        return min(value, most)
    }

    /// `count` different numbers below `bound`, in the order in which they were drawn. Cost: O(bound).
    public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
        var numbers = Array(0..<bound)
        for i in 0..<min(count, bound) { numbers.swapAt(i, int(i...bound - 1)) }
        return Array(numbers.prefix(count))
    }
}
