import ChaosText

extension PolicyRecord {
    /// What each node was doing, a lane a node.
    public func chart(title: String) -> TimelineChart {
        var order: [UInt64] = []
        for node in stays.map(\.node) + joins.map(\.node) where !order.contains(node) { order.append(node) }
        // Each time at which others are members begins a view.
        let changes = Set(stays.flatMap { [$0.from, $0.to] }).subtracting([0])
        let lanes = order.map { node in
            var spans: [TimelineChart.Span] = []
            for join in joins where join.node == node {
                let end = join.whole ?? duration
                spans.append(.init(join.whole == nil ? .pullingInVain : .pulling, from: join.asked, to: end))
            }
            for stay in stays where stay.node == node {
                spans.append(
                    .init(.training(view: 1 + changes.count { $0 <= stay.from }), from: stay.from, to: stay.to))
                for halt in halts where halt.from < stay.to && halt.to > stay.from {
                    spans.append(
                        .init(
                            .paused, from: max(halt.from, stay.from), to: min(halt.to, stay.to),
                            note: halt.event.rawValue))
                }
            }
            return TimelineChart.Lane("\(node)", spans: spans)
        }
        let marks =
            handled.map { TimelineChart.Mark(.event, at: $0.at, $0.event.rawValue) }
            + joins.map { join in
                TimelineChart.Mark(.event, at: join.asked, lane: order.firstIndex(of: join.node), "join \(join.node)")
            }
        return TimelineChart(
            title: "\(title): \(self.title)", lanes: lanes, marks: marks.sorted { $0.time < $1.time }, end: duration)
    }
}
