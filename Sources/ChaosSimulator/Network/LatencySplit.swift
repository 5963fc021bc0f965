import ChaosModel

/// How the model's latency l_i, from a request to its first byte, divides into the way of the request and the way back.
///
/// Without groups only the sum counts. With groups the model counts bytes where the request has arrived and l_i is over:
/// C_g begins at the least r_i + l_i (Documentation/MODEL.md, section 2), so its bound is that of `.request`. If part of
/// the latency comes after the transmission, bytes pass the group that much earlier.
public struct LatencySplit: Sendable, Equatable {
    /// The thousandths of l_i that the request takes, 0 … 1000.
    public let requestShare: Int

    public init(requestShare: Int) {
        precondition((0...1000).contains(requestShare), "a share is 0 … 1000 thousandths")
        self.requestShare = requestShare
    }

    /// All of it before the bytes: as the model has it.
    public static let request = LatencySplit(requestShare: 1000)
    /// All of it after the bytes: a request costs nothing.
    public static let response = LatencySplit(requestShare: 0)

    /// The two parts of a latency of 0 … 2^50 ns. They are whole, and their sum is the latency.
    public func parts(of latency: Int) -> (request: Int, response: Int) {
        let request = latency * requestShare / 1000
        return (request, latency - request)
    }
}
