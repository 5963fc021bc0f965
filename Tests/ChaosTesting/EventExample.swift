import Foundation

/// The example of a kind of event in the table of Documentation/SCENARIOS.md, and a scenario in which it makes a
/// difference.
public struct EventExample: Sendable, CustomStringConvertible {
    /// The key that says what happens.
    public let kind: String
    /// The keys and values of the event, without its time.
    public let yaml: String
    /// What the table says of it.
    public let meaning: String

    public var description: String { kind }

    /// In the order of the table.
    public static let all: [EventExample] = {
        guard let text = try? String(contentsOf: PackageRoot.url("Documentation/SCENARIOS.md"), encoding: .utf8),
            let table = text.firstMatch(of: /\n\| event \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)/)
        else { return [] }
        return table.1.matches(of: /\| `((\w+): .*?)` \| (.*) \|\n/).map { row in
            EventExample(kind: String(row.2), yaml: String(row.1), meaning: String(row.3))
        }
    }()

    /// A mesh of four founders, without the link 1-2 and with node 5. The event comes at 1.5 s, and node 6 joins later.
    public var scenario: String {
        var events = ["{at: 1 s, cut: [1, 2]}", "{at: 1 s, join: 5, links: [1, 4]}"]
        // Nodes join once, and a link is cut that is there.
        events.removeAll { $0.contains("\(kind): \(kind == "join" ? "5" : "[1, 2]")") }
        // Only who is halted can be told to go on.
        if kind == "proceed" { events.append("{at: 1 s, isolate: [3]}") }
        events += ["{at: 1.5 s, \(yaml)}", "{at: 3 s, join: 6, links: [1, 3, 4]}"]
        return """
            format: chaos-scenario
            version: 1
            founders: [1, 2, 3, 4]
            until: 6 s
            network: {links: mesh, bandwidth: 100 Mbit/s}
            training: {state: 8 MiB, gradient: 64 KiB, samples_per_second: 100}
            settings: {chunks: 2}
            events: [\(events.joined(separator: ", "))]

            """
    }
}
