/// Lines of views. Views follow each other by the word of a quorum, and so there is one line of them, until an operator
/// says that those who are missing are gone for good (`Negotiation.onProceed`). With that another line begins: an epoch.
///
/// The epoch is in the number of a view, so that every message that names a view tells it too, and nothing of one epoch can
/// be taken for something of another: its upper bits count the operators' words, the next 28 stand for the node that was
/// told, and the last 28 count the views. Two nodes that are told so at one time begin two epochs, of which neither knows
/// the other; one in 2^28 pairs of nodes would give both the same number.
extension View {
    private static let saltBits = 28
    private static let countBits = 28
    /// What `epoch` is at most.
    public static let greatestEpoch = MessageLimits.greatestNumber >> countBits
    /// How often an operator may say so in the life of a cluster.
    public static let mostEpochs = MessageLimits.greatestNumber >> (countBits + saltBits) - 1

    /// 0 for the views that follow from the founding one by quorums alone.
    public var epoch: Int { Self.epoch(ofView: number) }

    public static func epoch(ofView number: Int) -> Int { number >> countBits }

    /// Whether an operator's word has decided it.
    public var isFirstOfEpoch: Bool { epoch > 0 && number & (1 << Self.countBits - 1) == 1 }

    /// How many times operators have spoken before an epoch.
    public static func count(ofEpoch epoch: Int) -> Int { epoch >> saltBits }

    /// The number of the first view that this node decides by an operator's word; nil: that was said too often.
    func firstNumberOfNextEpoch(by node: NodeID) -> Int? {
        let count = Self.count(ofEpoch: epoch) + 1
        guard count <= Self.mostEpochs else { return nil }
        let mixed = Mixture.of(UInt64(number), node.rawValue)
        let salt = Int(mixed & (1 << Self.saltBits - 1))
        return (count << Self.saltBits | salt) << Self.countBits + 1
    }

    /// Whether one of the members has begun the epoch of another view after this one. Cost: O(members).
    func precedes(epochOf other: View) -> Bool {
        let first = other.epoch << Self.countBits + 1
        return other.members.contains { firstNumberOfNextEpoch(by: $0) == first }
    }

    /// For people: "7", or of an epoch that an operator has begun "1.2f03a1c/7".
    public static func name(ofView number: Int) -> String {
        let count = number & (1 << countBits - 1)
        return epoch(ofView: number) == 0 ? "\(count)" : "\(name(ofEpoch: epoch(ofView: number)))/\(count)"
    }

    public static func name(ofEpoch epoch: Int) -> String {
        guard epoch > 0 else { return "0" }
        let salt = String(epoch & (1 << saltBits - 1), radix: 16)
        return "\(count(ofEpoch: epoch)).\(String(repeating: "0", count: 7 - salt.count))\(salt)"
    }
}
