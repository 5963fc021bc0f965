extension DigestAgreement: SelfChecking {
    /// Cost: O(open ranges · opinions).
    package func check(_ holds: inout Sentences) {
        holds("Each range that was opened is open or closed.", open.count + closed == nextRange)
        holds("No range lies beyond the last.", nextRange <= starts.count)
        holds("What is verified was opened.", verified >= open.values.reduce(0) { $0 + $1.verified })
        holds("Only open ranges are restless.", restless.allSatisfy { open[$0] != nil })
        for (range, open) in open {
            let run = shards(of: range)
            holds("Ranges are opened in their order.", (0..<nextRange).contains(range))
            holds("In an open range something is missing.", open.verified < run.count)
            holds("In a range at rest nothing is undecided.", open.undecided.isEmpty || restless.contains(range))
            holds("What is undecided is in its range.", open.undecided.allSatisfy(run.contains))
            holds(
                "An opinion is on each shard of its run.",
                open.opinions.allSatisfy { $0.digests.count == $0.run.count && $0.run.clamped(to: run) == $0.run })
            holds("Who is asked again was asked before.", open.asked.values.allSatisfy { $0.first <= $0.last })
        }
    }
}
