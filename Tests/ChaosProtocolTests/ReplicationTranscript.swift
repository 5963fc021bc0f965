import ChaosProtocol

/// A transfer told as text. Commands, one a line:
///
///     member 8 Mbit/s 10 ms              with the bandwidth and latency of its way to the joiner; the first one is 1
///     member 8 Mbit/s 10 ms wrongState   or wrongShards, wrongDigests (every second one), otherStep, otherSize
///     state 4096 in shards of 1024
///     crash 2 at 500                     in thousandths of the makespan after the joiner has begun to pull;
///     slow 2 at 500                      so also: ten times slower from then on
///     close 2 at 500                     so also: its connections for shards close
///     run                                until the joiner, 101, is a member
enum ReplicationTranscript {
    /// A line that is no command.
    struct Misunderstood: Error {
        let line: Substring
    }

    static func answered(_ text: String) throws -> String {
        var scenario = ReplicationScenario(members: [], stateBytes: 1)
        var lines: [String] = []
        for line in text.split(separator: "\n") where line.hasPrefix("> ") || line.hasPrefix("#") {
            lines.append(String(line))
            guard line.hasPrefix("> ") else { continue }
            let words = line.dropFirst(2).split(separator: " ")
            let numbers = words.compactMap { Int($0) }
            switch (words.first, numbers.count) {
            case ("member", 2):
                guard let character = character(words.count == 6 ? words[5] : "honest") else { fallthrough }
                scenario.members.append(
                    ReplicationScenario.Member(
                        character: character, bandwidth: numbers[0] * 1_000_000, latency: numbers[1] * 1_000_000))
            case ("state", 2):
                scenario.stateBytes = numbers[0]
                scenario.settings.shardSizes = [numbers[1]]
            case ("crash", 2): scenario.faults.append((numbers[1], numbers[0] - 1, .crash(noticedAfter: 0)))
            case ("close", 2): scenario.faults.append((numbers[1], numbers[0] - 1, .close))
            case ("slow", 2): scenario.faults.append((numbers[1], numbers[0] - 1, .slow(10)))
            case ("run", 0):
                var world = ReplicationWorld(scenario, keepsLog: true)
                world.run()
                lines += (world.log + world.broken).map { "  " + $0 }
            default: throw Misunderstood(line: line)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func character(_ word: Substring) -> ReplicationScenario.Character? {
        switch word {
        case "honest": .honest
        case "wrongShards": .wrongShards(every: 2)
        case "wrongDigests": .wrongDigests(every: 2)
        case "wrongState": .wrongState
        case "otherStep": .otherStep
        case "otherSize": .otherSize
        default: nil
        }
    }
}
