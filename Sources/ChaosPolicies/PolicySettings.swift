import ChaosModel

/// What the baselines take as given, with the values of their sources as defaults. Every report tells them.
public struct PolicySettings: Hashable, Sendable {
    /// Pollux looks at its allocations this often, in ns. A join waits for the next time; that counts on a timeline only.
    public var reallocation = 60_000_000_000
    /// From the end of training processes until others train again, in ns, besides writing and reading the state: the 30 s
    /// that Pollux' own simulator takes.
    public var restart = 30_000_000_000
    /// Of the disk below a checkpoint, bit/s: 256 MiB in 0.51 s and 0.14 s, as measured.
    public var diskWrite = 4_210_752_250
    public var diskRead = 15_339_168_914
    /// After which a member that is silent counts as gone, in ns: torchft's 5 s. PyTorch's default is 30 min.
    public var detection = 5_000_000_000
    /// Between two checkpoints of whoever restarts from the last one, in ns.
    public var checkpoint = 600_000_000_000
    /// What an adjustment takes besides the copy, in ns: about a second with Elan. Of Autoscaling it is the start of its
    /// engine, of which the source says no figure.
    public var adjustment = 1_000_000_000
    /// How long a joiner of Chaos waits for further links, in ns (`timers.gathering`).
    public var gathering = 100_000_000
    /// After which Chaos notices a member or a link that has fallen silent, in ns (`timers.failure_bound`).
    public var failureBound = 500_000_000
    /// Bytes of a chunk of Oobleck.
    public var chunk = 4 << 20
    /// What the three classes of links are taken to carry where Oobleck is told them; the third divides the others.
    public var classes = [200, 10, 1]
    /// Into how many parameters of one size a state is taken apart by those that send it by parameters.
    public var parameters = 100
    /// Draws random sources.
    public var seed: UInt64 = 1
    /// A step of all members, in ns, for an instance, which says none.
    public var step = 1_000_000_000

    public init() {}

    /// Draws one of so many sources for the join of this number.
    /// - Parameter draw: differs from instance to instance.
    func source(of count: Int, join number: Int, draw: UInt64 = 0) -> Int {
        var random = SeededRandom(seed: seed &+ draw &+ UInt64(number))
        return count == 0 ? 0 : random.int(0...count - 1)
    }

    /// What a report tells: names and values.
    public var list: [(name: String, value: String)] {
        func time(_ value: Int) -> String { ExactTime(nanoseconds: Int128(value)).readable }
        return [
            ("reallocation", time(reallocation)), ("restart", time(restart)), ("disk_write", "\(diskWrite) bit/s"),
            ("disk_read", "\(diskRead) bit/s"), ("detection", time(detection)), ("checkpoint", time(checkpoint)),
            ("adjustment", time(adjustment)), ("gathering", time(gathering)),
            ("failure_bound", time(failureBound)), ("chunk", "\(chunk) B"),
            ("classes", "\(classes)"), ("parameters", "\(parameters)"), ("seed", "\(seed)"),
            ("step", time(step)),
        ]
    }
}
