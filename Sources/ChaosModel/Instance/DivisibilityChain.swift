import ChaosDocuments

/// The allowed shard sizes D = (s_1 … s_m): strictly increasing, each dividing the next
/// (Documentation/MODEL.md, section 2). At most 54 sizes fit below 2^53.
public struct DivisibilityChain: Sendable, Equatable {
    /// The sizes in bytes, smallest first; at least one.
    public let sizes: [Int]

    /// - Throws: a fault for each size that is out of range, not above its predecessor or not divided by it.
    public init(_ sizes: [Int]) throws(InvalidInput) {
        var faults = FaultList()
        Self.check(sizes, into: &faults)
        try faults.throwIfAny()
        self.sizes = sizes
    }

    static func check(_ sizes: [Int], into faults: inout FaultList) {
        if sizes.isEmpty { faults.add("shard_sizes", "no size", allowed: "at least one shard size") }
        for (k, size) in sizes.enumerated() {
            guard (1...ModelRange.mostBytes).contains(size) else {
                faults.add("shard_sizes[\(k)]", "\(size)", allowed: "1 … 2^53 bytes")
                continue
            }
            guard k > 0, sizes[k - 1] > 0 else { continue }
            let previous = sizes[k - 1]
            if size <= previous || size % previous != 0 {
                faults.add(
                    "shard_sizes[\(k)]", "\(size) after \(previous)",
                    allowed: "a divisibility chain: each size a larger multiple of the one before")
            }
        }
    }

    public var smallest: Int { sizes[0] }
    public var largest: Int { sizes[sizes.count - 1] }
}
