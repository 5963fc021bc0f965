/// Makes one number of several: the same for the same ones in the same order, and hardly ever for others.
struct Mixture: Sendable {
    private(set) var value: UInt64

    init(_ first: UInt64 = 0) { value = first }

    mutating func add(_ number: UInt64) { value = Self.mix(value &* 0x9E37_79B9_7F4A_7C15 &+ number) }

    mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }

    /// Of two numbers.
    static func of(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var mixture = Mixture(first)
        mixture.add(second)
        return mixture.value
    }

    /// The finalizer of SplitMix64.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
