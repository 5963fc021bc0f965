import ChaosControl
import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosText

/// How a run stands, for a live table.
public struct LabProgress: Sendable {
    let title: String
    /// Since the beginning, in nanoseconds.
    let time: Int
    /// What comes next.
    let doing: String
    /// What each node said last.
    let statuses: [NodeID: NodeStatus]
    let gone: Set<NodeID>
    let steps: Int

    public init(
        title: String, time: Int, doing: String, statuses: [NodeID: NodeStatus], gone: Set<NodeID>, steps: Int
    ) {
        self.title = title
        self.time = time
        self.doing = doing
        self.statuses = statuses
        self.gone = gone
        self.steps = steps
    }

    /// A table of the nodes, and bars for what is being pulled. Nodes that are gone are counted only, and beyond `most`
    /// the others as well.
    public func lines(_ style: TextStyle, width: Int, most: Int = 16) -> [String] {
        let present = statuses.filter { !gone.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
        var table = TextTable([
            ("node", .right), ("", .left), ("view", .right), ("step", .right), ("loss", .right),
            ("accuracy", .right), ("links", .right), ("idle", .right),
        ])
        for status in present.prefix(most) {
            table.add([
                "\(status.node)", status.phaseText, status.view.map { "\($0.number)" } ?? "-",
                status.step.map { "\($0)" } ?? "-", status.loss.map(NodeStatus.decimal) ?? "-",
                status.testAccuracy.map(NodeStatus.percent) ?? "-",
                "\(status.links.count(where: \.isUp))/\(status.links.count)",
                ExactTime(nanoseconds: Int128(max(0, status.idleTime))).readable,
            ])
        }
        let clock = ExactTime(nanoseconds: Int128(time / 1_000_000 * 1_000_000)).readable
        var lines = [
            style.strong(SingleLine.of(title, most: 60)) + "  \(clock), \(steps) steps; next: "
                + SingleLine.of(doing, most: 50)
        ]
        lines += table.lines(style)
        if present.count > most { lines.append("and \(present.count - most) nodes more") }
        if !gone.isEmpty { lines.append("gone: \(gone.sorted().map(\.description).joined(separator: " "))") }
        for status in present {
            guard let transfer = status.transfer, transfer.ended == nil else { continue }
            let bar = TextBar.bar(Int128(transfer.bytes), of: Int128(max(1, transfer.stateBytes)), width: 24)
            let rates = transfer.neighbors.map { neighbor in
                "\(neighbor.node): \(neighbor.measuredRate.map(Readable.bandwidth) ?? "-")"
            }
            lines.append(
                "\(status.node) pulls \(style.bar(TextWidth.padded(bar, to: 24)))"
                    + " \(Readable.bytes(transfer.bytes)) of \(Readable.bytes(transfer.stateBytes)); "
                    + rates.joined(separator: ", "))
        }
        return lines
    }
}
