import ChaosCertificate
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

/// Certificates of the model's programs, read by the checker that knows nothing of them.
@Suite struct SizeCertificateTests {
    private func proved(_ certificate: SizeCertificate) throws -> VIPRChecker.Proved {
        let proved = try VIPRChecker.check(certificate.bytes)
        #expect((proved.claim == .infeasible) == certificate.isInfeasible)
        return proved
    }

    @Test func everySizeOfEveryInstanceIsCertified() throws {
        var kinds: [String: Int] = [:]
        for seed in 0..<250 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            let search = try ChainSearch(solvesEverySize: true).solve(instance)
            guard let best = search.best else { continue }
            let bound = Rational(best.makespan)
            let certificates = try SizeCertificate.all(for: best, of: instance)
            #expect(certificates.map(\.shardSize) == instance.shardSizes.sizes)
            for (certificate, report) in zip(certificates, search.sizes) {
                let claim = try proved(certificate).claim
                if case .infeasible = report.finding {
                    #expect(claim == .infeasible, "seed \(seed), size \(report.shardSize)")
                    kinds["infeasible", default: 0] += 1
                } else if report.shardSize == best.shardSize {
                    #expect(claim == .range(bound, bound), "seed \(seed)")
                    kinds[instance.groups.isEmpty ? "flat" : "nested", default: 0] += 1
                } else {
                    #expect(claim == .range(bound, nil), "seed \(seed), size \(report.shardSize)")
                    kinds["bound", default: 0] += 1
                }
            }
        }
        #expect(["flat", "nested", "bound", "infeasible"].allSatisfy { kinds[$0, default: 0] > 10 }, "\(kinds)")
    }

    /// The optimum of each size by itself, not only of the best one; and nothing above it can be certified.
    @Test func eachSizeHasItsOwnOptimumCertified() throws {
        for seed in 1000..<1150 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            for size in instance.shardSizes.sizes {
                let problem = FixedSizeProblem(instance, shardSize: size)
                guard let optimum = Threshold().solve(problem).assignment else { continue }
                let bound = Rational(optimum.makespan)
                let claim = try proved(SizeCertificate(of: optimum, for: instance)).claim
                #expect(claim == .range(bound, bound))
                let (p, q) = optimum.makespan.fraction
                let whole = ExactTime(nanoseconds: p / q + 1)
                #expect(throws: SizeCertificate.Refusal.noBound(shardSize: size, makespan: whole)) {
                    try SizeCertificate(size: size, bound: whole, for: instance)
                }
            }
        }
    }

    /// Checkers keep the assumptions that each line rests on: joined one by one, the branches of this instance would leave
    /// 2 million of them.
    @Test func noLineRestsOnManyAssumptions() throws {
        let neighbors = (0..<2000).map { Neighbor(id: "n\($0)", bandwidth: 8_000_000_000 + $0) }
        let instance = try Instance(
            state: TrainingState(bytes: 100_003), shardSizes: [1], neighbors: neighbors)
        let best = try #require(Threshold().solve(FixedSizeProblem(instance, shardSize: 1)).assignment)
        let certificate = try SizeCertificate(of: best, for: instance)
        #expect(try proved(certificate).claim == .range(Rational(best.makespan), Rational(best.makespan)))

        let lines = String(decoding: certificate.bytes, as: UTF8.self).split(separator: "\n")
        let header = try #require(lines.firstIndex { $0.hasPrefix("DER ") })
        let constraints = try #require(lines.first { $0.hasPrefix("CON ") }?.split(separator: " ")[1])
        let first = try #require(Int(constraints))
        var assumptions: [Set<Int>] = []
        for line in lines[(header + 1)...] {
            let reason = try #require(line.split(separator: "{").last).split(separator: " ").map(String.init)
            let numbers = reason.dropFirst().prefix { $0 != "}" }.compactMap(Int.init)
            func resting(_ number: Int) -> Set<Int> { number < first ? [] : assumptions[number - first] }
            switch reason[0] {
            case "asm": assumptions.append([first + assumptions.count])
            case "uns":
                assumptions.append(
                    resting(numbers[0]).subtracting([numbers[1]])
                        .union(resting(numbers[2]).subtracting([numbers[3]])))
            default:
                // A count, and then pairs of a constraint and its multiplier, which may be a fraction.
                let words = reason.dropFirst(2).prefix { $0 != "}" }
                let used = words.enumerated().filter { $0.offset.isMultiple(of: 2) }.compactMap { Int($0.element) }
                assumptions.append(used.reduce(into: Set()) { $0.formUnion(resting($1)) })
            }
        }
        #expect(assumptions.last == [])
        #expect(assumptions.map(\.count).max()! <= 34)
        #expect(assumptions.reduce(0) { $0 + $1.count } < 40 * neighbors.count)
    }

    @Test func worseOrWrongPlansHaveNoCertificate() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 6), shardSizes: [1, 2],
            neighbors: [
                Neighbor(id: "a", bandwidth: 8_000_000_000, limit: 4), Neighbor(id: "b", bandwidth: 8_000_000_000),
            ])
        let worse = ShardAssignment(shardSize: 1, counts: [2, 4], makespan: ExactTime(nanoseconds: 4))
        #expect(throws: SizeCertificate.Refusal.noBound(shardSize: 1, makespan: worse.makespan)) {
            try SizeCertificate(of: worse, for: instance)
        }
        let early = ShardAssignment(shardSize: 1, counts: [2, 4], makespan: ExactTime(nanoseconds: 3))
        #expect(throws: SizeCertificate.Refusal.notFeasible(rows: ["done[b]"])) {
            try SizeCertificate(of: early, for: instance)
        }
        let beyond = ShardAssignment(shardSize: 1, counts: [5, 1], makespan: ExactTime(nanoseconds: 5))
        #expect(throws: SizeCertificate.Refusal.self) { try SizeCertificate(of: beyond, for: instance) }
    }

    /// The length depends on neighbours and groups, not on the number of shards.
    @Test func lengthDoesNotGrowWithTheShards() throws {
        func certificate(bytes: Int) throws -> [UInt8] {
            let instance = try Instance(
                state: TrainingState(bytes: bytes), shardSizes: [1],
                neighbors: (0..<6).map {
                    Neighbor(id: "n\($0)", bandwidth: 1_000_000_007 + $0, latency: $0, group: $0 % 2)
                },
                groups: [CapacityGroup(id: "g", bandwidth: 1_000_000_000), CapacityGroup(id: "h", bandwidth: 9)])
            let best = try #require(try ChainSearch().solve(instance).best)
            return try SizeCertificate(of: best, for: instance).bytes
        }
        let (few, many) = (try certificate(bytes: 10), try certificate(bytes: 1 << 53))
        #expect(many.filter { $0 == 10 }.count <= few.filter { $0 == 10 }.count + 12)
        let claim = try VIPRChecker.check(many).claim
        #expect(claim != .infeasible)
    }

    /// Deep chains of groups: the certificate stays linear and nothing recurses.
    @Test func deepForestsAreCertified() throws {
        let depth = 3000
        let groups = (0..<depth).map {
            CapacityGroup(
                id: "g\($0)", bandwidth: $0 == 1500 ? 4_000_000_000 : 8_000_000_000,
                parent: $0 + 1 < depth ? $0 + 1 : nil)
        }
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1],
            neighbors: [Neighbor(id: "n", bandwidth: 16_000_000_000, latency: 1, group: 0)], groups: groups)
        let best = try #require(try ChainSearch().solve(instance).best)
        let bytes = try SizeCertificate(of: best, for: instance).bytes
        #expect(bytes.count < depth * 500)
        let claim = try VIPRChecker.check(bytes).claim
        #expect(claim == .range(21, 21))
    }

    /// Names with white space, the format's own signs, or used twice once made legal.
    @Test func oddNamesAreMadeLegal() throws {
        let instance = try Instance(
            name: "line one\n% line two\nVER 2.0", state: TrainingState(bytes: 6), shardSizes: [1],
            neighbors: ["a b", "a\tb", "{", "}", "%", "ü", " "].map { Neighbor(id: $0, bandwidth: 8_000_000_000) })
        let best = try #require(try ChainSearch().solve(instance).best)
        let proved = try proved(SizeCertificate(of: best, for: instance))
        #expect(proved.claim == .range(1, 1))
    }
}
