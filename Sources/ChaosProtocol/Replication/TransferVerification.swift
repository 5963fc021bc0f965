/// Which shards are right: those of which two neighbours have said the same, by sending it or by telling its digest.
extension Transfer {
    mutating func onDigests(_ digests: [Digest], first: Int, from peer: NodeID, at now: Int) {
        guard let i = index[peer], isTrusted(i), let run = agreement.note(digests, first: first, from: i) else {
            return
        }
        sources[i].noteHeard(now)
        needsDigests = true
        for shard in run where unverified[shard] != nil { judge(shard) }
    }

    private func isTrusted(_ i: Int) -> Bool { sources[i].reason != .suspect }

    /// What neighbours have said of a shard, by whatever way.
    private func words(on shard: Int) -> [(source: Int, digest: Digest)] {
        var words = agreement.opinions(on: shard, by: isTrusted)
        // What it says and what it sends are one word, and the first counts: what it sends is held against it.
        if let delivery = unverified[shard], isTrusted(delivery.source),
            defect == .neighborCountedTwice || !words.contains(where: { $0.source == delivery.source })
        {
            words.append((delivery.source, delivery.digest))
        }
        return words
    }

    /// The digest that two say, and more of them than any other.
    func agreed(on shard: Int) -> Digest? {
        let words = words(on: shard)
        if defect == .digestOfOneNeighborBelieved, let told = agreement.opinions(on: shard, by: isTrusted).first {
            return told.digest
        }
        let supporters = words.map { one in words.count { $0.digest == one.digest } }
        guard let most = supporters.max(), most >= 2, supporters.count(where: { $0 == most }) == most else {
            return nil
        }
        return supporters.firstIndex(of: most).map { words[$0].digest }
    }

    /// Decides on a shard that has come, if that can be.
    mutating func judge(_ shard: Int) {
        if let digest = agreed(on: shard) { return decide(shard, digest) }
        agreement.noteUndecided(shard)
        if words(on: shard).contains(where: { $0.digest != unverified[shard]?.digest }) { needsDigests = true }
    }

    /// A shard that has come is right if it has this digest.
    private mutating func decide(_ shard: Int, _ digest: Digest) {
        let told = agreement.opinions(on: shard, by: isTrusted)
        guard let delivery = unverified.removeValue(forKey: shard) else { return }
        let isRight = delivery.digest == digest
        agreement.noteDecided(shard, isRight: isRight)
        if !isRight {
            arrived.remove(shard)
            suspect(delivery.source, .shard(shard))
            course.isVoid = true
            // Whoever was asked for it too may still send it.
            if !isOnTheWay(shard) { unassigned.append(shard..<shard + 1) }
        }
        for opinion in told where opinion.digest != digest { suspect(opinion.source, .digest(shard: shard)) }
    }

    // MARK: Asking

    /// Decides what can be decided, and asks for what is needed for the rest.
    /// - Returns: why some of it never can be; nil: all may yet.
    mutating func considerDigests(_ now: Int) -> Receiver.Failure? {
        let most = Self.openRanges * sources.count
        repeat {
            needsDigests = false
            for range in agreement.openMore(upTo: most) {
                for shard in agreement.shards(of: range) where unverified[shard] != nil { judge(shard) }
            }
            for range in agreement.restless.sorted() {
                if let failure = consider(range, now) { return failure }
            }
        } while needsDigests || agreement.restless.count < most && agreement.nextRange < agreement.starts.count
        return nil
    }

    private mutating func consider(_ range: Int, _ now: Int) -> Receiver.Failure? {
        for shard in agreement.open[range]?.undecided.sorted() ?? [] {
            if let digest = agreed(on: shard) { decide(shard, digest) }
        }
        let alive = sources.indices.filter(isAlive)
        let isCovered = agreement.isCovered(range, by: isTrusted)
        let isAlone = alive.count <= 1 && settings.isAuthenticated && !mayReturn(now)
        if !isCovered, !isAlone {
            let run = agreement.shards(of: range)
            let others = alive.filter { i in
                agreement.open[range]?.opinions.contains { $0.source == i && $0.run == run } == false
            }
            if !others.isEmpty {
                ask(others, about: run, of: range, now)
                return nil
            }
        }
        var asked: (run: Range<Int>, others: [Int])?
        for shard in unwitnessed(range) {
            let words = words(on: shard)
            let others = others(alive, whoHaveNotSaid: shard, words)
            if others.isEmpty, !arrived.contains(shard) || mayReturn(now) { continue }
            if others.isEmpty {
                if let failure = concludeWithoutOthers(shard, words) { return failure }
            } else {
                // Whoever is wrong about one is likely to be so about more.
                let isContradicted = words.contains { $0.digest != words[0].digest }
                let run = isContradicted ? agreement.shards(of: range) : shard..<shard + 1
                let before = asked?.run ?? run
                asked = (
                    min(before.lowerBound, run.lowerBound)..<max(before.upperBound, run.upperBound),
                    asked?.others ?? others
                )
            }
        }
        if let asked {
            ask(asked.others, about: asked.run, of: range, now)
        } else if agreement.open[range]?.undecided.isEmpty == true, isCovered || isAlone {
            agreement.restless.remove(range)
        }
        return nil
    }

    /// The shards of a range of which another digest is needed: those that have come and are undecided, and those that will be
    /// if they come from the only one that has told theirs.
    private func unwitnessed(_ range: Int) -> [Int] {
        let coming = diverted.filter { shard in
            guard agreement.range(of: shard) == range else { return false }
            let told = agreement.opinions(on: shard, by: isTrusted)
            return told.count == 1 && sources[told[0].source].work.inFlight.contains { $0.shard == shard }
        }
        return ((agreement.open[range]?.undecided ?? []).union(coming)).sorted()
    }

    /// Those whose word on a shard is not known. Whoever has sent it over a connection on which nobody else can write need
    /// not say it again, unless another one contradicts it: its memory may have been right and what it sent wrong.
    private func others(
        _ alive: [Int], whoHaveNotSaid shard: Int, _ words: [(source: Int, digest: Digest)]
    ) -> [Int] {
        let isUnanimous = words.allSatisfy { $0.digest == words[0].digest }
        let told = agreement.opinions(on: shard, by: isTrusted)
        return alive.filter { i in
            !told.contains { $0.source == i }
                && !(settings.isAuthenticated && isUnanimous && unverified[shard]?.source == i)
        }
    }

    /// Whether a neighbour that could contradict has been gone for a moment only: a lone voice is not believed because links
    /// flap.
    private func mayReturn(_ now: Int) -> Bool {
        sources.contains { $0.reason == .down && now < $0.downSince + silence }
    }

    /// Nobody is left to ask. What one neighbour says is taken if nobody contradicts it: then there is no reason to believe
    /// that there ever is more to be had. Of two that differ neither is.
    private mutating func concludeWithoutOthers(
        _ shard: Int, _ words: [(source: Int, digest: Digest)]
    ) -> Receiver.Failure? {
        guard let first = words.first else { return nil }
        let contradicts = sources.contains { $0.mayServe && $0.announced != nil && $0.announced != step }
        if !contradicts, words.allSatisfy({ $0.digest == first.digest }) {
            decide(shard, first.digest)
            return nil
        }
        let stated = words.map { (sources[$0.source].node, $0.digest) }
        return .unverifiable(shard: shard, opinions: Dictionary(stated) { first, _ in first })
    }

    /// Asks one of the sources: best one that does not send these shards itself, and has told few digests. If it does not
    /// answer it is asked again, after a while another one, and in the end it is given up: whoever serves but tells no digests
    /// must not keep a transfer from its end.
    private mutating func ask(_ others: [Int], about run: Range<Int>, of range: Int, _ now: Int) {
        let asked = agreement.open[range]?.asked ?? [:]
        var isWaiting = false
        for i in others {
            guard let question = asked[i] else { continue }
            if now > question.first + abandonment + sources[i].expected {
                onGone(sources[i].node)
                continue
            }
            if hasSnapshot(i), now >= question.last + settings.retry + sources[i].expected {
                askForDigests(of: question.run, in: range, from: i, now)
            }
            if now < question.first + silence + sources[i].expected { isWaiting = true }
        }
        if isWaiting { return }
        let best = fresh(others.filter { asked[$0] == nil }, about: run)
        // The best may have its snapshot in a moment.
        let isEarly = now < figures.started + silence
        guard let witness = isEarly ? best.first : best.first(where: hasSnapshot), hasSnapshot(witness) else { return }
        askForDigests(of: run, in: range, from: witness, now)
    }

    /// In the order in which they are to be asked.
    private func fresh(_ others: [Int], about run: Range<Int>) -> [Int] {
        let come = Dictionary(grouping: run.compactMap { unverified[$0]?.source }) { $0 }
        func part(_ i: Int) -> Int {
            let work = sources[i].work
            return work.queue.count(in: run) + work.inFlight.count { run.contains($0.shard) } + (come[i]?.count ?? 0)
        }
        // After the one that sends them, so that all have as much to tell where all have as much to send.
        let sender = sources.indices.max { part($0) < part($1) } ?? 0
        let ranks = others.map { i in
            [
                sources[i].isServing ? 0 : 1, part(i), agreement.load[i] ?? 0,
                (i - sender + sources.count) % sources.count, i,
            ]
        }
        return ranks.sorted { $0.lexicographicallyPrecedes($1) }.map { $0[4] }
    }

    private mutating func askForDigests(of run: Range<Int>, in range: Int, from i: Int, _ now: Int) {
        agreement.noteAsked(i, about: run, of: range, now)
        actions.append(
            .send(
                .pullDigests(step: askedStep(i), shardSize: shardSize, first: run.lowerBound, count: run.count),
                to: sources[i].node))
    }
}
