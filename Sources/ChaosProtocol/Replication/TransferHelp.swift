/// What neighbours do that have nothing left to send: no link that could help idles while a shard is missing.
///
/// **Unasked shards.** Whoever has room takes over the shard that would be pulled last of all, from the neighbour that should
/// come to its end last, if it should have it sooner. So a plan made from wrong rates costs nothing but that.
///
/// **The end.** When all have been asked for, whoever has room is also asked for what is on its way from others, if it should
/// have it sooner, that first which should come last. Whichever comes first counts.
///
/// **What is expected may be wrong.** So a neighbour that has had nothing to do is asked in any case from `idleness` later on,
/// for one shard after the other: at the end for those first that the fewest others are sending.
///
/// How late a state can be whatever becomes of the rates, and how much comes twice, is proved in Documentation/PROTOCOL.md,
/// "How late a state can be". A plan that was given is executed as it is, until shards are lost.
extension Transfer {
    /// How much sooner a shard must be expected to be asked of another one, as a part of its time there: paces are measured,
    /// and rounded.
    private static let gain = 16

    /// A shard that is on its way.
    private struct Expectation {
        /// When it should come; from several neighbours: from the first of them.
        var at: Int
        /// How many are sending it.
        var senders = 1
    }

    /// Cost: O(neighbours) a shard taken over, O(pulls on the way) a shard asked for twice.
    mutating func help(with i: Int, window: Int, _ now: Int) {
        guard !course.isGiven, sources[i].work.queue.count == 0 else { return }
        while sources[i].work.inFlight.count < window, sources[i].mayTakeMore {
            if sources[i].work.inFlight.isEmpty, sources[i].unusedSince == nil { sources[i].unusedSince = now }
            if let shard = unassignedShard() ?? shardToTakeOver(for: i, now) {
                divert(shard, to: i, now)
            } else if let shard = shardToDouble(for: i, now) {
                figures.doubled += 1
                divert(shard, to: i, now)
            } else {
                return
            }
        }
    }

    private mutating func divert(_ shard: Int, to i: Int, _ now: Int) {
        ask(i, for: shard, now)
        diverted.insert(shard)
        agreement.disturb(shard)
        needsDigests = true
    }

    private mutating func unassignedShard() -> Int? {
        while let shard = unassigned.popFirst() {
            if !arrived.contains(shard), !isOnTheWay(shard) { return shard }
        }
        return nil
    }

    private mutating func shardToTakeOver(for i: Int, _ now: Int) -> Int? {
        guard defect != .linkLeftIdle, let last = lastToFinish(now) else { return nil }
        guard isSooner(i, than: last.at, now) || hasRestedEnough(i, now) else { return nil }
        while let shard = sources[last.of].giveUpLast() { if !arrived.contains(shard) { return shard } }
        return nil
    }

    /// The neighbour with unasked shards that should come to its end last, and when.
    private func lastToFinish(_ now: Int) -> (at: Int, of: Int)? {
        sources.indices.lazy.filter { sources[$0].work.queue.count > 0 }
            .map { (sources[$0].finish(ready: ready($0), now), $0) }
            .max { $0 < $1 }
    }

    /// A shard that others are sending and this one is not.
    private func shardToDouble(for i: Int, _ now: Int) -> Int? {
        guard defect != .endNeverBegun, !sources.contains(where: { $0.work.queue.count > 0 }) else { return nil }
        let latest = sources.lazy.filter { !$0.work.inFlight.isEmpty }.map { $0.finish(ready: 0, now) }.max() ?? now
        guard isSooner(i, than: latest, now) || hasRestedEnough(i, now) else { return nil }
        let expected = expectations(but: i, now)
        guard let last = expected.max(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) else { return nil }
        if isSooner(i, than: last.value.at, now) { return last.key }
        guard hasRestedEnough(i, now) else { return nil }
        return expected.min { ($0.value.senders, -$0.value.at, $0.key) < ($1.value.senders, -$1.value.at, $1.key) }?.key
    }

    private func expectations(but i: Int, _ now: Int) -> [Int: Expectation] {
        var expected: [Int: Expectation] = [:]
        for source in sources {
            for (k, pull) in source.work.inFlight.enumerated() where !arrived.contains(pull.shard) {
                let arrival = source.arrival(at: k, now)
                if let other = expected[pull.shard] {
                    expected[pull.shard] = Expectation(at: min(arrival, other.at), senders: other.senders + 1)
                } else {
                    expected[pull.shard] = Expectation(at: arrival)
                }
            }
        }
        for pull in sources[i].work.inFlight { expected[pull.shard] = nil }
        return expected
    }

    private func isSooner(_ i: Int, than time: Int, _ now: Int) -> Bool {
        sources[i].arrivalOfAnother(now) + sources[i].alone / Self.gain < time
    }

    private func hasRestedEnough(_ i: Int, _ now: Int) -> Bool {
        guard sources[i].work.inFlight.isEmpty, let since = sources[i].unusedSince else { return false }
        return now >= since + settings.idleness
    }

    /// When the snapshot of a neighbour may be pulled.
    private func ready(_ i: Int) -> Int { figures.started + (hasSnapshot(i) ? 0 : sources[i].terms.ready) }

    /// Cost: O(pulls on the way).
    func isOnTheWay(_ shard: Int) -> Bool {
        sources.contains { $0.work.inFlight.contains { $0.shard == shard } }
    }
}
