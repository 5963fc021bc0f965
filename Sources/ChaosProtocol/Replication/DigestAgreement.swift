/// The digests of all shards of a snapshot, on which neighbours must agree.
///
/// They are asked for in *ranges*, a few of which are open at a time. A range is settled when for each of its shards one
/// digest has been given twice: a single neighbour that lies or has a broken memory is outvoted, and shows. Until then
/// the shards may come already; the receiver keeps their digests and compares them when the range is settled, so that
/// the transfer never waits for this.
struct DigestAgreement: Sendable {
    struct OpenRange: Sendable {
        /// Who has given which digests, in the order in which they came.
        var opinions: [(source: Int, digests: [Digest])] = []
        /// When a source was asked first and last.
        var asked: [Int: (first: Int, last: Int)] = [:]
    }

    /// What opinions on a range lead to.
    enum Verdict {
        /// The digests, and for each source that is outvoted a shard that shows it.
        case agreed([Digest], outvoted: [Int: Int])
        /// Of this shard no digest has been given often enough.
        case open(shard: Int)
    }

    let shards: Int
    let rangeLength: Int
    var open: [Int: OpenRange] = [:]
    var settled: [Int: [Digest]] = [:]
    var nextRange = 0

    init(shards: Int, rangeLength: Int) {
        self.shards = shards
        self.rangeLength = rangeLength
    }

    var openRanges: [Int] { open.keys.sorted() }

    /// The digest that is settled.
    func digest(of shard: Int) -> Digest? { settled[shard / rangeLength]?[shard % rangeLength] }

    func shards(of range: Int) -> Range<Int> { range * rangeLength..<min(shards, (range + 1) * rangeLength) }

    /// Opens further ranges, until as many are open as given or no more are left.
    mutating func openMore(upTo most: Int) {
        while open.count < most, nextRange * rangeLength < shards {
            open[nextRange] = OpenRange()
            nextRange += 1
        }
    }

    mutating func noteAsked(_ source: Int, for range: Int, _ now: Int) {
        let first = open[range]?.asked[source]?.first ?? now
        open[range]?.asked[source] = (first, now)
    }

    /// - Returns: whether they are the digests of an open range, and the first of the source.
    mutating func note(_ digests: [Digest], first: Int, from source: Int) -> Bool {
        let range = first / rangeLength
        guard let open = open[range], shards(of: range) == first..<first + digests.count,
            !open.opinions.contains(where: { $0.source == source })
        else { return false }
        self.open[range]?.opinions.append((source, digests))
        return true
    }

    /// - Parameter needed: how often a digest must have been given.
    func verdict(on range: Int, by opinions: [(source: Int, digests: [Digest])], needed: Int) -> Verdict {
        let run = shards(of: range)
        var agreed: [Digest] = []
        var outvoted: [Int: Int] = [:]
        for k in 0..<run.count {
            // Few opinions, but many shards: counting beats a table.
            let supporters = opinions.map { one in opinions.count { $0.digests[k] == one.digests[k] } }
            guard let most = supporters.max(), most >= needed, supporters.count(where: { $0 == most }) == most,
                let digest = supporters.firstIndex(of: most).map({ opinions[$0].digests[k] })
            else { return .open(shard: run.lowerBound + k) }
            agreed.append(digest)
            for opinion in opinions where opinion.digests[k] != digest {
                outvoted[opinion.source] = outvoted[opinion.source] ?? run.lowerBound + k
            }
        }
        return .agreed(agreed, outvoted: outvoted)
    }

    mutating func settle(_ range: Int, _ digests: [Digest]) {
        open[range] = nil
        settled[range] = digests
    }
}
