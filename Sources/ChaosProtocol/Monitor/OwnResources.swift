/// What a node has to give, as it measures it.
struct OwnResources: Sendable {
    var work = WorkRate()
    /// Free for snapshots, 0 … 2^50 byte.
    var snapshotMemory = 0

    func resources(at now: Int) -> Resources {
        Resources(
            samplesPerSecond: work.samplesPerSecond, snapshotMemory: snapshotMemory, load: work.load(at: now))
    }
}
