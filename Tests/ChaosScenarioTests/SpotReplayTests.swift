import ChaosImport
import ChaosModel
import ChaosScenario
import ChaosTesting
import Testing

@Suite struct SpotReplayTests {
    /// A trace as a market would make it.
    private static func randomTrace(_ random: inout SeededRandom) throws -> SpotTrace {
        var rows: [String] = []
        var present: [String] = []
        var gone: [String] = []
        var time = random.int(0...1_000_000)
        for count in 1...random.int(1...60) {
            if random.int(0...2) > 0 { time += random.int(1...600_000) }
            if present.isEmpty || random.int(0...9) < 6 {
                let returns = !gone.isEmpty && random.int(0...3) == 0
                let machine = returns ? gone.removeLast() : "m\(count)"
                present.append(machine)
                rows.append("\(time),add,\(machine)")
            } else {
                let machine = present.remove(at: random.int(0...present.count - 1))
                gone.append(machine)
                rows.append("\(time),remove,\(machine)")
            }
        }
        return try SpotTrace(csv: Array(rows.joined(separator: "\n").utf8), file: "random")
    }

    /// Whatever the trace, the scenario is one that is read, never has more nodes than asked for nor none at all, and has
    /// an event for all that was not left out.
    @Test func everyTraceGivesAScenario() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<300 {
            let trace = try Self.randomTrace(&random)
            let replay = SpotReplay(
                speed: random.element(of: [1, 60, 1000]), mostNodes: random.int(1...8),
                removal: random.element(of: SpotReplay.Removal.allCases))
            let outcome = try replay.outcome(of: trace)
            let scenario = try Scenario(yaml: replay.yaml(of: trace, name: "a \"name\"\n", source: "random"))
            #expect(scenario.founders.map { Int($0.rawValue) } == outcome.founders)
            var present = Set(outcome.founders)
            for event in outcome.events {
                if let joins = event.joins {
                    #expect(!joins.isEmpty && present.isSuperset(of: joins))
                    present.insert(event.node)
                } else {
                    present.remove(event.node)
                }
                #expect(!present.isEmpty && present.count <= replay.mostNodes)
            }
            let joins = outcome.events.count { $0.joins != nil }
            let additions = trace.events.count(where: \.isAddition)
            #expect(joins + outcome.founders.count + outcome.surplus <= additions)
            if outcome.stayed == 0 { #expect(joins + outcome.founders.count + outcome.surplus == additions) }
            let last = (trace.events.last!.time - trace.events[0].time) / replay.speed
            #expect(outcome.events.allSatisfy { $0.time <= last })
        }
    }

    @Test func aMachineThatStaysOnCanComeAgain() throws {
        let trace = try SpotTrace(csv: Array("0,add,a\n1000,remove,a\n2000,add,a\n3000,add,b\n".utf8), file: "t")
        let outcome = try SpotReplay(speed: 2).outcome(of: trace)
        #expect(outcome.founders == [1] && outcome.stayed == 1)
        #expect(outcome.events == [.init(time: 1_500_000_000, node: 2, joins: [1])])
    }
}
