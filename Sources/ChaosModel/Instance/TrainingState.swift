/// The training state that every replica holds and the joiner pulls (Documentation/MODEL.md, section 2).
public struct TrainingState: Sendable, Equatable {
    /// S, the size in bytes, 1 … 2^53: parameters and optimizer state.
    public let bytes: Int
    /// The name of the model, for people.
    public let model: String?
    /// The name of the optimizer, for people.
    public let optimizer: String?

    public init(bytes: Int, model: String? = nil, optimizer: String? = nil) {
        self.bytes = bytes
        self.model = model
        self.optimizer = optimizer
    }

    /// K(s) = ⌈S/s⌉, the number of shards of `size` bytes; the last may be short and is charged in full.
    public func shardCount(ofSize size: Int) -> Int {
        (bytes + size - 1) / size
    }
}
