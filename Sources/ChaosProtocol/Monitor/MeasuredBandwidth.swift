/// The bandwidth of a link, from its first measurement on. It is kept for a while when the connection is closed.
struct MeasuredBandwidth: Sendable {
    var extreme: WindowedExtreme
    /// When the last measurement was made.
    var at: Int

    /// Bit/s.
    var value: Int? { extreme.value }
}
