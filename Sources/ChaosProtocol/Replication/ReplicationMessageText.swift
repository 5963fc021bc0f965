extension ReplicationMessage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ask: "ask"
        case .offer(let offer): "\(offer)"
        case .refusal(let reason): "refusal: \(reason.sentence)"
        case .snapshot(let admitted, let begun, let step):
            "snapshot of step \(step) for the learner since \(View.name(ofView: admitted))"
                + (begun == admitted ? "" : ", taken under \(View.name(ofView: begun))")
        case .pullDigests(let step, _, let first, let count):
            "pull digests \(Self.shards(first, count)) of step \(step)"
        case .digests(let step, _, let first, let digests):
            "digests \(Self.shards(first, digests.count)) of step \(step)"
        case .pull(let step, _, let shard): "pull shard \(shard) of step \(step)"
        case .shard(let step, _, let shard): "shard \(shard) of step \(step)"
        case .gone(let step): "gone: step \(step)"
        }
    }

    private static func shards(_ first: Int, _ count: Int) -> String {
        count == 1 ? "\(first)" : "\(first) … \(first + count - 1)"
    }
}

extension Offer: CustomStringConvertible {
    public var description: String {
        var words = ["offer of \(stateBytes) bytes", bandwidth.map { "\($0) bit/s" } ?? "bandwidth unmeasured"]
        words.append(latency.map { "latency \($0) ns" } ?? "latency unmeasured")
        if ready > 0 { words.append("ready in \(ready) ns") }
        if overhead > 0 { words.append("overhead \(overhead) ns") }
        if let limit { words.append("at most \(limit) bytes") }
        return words.joined(separator: ", ")
    }
}

extension Refusal {
    /// The reason for a reader.
    public var sentence: String {
        switch self {
        case .policy: "it does not serve this node"
        case .memory: "it has no memory for another snapshot"
        case .noState: "it is no member"
        }
    }
}
