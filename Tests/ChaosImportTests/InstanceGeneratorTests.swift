import ChaosSolver
import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

@Suite struct InstanceGeneratorTests {
    /// The first numbers of SplitMix64 as its authors' program prints them.
    @Test func splitMixIsSplitMix() {
        var random = SeededRandom(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test func numbersStayInRangeAndReachItsEnds() {
        var random = SeededRandom(seed: 5)
        var seen: Set<Int> = []
        for _ in 0..<400 { seen.insert(random.int(-3...3)) }
        #expect(seen == Set(-3...3))
        #expect(random.int(7...7) == 7)
        for _ in 0..<100 { #expect((1...1000).contains(random.anyLength(upTo: 1000))) }
        _ = random.int(.min ... .max)
        #expect(Set(random.sample(10, below: 10)) == Set(0..<10))
    }

    @Test(arguments: InstanceGenerator.Family.allCases)
    func everyFamilyIsFeasibleAndTheSameEachTime(_ family: InstanceGenerator.Family) throws {
        for seed in UInt64(0)..<4 {
            for count in [1, 2, 5, 40] {
                let generator = InstanceGenerator(family, neighbors: count, seed: seed)
                let instance = try generator.instance()
                #expect(instance.neighbors.count == count)
                #expect(instance == (try generator.instance()))
                #expect(try ChainSearch().solve(instance).best != nil, "\(family), \(count), \(seed)")
            }
        }
    }

    /// Pins the streams: another digest means that seeds in use name other instances.
    @Test(arguments: digests) func digestsAreStable(_ family: InstanceGenerator.Family, _ digest: String) throws {
        #expect(try InstanceGenerator(family, neighbors: 20, seed: 7).instance().sha256 == digest)
    }

    static let digests: [(InstanceGenerator.Family, String)] = [
        (.flat, "61eb64d3f2d4248946092f67f746103bc9655e78b75d9d2fa2262151a290e657"),
        (.limits, "aed074c9fed189aa128760c896bf695dc4a2e1db32fd16702e8038d2f0203bca"),
        (.groups, "b0f2ea77ac3a62f42a499b363f4cf6f48fcf19725f909df36e925ef1581dde67"),
        (.overheads, "01d6189721982c5650f19a6f093035c409bf95aaf01e5e3c2cf3bfe406070d6f"),
        (.ties, "88b8cce20fdc07ed536008a445e0c11dc55777e92046fbace1aba6a5cde5acb4"),
        (.heterogeneous, "ac3728197829a9eeb91bdbfd226abedbb8b4fcafd81f75406382cab90883035a"),
        (.ready, "fecd6b5915a5981895c05727679ea940164e9440d1dc48ef68eaec54510f04d1"),
        (.mixed, "b1c34fdd869a1be1bb291996ed64b12d528e564447ac05e739712109b461be71"),
    ]

    @Test func familiesHaveWhatTheyAreNamedFor() throws {
        func make(_ family: InstanceGenerator.Family) throws -> Instance {
            try InstanceGenerator(family, neighbors: 60, seed: 3).instance()
        }
        #expect(try make(.flat).groups.isEmpty && make(.flat).hasNoOverhead)
        #expect(try make(.limits).neighbors.contains { $0.limit != nil })
        #expect(try !make(.overheads).hasNoOverhead)
        #expect(try make(.ready).neighbors.contains { $0.ready > 0 })
        #expect(try Set(make(.ties).neighbors.map(\.bandwidth)).count == 3)
        let bandwidths = try make(.heterogeneous).neighbors.map(\.bandwidth)
        #expect(bandwidths.max()! > 50 * bandwidths.min()!)
        let groups = try make(.groups).groups
        #expect(groups.contains { $0.parent.map { groups[$0].parent != nil } ?? false })
        let mixed = try make(.mixed)
        #expect(!mixed.groups.isEmpty && !mixed.hasNoOverhead && mixed.neighbors.contains { $0.limit != nil })
    }

    @Test func aHundredThousandNeighbors() throws {
        #expect(try InstanceGenerator(.mixed, neighbors: 100_000, seed: 1).instance().neighbors.count == 100_000)
        #expect(throws: InvalidInput.self) { try InstanceGenerator(.flat, neighbors: 0, seed: 1).instance() }
    }
}
