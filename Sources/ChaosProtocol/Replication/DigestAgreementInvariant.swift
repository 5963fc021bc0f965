extension DigestAgreement: SelfChecking {
    /// Cost: O(open ranges · neighbours).
    package func check(_ holds: inout Sentences) {
        holds("A range has a shard at least.", rangeLength >= 1)
        holds("Each range that was opened is open or settled.", open.count + settled.count == nextRange)
        holds("No range lies beyond the last shard.", (nextRange - 1) * rangeLength < shards)
        for (range, open) in open {
            holds("Ranges are opened in their order.", (0..<nextRange).contains(range))
            holds("An open range is not settled.", settled[range] == nil)
            holds(
                "An opinion is on each shard of its range.",
                open.opinions.allSatisfy { $0.digests.count == shards(of: range).count })
            holds("Who is asked again was asked before.", open.asked.values.allSatisfy { $0.first <= $0.last })
        }
    }
}
