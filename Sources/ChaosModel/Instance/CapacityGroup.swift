/// A capacity that several neighbours share, g ∈ G: an institution's uplink, the joiner's own ingress
/// (Documentation/MODEL.md, section 2).
///
/// The model takes a group as an affine capacity, a_g + n·8·10^9·s / B_g for the n-th shard from below it, where a_g is
/// the least start of the neighbours below. That is a lower bound of the time that any sharing takes; it is exact when
/// the members become ready together, have no overheads and share in proportion to what they have to send.
public struct CapacityGroup: Sendable, Equatable {
    /// The group's name, unique among the groups of its instance, not empty.
    public let id: String
    /// B_g in bit/s, 1 … 2^50.
    public let bandwidth: Int
    /// The index in the instance's `groups` of the group around this one; nil: none. Parents form a forest.
    public let parent: Int?

    public init(id: String, bandwidth: Int, parent: Int? = nil) {
        self.id = id
        self.bandwidth = bandwidth
        self.parent = parent
    }
}
