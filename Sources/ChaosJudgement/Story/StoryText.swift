import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosText

extension Story {
    /// The story in lines: what happened, then joins, changes and nodes as tables.
    public func lines(_ style: TextStyle = .plain) -> [String] {
        var lines = marks.map { mark in
            "\(Self.clock(mark.time))  \(mark.node.map { "\($0): " } ?? "")\(SingleLine.of(mark.text))"
        }
        if !joins.isEmpty { lines += ["", "joins"] + joinTable.lines(style) + phases + sources }
        if !changes.isEmpty { lines += ["", "changes"] + changeTable.lines(style) }
        lines += ["", "nodes"] + accountTable.lines(style)
        let seconds = Self.clock(outcome.duration).drop { $0 == " " }
        lines += [
            "",
            "\(Readable.count(outcome.messages)) messages and \(Readable.bytes(outcome.bytes)) of payload in \(seconds) s",
        ]
        return lines
    }

    private var joinTable: TextTable {
        var table = TextTable([
            ("node", .right), ("asked at", .right), ("planned", .right), ("pulled in", .right), ("replanned", .right),
            ("scale-out delay", .right),
        ])
        for join in joins {
            let pulled = join.began.flatMap { start in join.complete.map { $0 - start } }
            table.add([
                "\(join.node)", "\(Self.clock(join.asked)) s", join.plan?.makespan.readable ?? "-",
                pulled.map(Self.readable) ?? "not", "\(join.replanned)",
                join.scaleOutDelay.map(Self.readable) ?? "never",
            ])
        }
        return table
    }

    /// A line for each join: what its scale-out delay is made of.
    private var phases: [String] {
        joins.filter { !$0.phases.isEmpty }.map { join in
            let parts = join.phases.map { "\($0.phase.rawValue) \(Self.readable($0.time))" }
            return "\(join.node) took for " + parts.joined(separator: ", ")
        }
    }

    /// A line for each join: who sent how much of the state.
    private var sources: [String] {
        joins.filter { !$0.bytes.isEmpty }.map { join in
            let parts = join.bytes.sorted { $0.key < $1.key }.map { "\(Readable.bytes($0.value)) from \($0.key)" }
            return "\(join.node) got " + parts.joined(separator: ", ")
        }
    }

    private var changeTable: TextTable {
        var table = TextTable([
            ("view", .right), ("members", .right), ("learners", .right), ("decided at", .right),
            ("handling time", .right), ("because of", .left),
        ])
        for change in changes {
            table.add([
                "\(change.view.number)", "\(change.view.members.count)", "\(change.view.learners.count)",
                "\(Self.clock(change.decided)) s", change.handlingTime.map(Self.readable) ?? "overtaken",
                change.events.map(\.rawValue).joined(separator: ", "),
            ])
        }
        return table
    }

    private var accountTable: TextTable {
        var table = TextTable([
            ("node", .right), ("steps", .right), ("idle", .right), ("sent", .right), ("received", .right),
        ])
        for account in accounts {
            table.add([
                account.name, "\(account.steps)", Self.readable(account.idle), Readable.bytes(account.sent),
                Readable.bytes(account.received),
            ])
        }
        return table
    }

    static func readable(_ time: Int) -> String { ExactTime(nanoseconds: Int128(time)).readable }

    /// Seconds with milliseconds, in a column.
    static func clock(_ time: Int) -> String {
        let milliseconds = (time + 500_000) / 1_000_000
        let (whole, rest) = (milliseconds / 1000, "\(milliseconds % 1000)")
        let text = "\(whole)." + String(repeating: "0", count: 3 - rest.count) + rest
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }
}
