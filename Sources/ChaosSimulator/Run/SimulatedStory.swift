import ChaosJudgement
import ChaosScenario

extension Story {
    /// Runs the scenario and tells what happened.
    /// - Parameters:
    ///   - scenario: what is to happen.
    ///   - progress: told how much virtual time has gone by, in nanoseconds, with everything that happens.
    public static func of(
        _ scenario: Scenario, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Story {
        let teller = StoryTeller()
        var simulation = Simulation(scenario) { time, happening in
            teller.note(happening, at: time)
            progress(time)
        }
        let outcome = simulation.run()
        let accounts = simulation.nodes.map { node in
            Account(
                node: node.id, steps: node.trainer.stepsApplied,
                idle: node.protocolNode.reduction.idleTime(at: node.goneAt ?? outcome.duration), sent: node.bytesSent,
                received: node.bytesReceived)
        }
        return teller.finish(accounts, outcome)
    }
}
