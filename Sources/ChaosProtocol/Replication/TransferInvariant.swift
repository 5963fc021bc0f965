extension Transfer: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("Every neighbour has its place.", index.count == sources.count)
        holds("Every neighbour has its figures.", figures.neighbors.count == sources.count)
        holds("Both sets of shards are of one state.", arrived.capacity == agreement.shards)
        holds("The shards make the state.", (stateBytes + shardSize - 1) / shardSize == shards)
        holds("Times without a word grow up to a bound.", (settings.silence...settings.silence << 6).contains(silence))
        holds(
            "A neighbour is given up after it has stalled.",
            (settings.abandonment...settings.abandonment << 6).contains(abandonment))
        holds("What waits for its digest has come.", unverified.count <= arrived.count)
        holds(
            "What has come is verified or waits for that.",
            arrived.count == agreement.verified + unverified.count || defect == .shardAcceptedWithoutDigest)
        holds("What is missing is asked for, or there is to be a replan.", course.isVoid || isCovered)
        holds("What nobody is to send is left by a plan that is void.", course.isVoid || unassigned.count == 0)
        holds("What is asked of others than was planned is missing.", diverted.count <= shards - arrived.count)
        holds("What was given is the first plan.", !course.isGiven || figures.replans == 0)
        holds("A transfer that goes on has not finished.", figures.finished == nil)
        holds(
            "No figure is negative.",
            figures.bytesTwice >= 0 && figures.repeats >= 0 && figures.replans >= 0 && figures.doubled >= 0)
        holds("What has come is counted.", arrived.count <= figures.neighbors.values.reduce(0) { $0 + $1.shards })
        holds("All actions are handed over.", actions.isEmpty)
        for source in sources {
            holds("Who is asked for shards has the snapshot.", source.work.inFlight.isEmpty || has(source.announced))
            holds("No neighbour is asked for too much.", source.work.inFlight.count <= settings.mostInFlight)
            holds(of: "neighbour \(source.node)", source)
        }
        holds(of: "unassigned", unassigned)
        holds(of: "arrived", arrived)
        holds(of: "agreement", agreement)
    }

    /// Whether no more shards are missing than are queued or on the way.
    private var isCovered: Bool {
        shards - arrived.count <= sources.reduce(0) { $0 + $1.work.queue.count + $1.work.inFlight.count }
    }

    private func has(_ announced: Int?) -> Bool {
        announced == step || (defect == .snapshotOfAnotherStepUsed && announced != nil)
    }
}
