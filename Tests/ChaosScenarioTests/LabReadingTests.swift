import ChaosDocuments
import ChaosScenario
import Testing

/// The key `lab` of a scenario.
@Suite struct LabReadingTests {
    private static func scenario(_ lab: String) throws -> Scenario {
        try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2]
                network: {links: [{ends: [1, 2], bandwidth: 100}], bandwidth: 1000}
                training: {state: 5 MiB, gradient: 100, samples: 1000, batch: 50, samples_per_second: 7}
                lab: \(lab)
                events:
                  - {at: 10 s, pause: 1, for: 4 s}
                """)
    }

    @Test func everyKeyIsRead() throws {
        let lab = try Self.scenario(
            """
            {training: synthetic, hidden: [3, 4], state: 1 MiB, gradient: 2 KiB, samples: 40, batch: 9,
                   samples_per_second: 8, speed: 2, bandwidth_divisor: 10}
            """
        ).lab
        #expect(lab.training == .synthetic && lab.hidden == [3, 4] && lab.stateBytes == 1 << 20)
        #expect(lab.gradientBytes == 2048 && lab.samples == 40 && lab.batch == 9 && lab.samplesPerSecond == 8)
        #expect(lab.speed == 2 && lab.bandwidthDivisor == 10)
        // Which synthetic training does not take.
        #expect(try Self.scenario("{wire: bf16}").lab.wire == .bf16)
    }

    @Test func whatIsPutInPlace() throws {
        let scenario = try Self.scenario("{state: 1 MiB, samples: 40, speed: 2, bandwidth_divisor: 10}").inLab
        #expect(scenario.training.stateBytes == 1 << 20 && scenario.training.samples == 40)
        // A step has no more samples than there are.
        #expect(scenario.training.batch == 40 && scenario.training.gradientBytes == 100)
        #expect(scenario.steps.map(\.delay) == [5_000_000_000, 0])
        #expect(scenario.steps[0].event == .pause(1, for: 2_000_000_000))
        #expect(scenario.network.capacity.bandwidth == 100 && scenario.capacities.values.map(\.bandwidth) == [10])
    }

    @Test func withoutTheKeyNothingIsOtherwise() throws {
        let scenario = try Self.scenario("{}")
        #expect(scenario.inLab == scenario)
    }

    @Test(arguments: [
        ("{training: magic}", "lab.training"), ("{hidden: 3}", "lab.hidden"), ("{hidden: [0]}", "lab.hidden[0]"),
        ("{hidden: [1, 1, 1, 1, 1, 1, 1, 1, 1]}", "lab.hidden"), ("{state: 1}", "lab.state"),
        ("{gradient: 1}", "lab.gradient"), ("{samples: 0}", "lab.samples"), ("{batch: 0}", "lab.batch"),
        ("{samples_per_second: 0}", "lab.samples_per_second"), ("{speed: 0}", "lab.speed"),
        ("{bandwidth_divisor: 1000001}", "lab.bandwidth_divisor"), ("{wire: fp8}", "lab.wire"),
        ("{training: synthetic, wire: bf16}", "lab.wire"), ("{colour: 1}", "lab.colour"), ("3", "lab"),
    ]) func faultsAreNamed(_ lab: String, path: String) {
        let error = #expect(throws: InvalidInput.self) { try Self.scenario(lab) }
        #expect(error?.faults.map(\.path) == [path], "\(error.map { "\($0)" } ?? "")")
    }
}
