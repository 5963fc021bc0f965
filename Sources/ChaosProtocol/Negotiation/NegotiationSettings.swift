/// Of a negotiation; times are in nanoseconds.
public struct NegotiationSettings: Hashable, Sendable {
    /// Between two hellos on a link. A hello mends whatever loss has left behind, so no loss lasts longer.
    public var hello: Int
    /// After which a proposer asks again. More than a round trip through the cluster.
    public var retry: Int
    /// How much longer each member waits than the one before it when a view is due and none comes. More than the two
    /// round trips of a ballot, or members disturb each other; safety does not depend on it, and progress neither, for
    /// every further round of a decision doubles it.
    public var takeover: Int
    /// Beyond which it is not doubled.
    public var longestTakeover: Int
    /// The least time from one passing on of news to the next when it has been passed on `burst` times at a stretch; it
    /// then goes together with what has come meanwhile. Otherwise, in a large cluster that starts, each node would pass on
    /// each report of each other by itself.
    public var spreading: Int
    /// How often news is passed on at once; at least 1 (`Pace`).
    public var burst: Int
    /// How many links a node has before it makes no more by itself (`Linking`); 0: it makes none.
    public var mostLinks: Int

    public init(
        hello: Int = 100_000_000, retry: Int = 200_000_000, takeover: Int = 500_000_000,
        longestTakeover: Int = 8_000_000_000, spreading: Int = 1_000_000, burst: Int = 64,
        mostLinks: Int = 0
    ) {
        self.hello = hello
        self.retry = retry
        self.takeover = takeover
        self.longestTakeover = longestTakeover
        self.spreading = spreading
        self.burst = burst
        self.mostLinks = mostLinks
    }
}
