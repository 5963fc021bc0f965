/// What a node has to give.
public struct Resources: Hashable, Sendable {
    /// Measured samples per second, 1 … 2^50; nil: unmeasured.
    public var samplesPerSecond: Int?
    /// Free for snapshots, 0 … 2^50 byte.
    public var snapshotMemory: Int
    /// How much of its time it works, in thousandths, 0 … 1000.
    public var load: Int

    public init(samplesPerSecond: Int? = nil, snapshotMemory: Int = 0, load: Int = 0) {
        self.samplesPerSecond = samplesPerSecond
        self.snapshotMemory = snapshotMemory
        self.load = load
    }

    var isInRange: Bool {
        (samplesPerSecond.map { (1...MessageLimits.greatestQuantity).contains($0) } ?? true)
            && (0...MessageLimits.greatestQuantity).contains(snapshotMemory) && (0...1000).contains(load)
    }
}

extension Resources: CustomStringConvertible {
    public var description: String {
        (samplesPerSecond.map { "\($0) samples/s" } ?? "samples/s unmeasured")
            + ", \(snapshotMemory) bytes free, load \(load)/1000"
    }
}
