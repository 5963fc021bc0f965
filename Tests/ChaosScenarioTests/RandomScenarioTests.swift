import ChaosProtocol
import ChaosScenario
import Testing

/// The scenarios of seeds.
@Suite struct RandomScenarioTests {
    /// A seed means the same scenario for ever: those at which planted defects show, and those that once broke a promise,
    /// are written down (`PlantedDefectTests`, `SimulationTests`). Whoever draws something more gives it a generator of
    /// its own.
    @Test func seedsMeanWhatTheyDid() {
        // FNV-1a, of all that is drawn.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for seed in 1...200 as ClosedRange<UInt64> {
            let scenario = Scenario.random(seed: seed)
            var lines = [scenario.description]
            lines += scenario.capacities.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
            lines += scenario.speeds.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
            for byte in lines.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        #expect(hash == 0xA673_5767_6423_E1BE)
    }

    /// These kinds of events are drawn, and every scenario ends with a whole network and a calm.
    @Test func everythingIsDrawn() {
        var kinds: Set<Scenario.Event.Kind> = []
        for seed in 1...300 as ClosedRange<UInt64> {
            let scenario = Scenario.random(seed: seed)
            kinds.formUnion(scenario.steps.compactMap(\.event?.kind))
            #expect(scenario.steps.suffix(3) == [.calm(after: 0), .event(.heal, after: 0), .calm(after: 0)])
            #expect(Set(scenario.nodes).count == scenario.nodes.count && scenario.founders.count <= 12)
        }
        #expect(kinds == Set(Scenario.Event.Kind.allCases))
    }
}
