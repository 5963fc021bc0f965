/// Which digests the neighbours have told of the shards of a snapshot, on each of which two of them must agree.
///
/// What a neighbour has sent is a word of it: whoever sends a shard need not tell its digest too. So the digests of a shard
/// are asked of *another* neighbour, the *witness*, and each byte is read for a digest once by the receiver and once by one
/// neighbour. They are asked for in *ranges*, which end where a neighbour's part of the plan does, so that one witness can
/// speak for all of a range. The shards may come before, or after; the transfer never waits for this.
struct DigestAgreement: Sendable {
    /// What a neighbour has told of a run of shards.
    struct Opinion: Sendable {
        let source: Int
        let run: Range<Int>
        let digests: [Digest]

        /// Nil: it says nothing of this shard.
        func digest(of shard: Int) -> Digest? { run.contains(shard) ? digests[shard - run.lowerBound] : nil }
    }

    /// A neighbour has been asked about a run, and has not answered.
    struct Question: Sendable {
        let run: Range<Int>
        let first: Int
        var last: Int
    }

    struct OpenRange: Sendable {
        /// In the order in which they came.
        var opinions: [Opinion] = []
        var asked: [Int: Question] = [:]
        /// Shards that have come, and of which no digest is agreed on.
        var undecided: Set<Int> = []
        var verified = 0
    }

    let shards: Int
    /// The first shards of the ranges, ascending.
    let starts: [Int]
    /// Those that were opened and of which not all shards are verified.
    var open: [Int: OpenRange] = [:]
    /// Those of them in which something is to be asked or decided.
    var restless: Set<Int> = []
    var nextRange = 0
    var closed = 0
    var verified = 0
    /// Of how many shards a source has been asked for digests.
    private(set) var load: [Int: Int] = [:]

    /// - Parameters:
    ///   - parts: how many shards come from each source, in their order; together they are all.
    ///   - rangeLength: the most shards of a range.
    init(parts: [Int], rangeLength: Int) {
        var starts: [Int] = []
        var end = 0
        for part in parts {
            starts += stride(from: end, to: end + part, by: rangeLength)
            end += part
        }
        (shards, self.starts) = (end, starts)
    }

    func shards(of range: Int) -> Range<Int> {
        starts[range]..<(range + 1 < starts.count ? starts[range + 1] : shards)
    }

    /// Cost: O(log ranges).
    func range(of shard: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= shard { low = middle } else { high = middle }
        }
        return low
    }

    // MARK: What is told

    /// Opens further ranges, until as many are restless as given or no more are left.
    /// - Returns: those that were opened.
    mutating func openMore(upTo most: Int) -> Range<Int> {
        let first = nextRange
        while restless.count < most, nextRange < starts.count {
            open[nextRange] = OpenRange()
            restless.insert(nextRange)
            nextRange += 1
        }
        return first..<nextRange
    }

    mutating func noteAsked(_ source: Int, about run: Range<Int>, of range: Int, _ now: Int) {
        let first = open[range]?.asked[source]?.first ?? now
        open[range]?.asked[source] = Question(run: run, first: first, last: now)
        load[source, default: 0] += run.count
    }

    /// - Returns: the run, if they are the answer to a question.
    mutating func note(_ digests: [Digest], first: Int, from source: Int) -> Range<Int>? {
        guard (0..<shards).contains(first) else { return nil }
        let range = range(of: first)
        guard let question = open[range]?.asked[source], question.run == first..<first + digests.count else {
            return nil
        }
        open[range]?.asked[source] = nil
        open[range]?.opinions.append(Opinion(source: source, run: question.run, digests: digests))
        restless.insert(range)
        return question.run
    }

    /// Whether one that is trusted has told all digests of the range.
    func isCovered(_ range: Int, by isTrusted: (Int) -> Bool) -> Bool {
        open[range]?.opinions.contains { $0.run == shards(of: range) && isTrusted($0.source) } ?? false
    }

    /// What has been told of a shard, one digest a source.
    func opinions(on shard: Int, by isTrusted: (Int) -> Bool) -> [(source: Int, digest: Digest)] {
        var found: [(source: Int, digest: Digest)] = []
        for opinion in open[range(of: shard)]?.opinions ?? [] where isTrusted(opinion.source) {
            guard let digest = opinion.digest(of: shard), !found.contains(where: { $0.source == opinion.source })
            else { continue }
            found.append((opinion.source, digest))
        }
        return found
    }

    // MARK: What is decided

    /// A shard has come, and it is not certain that it is right.
    mutating func noteUndecided(_ shard: Int) {
        let range = range(of: shard)
        open[range]?.undecided.insert(shard)
        if open[range] != nil { restless.insert(range) }
    }

    /// A shard that had come is right, or is taken back.
    mutating func noteDecided(_ shard: Int, isRight: Bool) {
        let range = range(of: shard)
        open[range]?.undecided.remove(shard)
        guard isRight else { return }
        verified += 1
        open[range]?.verified += 1
        guard open[range]?.verified == shards(of: range).count else { return }
        open[range] = nil
        restless.remove(range)
        closed += 1
    }

    /// Another one may have to tell the digest of a shard that has not come.
    mutating func disturb(_ shard: Int) {
        let range = range(of: shard)
        if open[range] != nil { restless.insert(range) }
    }

    /// Somebody's words count no more, or others may be asked.
    mutating func disturb() { restless.formUnion(open.keys) }
}
