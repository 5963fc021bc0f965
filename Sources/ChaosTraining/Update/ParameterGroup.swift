/// Parameters that are updated with the same settings, as PyTorch's parameter groups.
public struct ParameterGroup: Sendable, Equatable {
    /// Where they lie in the vector of parameters.
    public var ranges: [Range<Int>]
    public var optimizer: Optimizer
    /// λ of the weight decay, 0 or more: added to the gradient as λp, or with AdamW taken from the parameters themselves.
    public var decay: Float

    public init(_ ranges: [Range<Int>], _ optimizer: Optimizer, decay: Float = 0) {
        self.ranges = ranges
        self.optimizer = optimizer
        self.decay = decay
    }
}
