import ChaosControl
import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosText
import Foundation

extension NodeStatus {
    /// What the node says of itself, for people.
    public func lines(_ style: TextStyle = .plain) -> [String] {
        var lines = [
            style.strong("node \(node) of \(SingleLine.of(cluster))") + ": \(phaseText), at \(SingleLine.of(address))"
                + ", process \(process)" + (institution.map { ", of \(SingleLine.of($0))" } ?? "")
        ]
        if let reason { lines.append(style.warning(SingleLine.of(reason, most: .max))) }
        if let view { lines.append("view  \(view)") }
        if !institutions.isEmpty {
            let names = institutions.sorted { $0.key < $1.key }.map { "\($0.key) of \(SingleLine.of($0.value))" }
            lines.append("others  " + names.joined(separator: ", "))
        }
        var training: [String] = []
        if let step { training.append("step \(step)") }
        if let loss { training.append("loss \(Self.decimal(loss))") }
        if let testAccuracy { training.append("test accuracy \(Self.percent(testAccuracy))") }
        if let stateDigest { training.append("state \(stateDigest)") }
        func time(_ nanoseconds: Int) -> String { ExactTime(nanoseconds: Int128(max(0, nanoseconds))).readable }
        training.append("idle \(time(idleTime)) of \(time(uptime))")
        if let checkpoint { training.append("checkpoint before step \(checkpoint)") }
        lines.append(training.joined(separator: ", "))
        if let expiry = certificateExpiry, let days = Self.daysUntilExpiry(expiry) {
            lines.append(
                style.warning(days < 0 ? "its certificate has expired" : "its certificate expires in \(days) days"))
        }
        if let trouble { lines.append(style.bad("cannot be written: " + trouble)) }
        if slowness > 1 { lines.append(style.warning("slowed down by \(slowness)")) }
        if lies { lines.append(style.warning("sends wrong bytes")) }
        if !snapshots.isEmpty {
            lines.append("snapshots of the steps \(snapshots.map(String.init).joined(separator: ", "))")
        }
        if !links.isEmpty { lines += [""] + linkTable.lines(style) }
        if let transfer { lines += [""] + transfer.lines(style) }
        return lines
    }

    /// How many days are left of what expires soon; nil: enough.
    private static func daysUntilExpiry(_ expiry: Int) -> Int? {
        let left = expiry - Int(Date().timeIntervalSince1970)
        return left > mostDaysWarned * 86_400 ? nil : left < 0 ? -1 : left / 86_400
    }

    /// What it does, in words.
    public var phaseText: String {
        switch phase {
        case .catchingUp: "catching up"
        default: phase.rawValue
        }
    }

    private var linkTable: TextTable {
        var table = TextTable([
            ("link to", .right), ("", .left), ("bandwidth", .right), ("round trip", .right), ("sent", .right),
            ("received", .right), ("queued", .right), ("connections", .right), ("address", .left),
        ])
        for link in links {
            table.add([
                "\(link.peer)", link.isUp ? "up" : "down", link.bandwidth.map(Readable.bandwidth) ?? "unmeasured",
                link.roundTrip.map { ExactTime(nanoseconds: Int128($0)).readable } ?? "unmeasured",
                Readable.bytes(link.bytesSent), Readable.bytes(link.bytesReceived), Readable.bytes(link.bytesQueued),
                "\(link.connections)",
                (link.address ?? "dials us") + (link.institution.map { ", of \(SingleLine.of($0))" } ?? "")
                    + (link.trouble.map { ": \($0)" } ?? ""),
            ])
        }
        return table
    }

    /// Three decimals.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let scaled = Int((abs(value) * 1000).rounded())
        let fraction = String("\(1000 + scaled % 1000)".dropFirst())
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 1000)." + fraction
    }

    /// A part of 1 in percent with one decimal.
    static func percent(_ part: Double) -> String {
        guard part.isFinite, (0...1).contains(part) else { return "-" }
        return Readable.share(Int((part * 1_000_000).rounded()), of: 1_000_000)
    }
}

extension NodeStatus.Transfer {
    /// Part of the state that has come, and who sends how fast.
    func lines(_ style: TextStyle) -> [String] {
        let share = Readable.share(bytes, of: stateBytes)
        let title =
            "\(ended == nil ? "pulls" : "has pulled") the state before step \(step): \(Readable.bytes(bytes)) of"
            + " \(Readable.bytes(stateBytes)), \(share)"
            + (plansAnew > 0 ? ", replanned \(plansAnew == 1 ? "once" : "\(plansAnew) times")" : "")
        var table = TextTable([
            ("from", .right), ("bytes", .right), ("planned", .right), ("rate", .right), ("planned", .right),
            ("", .left),
        ])
        for neighbor in neighbors {
            table.add(
                [
                    "\(neighbor.node)", Readable.bytes(neighbor.bytes), Readable.bytes(neighbor.plannedBytes),
                    neighbor.measuredRate.map(Readable.bandwidth) ?? "-", Readable.bandwidth(neighbor.plannedRate),
                ],
                mark: style.bar(
                    TextBar.bar(Int128(neighbor.bytes), of: Int128(max(1, neighbor.plannedBytes)), width: 20)))
        }
        return [title] + table.lines(style)
    }
}
