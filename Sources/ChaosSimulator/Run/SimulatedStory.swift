import ChaosJudgement
import ChaosScenario

extension Story {
    /// Runs the scenario and tells what happened.
    public static func of(_ scenario: Scenario) -> Story {
        let teller = StoryTeller()
        var simulation = Simulation(scenario) { teller.note($1, at: $0) }
        let outcome = simulation.run()
        let accounts = simulation.nodes.map { node in
            Account(
                node: node.id, steps: node.trainer.stepsApplied,
                idle: node.protocolNode.reduction.idleTime(at: outcome.duration), sent: node.bytesSent,
                received: node.bytesReceived)
        }
        return teller.finish(accounts, outcome)
    }
}
