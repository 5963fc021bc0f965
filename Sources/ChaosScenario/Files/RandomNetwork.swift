import ChaosDocuments
import ChaosModel
import ChaosProtocol

/// A connected random graph, from the seed of its scenario: a random tree, and random links beside it.
struct RandomNetwork {
    private var nodes = 1
    /// Links of a node on average.
    private var degree = 1
    /// Each as likely as its share of the logarithm of the range: 10 to 20 Mbit/s is as frequent as 50 to 100.
    private var bandwidth: ClosedRange<Int>?
    /// Each as likely as any other.
    private var latency: ClosedRange<Int>?

    /// - Returns: nil if something is refused, which is recorded.
    init?(_ fields: FieldReader) throws {
        let before = fields.faults.count
        let path = fields.json.currentPath
        try fields.object(GeneratedField.self) { key in
            switch key {
            case .nodes: nodes = try fields.integer(in: 2...ScenarioRange.nodes.upperBound) ?? nodes
            case .degree: degree = try fields.integer(in: 1...ScenarioRange.nodes.upperBound - 1) ?? degree
            case .bandwidth: bandwidth = try Self.range(.bandwidth, in: ScenarioRange.bandwidth, fields)
            case .latency: latency = try Self.range(.time, in: ScenarioRange.shortTime, fields)
            }
        }
        guard fields.faults.count == before else { return nil }
        let most = min(nodes - 1, 2 * MessageLimits.links / nodes)
        guard degree <= most else {
            fields.faults.add("\(path).degree", "\(degree)", allowed: "1 … \(most) with \(nodes) nodes")
            return nil
        }
    }

    private static func range(
        _ quantity: Quantity, in range: ClosedRange<Int>, _ fields: FieldReader
    ) throws -> ClosedRange<Int>? {
        let path = fields.json.currentPath
        guard try fields.json.kind() == .array else {
            return try fields.quantity(quantity, in: range).map { $0...$0 }
        }
        var ends: [Int] = []
        var isWhole = true
        try fields.json.array { _ in
            if let end = try fields.quantity(quantity, in: range) { ends.append(end) } else { isWhole = false }
        }
        guard isWhole else { return nil }
        guard ends.count == 2, ends[0] <= ends[1] else {
            fields.faults.add(
                path, ends.count == 2 ? "\(ends[0]) before \(ends[1])" : "\(ends.count) values",
                allowed: "one value, or the least and the greatest")
            return nil
        }
        return ends[0]...ends[1]
    }

    /// Cost: O(links) draws, and a logarithm more where nearly all nodes are linked.
    func network(seed: UInt64, usual: LinkCapacity) -> FoundingNetwork {
        var random = SeededRandom(seed: seed)
        var network = FoundingNetwork(founders: (1...nodes).map { NodeID(UInt64($0)) })
        var links: Set<Link> = []
        func add(_ one: Int, _ other: Int) {
            let link = Link(network.founders[one], network.founders[other])
            guard links.insert(link).inserted else { return }
            network.add(
                link,
                LinkCapacity(
                    bandwidth: bandwidth.map { random.logarithmic($0) } ?? usual.bandwidth,
                    latency: latency.map { random.int($0) } ?? usual.latency))
        }
        for node in 1..<nodes { add(node, random.int(0...node - 1)) }
        while links.count < nodes * degree / 2 {
            let (one, other) = (random.int(0...nodes - 1), random.int(0...nodes - 1))
            if one != other { add(one, other) }
        }
        network.links.sort()
        return network
    }
}

extension SeededRandom {
    /// A number of the range with a chance in proportion to its inverse, exactly: an octave as likely as any other.
    /// - Precondition: the range is within 1 … 2^50.
    ///
    /// Between two powers of two a number is drawn evenly and kept with the chance power / number, so that on average no
    /// more than half are thrown away.
    mutating func logarithmic(_ range: ClosedRange<Int>) -> Int {
        precondition(range.lowerBound >= 1 && range.upperBound <= 1 << 50)
        var octaves: [(power: Int, numbers: ClosedRange<Int>, weight: Int)] = []
        var least = range.lowerBound
        while least <= range.upperBound {
            let exponent = Int.bitWidth - 1 - least.leadingZeroBitCount
            let numbers = least...min(range.upperBound, (1 << (exponent + 1)) - 1)
            octaves.append((1 << exponent, numbers, numbers.count << (50 - exponent)))
            least = numbers.upperBound + 1
        }
        let total = octaves.reduce(0) { $0 + $1.weight }
        while true {
            var place = int(0...total - 1)
            for octave in octaves {
                if place >= octave.weight {
                    place -= octave.weight
                    continue
                }
                let number = int(octave.numbers)
                if int(1...number) <= octave.power { return number }
                break
            }
        }
    }
}
