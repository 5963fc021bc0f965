/// What has been measured of a link. Nil is *unmeasured*, which is not 0: nothing is known, not that nothing comes
/// through.
public struct LinkQuality: Hashable, Sendable {
    /// Delivered, 1 … 2^50 bit/s.
    public var bandwidth: Int?
    /// From sending to the answer, 0 … 2^50 ns.
    public var roundTrip: Int?

    public init(bandwidth: Int? = nil, roundTrip: Int? = nil) {
        self.bandwidth = bandwidth
        self.roundTrip = roundTrip
    }

    public static let unmeasured = LinkQuality()

    /// Of a link, from what its two ends measure: no more bandwidth than either direction has, no less of a round trip.
    init(_ one: LinkQuality, _ other: LinkQuality) {
        bandwidth = Self.merged(one.bandwidth, other.bandwidth, min)
        roundTrip = Self.merged(one.roundTrip, other.roundTrip, max)
    }

    private static func merged(_ one: Int?, _ other: Int?, _ choice: (Int, Int) -> Int) -> Int? {
        guard let one, let other else { return one ?? other }
        return choice(one, other)
    }

    var isInRange: Bool {
        (bandwidth.map { (1...MessageLimits.greatestQuantity).contains($0) } ?? true)
            && (roundTrip.map { (0...MessageLimits.greatestQuantity).contains($0) } ?? true)
    }
}

extension LinkQuality: CustomStringConvertible {
    public var description: String {
        let rate = bandwidth.map { "\($0) bit/s" } ?? "bandwidth unmeasured"
        return rate + ", " + (roundTrip.map { "round trip \($0) ns" } ?? "round trip unmeasured")
    }
}
