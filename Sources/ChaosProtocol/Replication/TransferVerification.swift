/// Which digests are right.
extension Transfer {
    mutating func onDigests(_ digests: [Digest], first: Int, from peer: NodeID, at now: Int) {
        guard let i = index[peer], sources[i].reason != .suspect else { return }
        guard agreement.note(digests, first: first, from: i) else { return }
        sources[i].noteHeard(now)
        needsDigests = true
    }

    /// What has become of an open range.
    private enum Progress {
        case open
        case settled
        case failed(Receiver.Failure)
    }

    /// Settles what can be settled, and asks for what is needed for the rest.
    /// - Returns: why some of it never can be; nil: all may yet.
    mutating func considerDigests(_ now: Int) -> Receiver.Failure? {
        needsDigests = false
        var isSettled: Bool
        repeat {
            isSettled = false
            agreement.openMore(upTo: Self.openRanges)
            for range in agreement.openRanges {
                switch consider(range, now) {
                case .open: break
                case .settled: isSettled = true
                case .failed(let failure): return failure
                }
            }
        } while isSettled
        return nil
    }

    private mutating func consider(_ range: Int, _ now: Int) -> Progress {
        guard let open = agreement.open[range] else { return .open }
        let opinions = open.opinions.filter { sources[$0.source].reason != .suspect }
        if case .agreed(let digests, let outvoted) = agreement.verdict(on: range, by: opinions, needed: witnesses) {
            settle(range, digests, outvoted)
            return .settled
        }
        let others = sources.indices.filter { i in
            isAlive(i) && !opinions.contains { $0.source == i }
        }
        if others.isEmpty { return concludeWithoutOthers(range, opinions) }
        ask(others.filter(hasSnapshot), toHave: max(2, opinions.count + 1) - opinions.count, about: range, now)
        return .open
    }

    private var witnesses: Int { defect == .digestOfOneNeighborBelieved ? 1 : 2 }

    /// Nobody is left to ask. The opinion of one neighbour is taken if it is the only one that there is and nobody
    /// contradicts it: then there is no reason to believe that there ever is more to be had. Of two that differ neither
    /// is.
    private mutating func concludeWithoutOthers(
        _ range: Int, _ opinions: [(source: Int, digests: [Digest])]
    ) -> Progress {
        let contradicts = sources.contains {
            $0.mayServe && $0.announced != nil && $0.announced != step
        }
        let verdict = agreement.verdict(on: range, by: opinions, needed: 1)
        if opinions.count == 1, !contradicts, case .agreed(let digests, let outvoted) = verdict {
            settle(range, digests, outvoted)
            return .settled
        }
        guard !opinions.isEmpty else { return .open }
        var shard = agreement.shards(of: range).lowerBound
        if case .open(let first) = agreement.verdict(on: range, by: opinions, needed: 2) { shard = first }
        let place = shard - agreement.shards(of: range).lowerBound
        let stated = opinions.map { (sources[$0.source].node, $0.digests[place]) }
        return .failed(.unverifiable(shard: shard, opinions: Dictionary(uniqueKeysWithValues: stated)))
    }

    /// Asks as many of the sources at a time as opinions are needed. One that does not answer is asked again, and after a
    /// while another one.
    private mutating func ask(_ others: [Int], toHave needed: Int, about range: Int, _ now: Int) {
        let asked = agreement.open[range]?.asked ?? [:]
        var missing = needed
        for i in others {
            guard let (first, last) = asked[i] else { continue }
            if now >= last + settings.retry + sources[i].expected { askForDigests(of: range, from: i, now) }
            if now < first + silence + sources[i].expected { missing -= 1 }
        }
        for i in others where missing > 0 && asked[i] == nil {
            askForDigests(of: range, from: i, now)
            missing -= 1
        }
    }

    private mutating func askForDigests(of range: Int, from i: Int, _ now: Int) {
        let run = agreement.shards(of: range)
        agreement.noteAsked(i, for: range, now)
        actions.append(
            .send(
                .pullDigests(step: askedStep(i), shardSize: shardSize, first: run.lowerBound, count: run.count),
                to: sources[i].node))
    }

    private mutating func settle(_ range: Int, _ digests: [Digest], _ outvoted: [Int: Int]) {
        agreement.settle(range, digests)
        for (i, shard) in outvoted.sorted(by: { $0.key < $1.key }) { suspect(i, .digest(shard: shard)) }
        for (shard, digest) in zip(agreement.shards(of: range), digests) {
            guard let delivery = unverified.removeValue(forKey: shard), delivery.digest != digest else { continue }
            arrived.remove(shard)
            suspect(delivery.source, .shard(shard))
            course.lower(to: .void)
        }
    }
}
