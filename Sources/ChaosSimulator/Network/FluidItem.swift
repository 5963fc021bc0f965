import ChaosModel

/// What waits in the queue of a link of a `FluidNetwork`: equal items that are served one after the other.
struct FluidItem<Payload: Sendable>: Sendable {
    let payload: Payload
    /// Of each item.
    let bytes: Int
    /// The time before each item in which the link is idle, in ns.
    let overhead: Int
    /// How many are left; 1 or more.
    var count: Int

    /// The work of one item: the time it takes at 1 bit/s, in ns. At b bit/s it takes a b-th of that.
    var work: Int128 { Int128(bytes) * Int128(ModelRange.bitNanosecondsPerByte) }
}
