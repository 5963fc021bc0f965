import ChaosJudgement
import ChaosPage
import ChaosProtocol
import ChaosScenario

extension Story {
    /// Runs the scenario and tells what happened.
    /// - Parameters:
    ///   - scenario: what is to happen.
    ///   - progress: told how much virtual time has gone by, in nanoseconds, with everything that happens.
    ///   - show: told what a page shows, in the order of time.
    public static func of(
        _ scenario: Scenario, progress: @escaping @Sendable (Int) -> Void = { _ in },
        show: @escaping @Sendable (PageEvent) -> Void = { _ in }
    ) -> Story {
        let teller = StoryTeller(show: show)
        showCapacities(of: scenario, to: show)
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
        for account in accounts { show(PageEvent(.idle(account.node, account.idle), at: outcome.duration)) }
        return teller.finish(accounts, outcome)
    }

    /// What links carry that are there at the beginning, or come with a node.
    private static func showCapacities(of scenario: Scenario, to show: (PageEvent) -> Void) {
        let given = scenario.capacities.keys.filter { !scenario.links.contains($0) }
        for link in scenario.links + given.sorted() {
            let capacity = scenario.capacity(of: link)
            let quality = LinkQuality(bandwidth: capacity.bandwidth, roundTrip: 2 * capacity.latency)
            show(PageEvent(.capacity(link, quality), at: 0))
        }
    }
}
