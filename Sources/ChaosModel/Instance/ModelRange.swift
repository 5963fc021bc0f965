/// The ranges of the model (Documentation/MODEL.md, section 2). They are what makes fixed-width arithmetic exact:
/// every product of the solver fits 128 bits because of them.
public enum ModelRange {
    /// State size, shard size and byte limits, in bytes: at most 2^53.
    public static let mostBytes = 1 << 53
    /// Bandwidths, in bit/s: 1 … 2^50.
    public static let mostBandwidth = 1 << 50
    /// Latency, ready time and overhead, in ns: 0 … 2^50.
    public static let mostNanoseconds = 1 << 50
    /// Neighbours of one joiner: 1 … 10^7.
    public static let mostNeighbors = 10_000_000
    /// Groups of one instance: none … 10^7.
    public static let mostGroups = 10_000_000
    /// No makespan beyond 2^76 ns (about 2.4 million years) is computed, so that a makespan's numerator over a
    /// denominator of at most 2^50 fits 127 bits.
    public static let longestMakespan = Int128(1) << 76
    /// 8 bits a byte, 10^9 ns a second: a shard of s bytes takes 8·10^9·s / b ns at b bit/s.
    public static let bitNanosecondsPerByte = 8_000_000_000
}
