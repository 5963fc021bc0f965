import ChaosModel

/// What happens, and what a policy knows of it.
public struct Situation: Sendable {
    public enum Event: String, Hashable, Sendable, CaseIterable {
        case join
        /// A member that has said so before.
        case leave
        case crash
        /// A link between members.
        case cut
        case mend
    }

    public let event: Event
    /// The joiner's links and the state that it needs; nil if nobody joins.
    public let instance: Instance?
    /// Of the state of a member.
    public let bytes: Int
    /// Who trains before the event.
    public let members: Int
    /// The longest time of a message and its answer between members, in ns.
    public let roundTrip: Int
    /// The slowest link over which a member reads from a storage, bit/s.
    public let storageBandwidth: Int
    /// How many joins came before, for whoever takes sources in turn or draws them.
    public let number: Int
    /// Differs from instance to instance: whose order says nothing about who is taken first.
    public var draw: UInt64 = 0
    public var settings: PolicySettings
    /// Whether the instance is what is missing of a transfer under way, which goes on with the sources that are left.
    public var isResumed = false

    public init(
        event: Event, instance: Instance?, bytes: Int, members: Int, roundTrip: Int, storageBandwidth: Int,
        number: Int = 0, settings: PolicySettings = PolicySettings()
    ) {
        self.event = event
        self.instance = instance
        self.bytes = bytes
        self.members = members
        self.roundTrip = roundTrip
        self.storageBandwidth = storageBandwidth
        self.number = number
        self.settings = settings
    }

    /// One join, of which nothing is known but the instance: all its neighbours train.
    public init(joining instance: Instance, settings: PolicySettings = PolicySettings()) {
        self.init(
            event: .join, instance: instance, bytes: instance.state.bytes, members: instance.neighbors.count,
            roundTrip: instance.neighbors.map(\.latency).max() ?? 0,
            storageBandwidth: instance.neighbors.map(\.bandwidth).max() ?? 1, settings: settings)
    }

    var neighbors: [Neighbor] { instance?.neighbors ?? [] }

    /// The neighbour with the fastest link: whoever is said to be near the storage, and the first of equals.
    var fastest: Int { neighbors.fastest ?? 0 }

    var slowest: Int {
        neighbors.indices.min {
            (neighbors[$0].bandwidth, $0) < (neighbors[$1].bandwidth, $1)
        } ?? 0
    }

    /// The least latency, and the first of equals.
    var nearest: Int {
        neighbors.indices.min {
            (neighbors[$0].latency, $0) < (neighbors[$1].latency, $1)
        } ?? 0
    }

    /// In turn.
    var next: Int { neighbors.isEmpty ? 0 : Int((draw &+ UInt64(number)) % UInt64(neighbors.count)) }

    /// Drawn for this join.
    var random: Int { settings.source(of: neighbors.count, join: number, draw: draw) }

    /// So many bytes at this rate, in ns, rounded up; at most 2^58, so that some of them can be added.
    static func time(of bytes: Int, at bandwidth: Int) -> Int {
        let work = Int128(bytes) * Int128(ModelRange.bitNanosecondsPerByte)
        return Int(clamping: min(Int128(1) << 58, (work + Int128(bandwidth) - 1) / Int128(bandwidth)))
    }
}

extension [Neighbor] {
    /// The place of the one with the greatest bandwidth, and the first of equals; nil: there is none.
    var fastest: Int? { indices.max { (self[$0].bandwidth, -$0) < (self[$1].bandwidth, -$1) } }
}
