/// How the numbers of gradients and updates go from node to node; the same on all nodes. The numbers behind the
/// parameters, the changes of buffers, go in Float32 in any of them.
///
/// Sums are made in Float32 whatever goes over the wire: an inner node of the tree decodes, adds, and encodes again. The root
/// encodes the total once, and all apply what that decodes to, the root included, so replicas stay identical to the bit.
public enum WireFormat: String, CaseIterable, Sendable {
    /// 4 bytes a number, and nothing is lost.
    case float32
    /// 2 bytes a number: the first 16 bits of a Float32, rounded to nearest, ties to even.
    case bf16
    /// 1 byte a number and 4 bytes for each block of `block` numbers: a scale in Float32, and whole numbers -127 … 127 that
    /// are multiplied by it. Each time that a sum is encoded, so once for each level of the tree, a number loses half a 127th
    /// of the greatest of its block at most; where that is below 1.5 · 10^-36, all. Meant for the differences that local
    /// steps make.
    case int8

    /// Numbers of a chunk that have one scale; the last block of a chunk has what is left.
    public static let block = 256

    /// What a run of numbers, parameters all, takes.
    public func bytes(of numbers: Int) -> Int {
        switch self {
        case .float32: 4 * numbers
        case .bf16: 2 * numbers
        case .int8: numbers + 4 * ((numbers + Self.block - 1) / Self.block)
        }
    }
}
