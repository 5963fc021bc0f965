import ChaosPage
import ChaosText

extension Story {
    /// The story as a chart: a lane a node.
    public func chart(title: String) -> TimelineChart {
        var order: [UInt64] = []
        for account in accounts { order.append(account.node.rawValue) }
        let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        let lanes = accounts.map { account in
            let mine = spans.filter { $0.node == account.node }
            let pulls = joins.filter { $0.node == account.node }
            return TimelineChart.Lane(
                account.name,
                spans: mine.map {
                    TimelineChart.Span($0.activity.ofChart, from: $0.start, to: $0.end, note: steps(of: $0))
                } + pulls.flatMap(\.pulls),
                transfers: pulls.flatMap(\.transfers))
        }
        let events = marks.map { mark in
            TimelineChart.Mark(
                mark.kind.ofChart, at: mark.time, lane: mark.node.flatMap { place[$0.rawValue] }, mark.text)
        }
        return TimelineChart(
            title: title, lanes: lanes, marks: events, end: outcome.duration, step: { step(at: $0) })
    }

    /// What the cluster did while a member trained.
    private func steps(of span: Span) -> String {
        guard case .training = span.activity, let first = step(at: span.start), let last = step(at: span.end) else {
            return ""
        }
        return "steps \(first) … \(last)"
    }
}

extension Story.Mark.Kind {
    fileprivate var ofChart: TimelineChart.Mark.Kind {
        switch self {
        case .event: .event
        case .loss: .loss
        case .view: .change
        case .plan: .plan
        case .trouble: .trouble
        case .news: .news
        }
    }
}

extension Story.Activity {
    fileprivate var ofChart: TimelineChart.Activity {
        switch self {
        case .outside: .outside
        case .learning: .catchingUp
        case .waiting: .paused
        case .training(let view): .training(view: view)
        case .halted: .halted
        }
    }
}

extension Story.Join {
    fileprivate var pulls: [TimelineChart.Span] {
        let inVain = failed.map { TimelineChart.Span(.pullingInVain, from: $0.lowerBound, to: $0.upperBound) }
        guard let began, let complete else { return inVain }
        return inVain + [TimelineChart.Span(.pulling, from: began, to: complete)]
    }

    /// What each neighbour sent, with the end that the plan had for it.
    fileprivate var transfers: [TimelineChart.Transfer] {
        guard let began = began ?? failed.last?.lowerBound, let complete = complete ?? failed.last?.upperBound else {
            return []
        }
        return bytes.sorted { $0.key < $1.key }.map { source, count in
            let planned = plan?.assignments.first { $0.neighbor == "\(source)" }?.finish
            let end = planned.map { began + Int(clamping: $0.nanoseconds + ($0.isWhole ? 0 : 1)) }
            return TimelineChart.Transfer(
                from: "\(source)", bytes: count, start: began, end: lastArrival[source] ?? complete, planned: end)
        }
    }
}
