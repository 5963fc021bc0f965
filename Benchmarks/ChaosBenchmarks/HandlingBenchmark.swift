import ChaosJudgement
import ChaosLab
import ChaosProtocol
import ChaosScenario

/// How long it takes from when an event is known to the first node until every member works under the new view: real
/// nodes, a process each, that talk over the loopback address and train in steps of 50 ms.
enum HandlingBenchmark {
    private static let sizes = [8, 4, 16]
    private static let events = 1000
    /// Besides, for those that come together with others into one view.
    private static let spare = 80
    /// Of members that leave half are killed.
    private static let departures = events / 2
    /// So many join together and leave one after another.
    private static let batch = 3
    /// Of a run: each node takes an address of its own.
    private static let batchesPerRun = 34

    static func run(_ output: String) throws {
        print(
            "## Handling time on loopback, ms (targets with 8 and 16 nodes: p50 and p99 at most 2.5 times bare messages)\n"
        )
        print(
            "| event | nodes | events | p50 | p99 | p99.9 | greatest | together with others | p50 to bare | p99 to bare |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|")
        var bares: [Int: HandlingTally] = [:]
        for size in sizes {
            var bare = HandlingTally()
            for time in try BareRounds.measure(processes: size, repetitions: events) { bare.add(time) }
            bare.printRow("three rounds of bare messages", size, against: nil)
            bares[size] = bare
            var tallies: [Story.Change.Event: HandlingTally] = [:]
            try links(size, events + spare, false, &tallies)
            for event in [Story.Change.Event.connectLink, .disconnectLink] {
                tallies[event]?.printRow(event.rawValue, size, against: bare)
            }
        }
        for size in sizes {
            for isAnnounced in [true, false] {
                var tallies: [Story.Change.Event: HandlingTally] = [:]
                try members(size, isAnnounced: isAnnounced, &tallies)
                tallies[.scaleIn]?.printRow(
                    "\(Story.Change.Event.scaleIn.rawValue), \(isAnnounced ? "announced" : "killed")", size,
                    against: bares[size])
            }
        }
        print()
    }

    /// One link after another goes and comes back.
    static func links(
        _ size: Int, _ events: Int, _ isInsecure: Bool, _ tallies: inout [Story.Change.Event: HandlingTally]
    ) throws {
        let all = cluster(size).links
        var steps: [Scenario.Step] = [.wait(2_000_000_000)]
        for k in 0..<events {
            let link = all[k * 7 % all.count]
            steps += [.event(.cut(link), after: 30_000_000), .event(.mend(link), after: 30_000_000)]
        }
        try play(size, steps + [.calm(after: 1_000_000_000)], isInsecure, &tallies)
    }

    /// Three nodes join, and leave one after another: before each leaves there are one more, as many and one less than
    /// `size`.
    private static func members(
        _ size: Int, isAnnounced: Bool, _ tallies: inout [Story.Change.Event: HandlingTally]
    ) throws {
        let founders = cluster(size - 2).founders
        while tallies[.scaleIn]?.count ?? 0 < departures {
            var steps: [Scenario.Step] = [.wait(2_000_000_000)]
            for k in 0..<batchesPerRun {
                let joiners = (0..<batch).map { NodeID(UInt64(size - 1 + k * batch + $0)) }
                for joiner in joiners { steps.append(.event(.join(joiner, links: founders), after: 20_000_000)) }
                steps.append(.wait(400_000_000))
                for joiner in joiners {
                    steps.append(.event(isAnnounced ? .leave(joiner) : .crash(joiner), after: 50_000_000))
                }
            }
            try play(founders.count, steps + [.calm(after: 1_000_000_000)], false, &tallies)
        }
    }

    private static func cluster(_ founders: Int) -> Scenario {
        ScenarioRun.cluster(
            "handling", founders: founders, state: 1 << 16, stepMilliseconds: 50, bandwidth: 1_000_000_000, steps: [])
    }

    private static func play(
        _ founders: Int, _ steps: [Scenario.Step], _ isInsecure: Bool,
        _ tallies: inout [Story.Change.Event: HandlingTally]
    ) throws {
        var scenario = cluster(founders)
        scenario.steps = steps
        let story = try ScenarioRun.play(scenario, isInsecure: isInsecure).report.story
        for change in story.changes {
            for event in change.events {
                guard change.events.count == 1, let time = change.handlingTime else {
                    tallies[event, default: HandlingTally()].others += 1
                    continue
                }
                tallies[event, default: HandlingTally()].add(time)
            }
        }
    }
}
