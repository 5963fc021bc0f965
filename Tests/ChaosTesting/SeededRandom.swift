/// SplitMix64: the same seed gives the same numbers on every machine, so a failure is named by its seed.
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

    /// A number of the range, each equally likely.
    public mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `n` times.
    public mutating func once(in n: Int) -> Bool { int(1...n) == 1 }

    /// A number of 1 … `most` whose length in bits is equally likely to be any: small and large ones are both frequent,
    /// and so are the two ends and the powers of two.
    public mutating func anyLength(upTo most: Int) -> Int {
        let bits = int(0...Int.bitWidth - 1 - most.leadingZeroBitCount)
        let value: Int
        switch int(0...9) {
        case 0: value = most
        case 1: value = 1
        case 2: value = 1 << bits
        default: value = int(1 << bits...(2 << bits - 1))
        }
        return min(value, most)
    }
}
