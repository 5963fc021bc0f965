/// Times of a receiver in nanoseconds, and its bounds.
public struct ReceiverSettings: Hashable, Sendable {
    /// The shard sizes to choose from: a divisibility chain, each at most 64 MiB. Those of which the state would have
    /// more than 2^24 shards are left out.
    public var shardSizes = (0...7).map { (64 << 10) << $0 }
    /// For a link that neither end has measured, 1 … 2^50 bit/s: modest, so that an unknown link gets a part of the work
    /// that it can hardly fail to do. Its deliveries soon say better.
    public var assumedBandwidth = 100_000_000

    /// How long after the last link has come up offers are waited for although all neighbours have answered: a node that
    /// starts does not get its links at one moment.
    public var gathering = 100_000_000
    /// How much longer a measurement is waited for of links that neither end has measured.
    public var measuring = 0
    /// How long offers are waited for.
    public var offerTimeout = 2_000_000_000
    /// After which a request is sent again, in addition to the time that its answer takes as planned.
    public var retry = 500_000_000
    /// Between an attempt that failed and the next. Every further failure doubles it, up to `longestRest`.
    public var rest = 1_000_000_000
    public var longestRest = 60_000_000_000

    /// Without a word for that long, beyond the time that an answer takes as planned, a neighbour's shards are given to
    /// the others. It is not given up: what it sends is welcome, and it may get more to do.
    public var silence = 2_000_000_000
    /// Without a word for that long a neighbour is given up. Failed attempts double it, for a link may be slower than
    /// anyone thinks.
    public var abandonment = 30_000_000_000
    /// The least time between two plans.
    public var replanPause = 200_000_000
    /// When all shards have been asked for, a neighbour that has nothing to send is asked for what others are sending at once
    /// if it is expected to be sooner, and after this time in any case, for what is expected may be wrong.
    public var idleness = 200_000_000
    /// Over how long the rate of a neighbour is measured. An eighth of it at least must have been seen.
    public var rateSpan = 1_000_000_000
    /// How often deadlines are looked at while shards are pulled.
    public var tick = 50_000_000

    /// Whether what comes over a connection is what its neighbour sent: TLS sees to it, where nodes have identities. Where it
    /// is not certain, a neighbour that is alone is asked for digests of what it sends. `ClusterNode` sets it.
    public var isAuthenticated = false

    /// Requests on the way to one neighbour: the product of bandwidth and delay and two more, but never more than this.
    public var mostInFlight = 1024
    /// The most digests asked for at once, and of no more than `digestBytes` of state, which the neighbour must
    /// read to compute them.
    public var digestsAtOnce = 1024
    public var digestBytes = 256 << 20

    public init() {}

    var isInRange: Bool {
        let chain = zip(shardSizes, shardSizes.dropFirst()).allSatisfy { $0 < $1 && $1 % $0 == 0 }
        let times = [gathering, offerTimeout, retry, rest, silence, abandonment, replanPause, idleness, rateSpan, tick]
        return !shardSizes.isEmpty && chain && shardSizes.allSatisfy((1...MessageLimits.shardBytes).contains)
            && (1...MessageLimits.greatestQuantity).contains(assumedBandwidth)
            && times.allSatisfy((1...MessageLimits.greatestQuantity).contains)
            && (rest...MessageLimits.greatestQuantity).contains(longestRest)
            && (1...MessageLimits.shards).contains(mostInFlight)
            && (1...MessageLimits.digests).contains(digestsAtOnce) && digestBytes > 0
    }
}
