import ChaosModel
import ChaosPage
import ChaosProtocol
import ChaosScenario

/// A story while it is told.
struct StoryDraft: Sendable {
    private var story = Story()
    /// The span that each node is in, as an index.
    private var open: [NodeID: Int] = [:]
    /// The join that each node is in, as an index.
    private var joining: [NodeID: Int] = [:]
    /// Since when something is known that the latest view does not show.
    private var known: Int?
    /// The members that have begun each view.
    private var begun: [Int: Set<NodeID>] = [:]
    /// A node that leaves does not seek the state once it is outside.
    private var leaving: Set<NodeID> = []
    /// Told what a page shows, as it happens.
    private let show: @Sendable (PageEvent) -> Void

    init(show: @escaping @Sendable (PageEvent) -> Void) { self.show = show }

    private func show(_ event: PageEvent.Event, _ time: Int) { show(PageEvent(event, at: time)) }

    mutating func mark(_ text: String, _ node: NodeID?, _ time: Int, _ kind: Story.Mark.Kind = .news) {
        story.marks.append(Story.Mark(kind: kind, time: time, node: node, text: text))
        show(.log(node, kind, text), time)
    }

    /// - Parameter activity: nil: the node is there no more.
    mutating func setActivity(_ activity: Story.Activity?, of node: NodeID, _ time: Int) {
        if let index = open[node] {
            if story.spans[index].activity == activity { return }
            story.spans[index].end = time
            open[node] = nil
        }
        guard let activity else {
            show(.phase(node, .gone), time)
            return endPull(node, time)
        }
        show(.phase(node, activity.ofPage), time)
        open[node] = story.spans.count
        story.spans.append(Story.Span(node: node, activity: activity, start: time, end: time))
    }

    mutating func note(_ event: Scenario.Event, _ time: Int) {
        switch event.presence {
        case .begins(let node):
            setActivity(.outside, of: node, time)
            beginJoin(node, time)
        case .isToEnd(let node): noteLeaving(node, time)
        case .ends(let node):
            setActivity(nil, of: node, time)
            return mark("crash", node, time, .loss)
        case nil: break
        }
        mark(event.description, nil, time, .event)
    }

    mutating func noteShard(of bytes: Int, from source: NodeID, to node: NodeID, _ time: Int) {
        changeJoin(of: node) { join in
            join.bytes[source, default: 0] += bytes
            join.lastArrival[source] = time
        }
        if joining[node] != nil { show(.came(node, from: source, bytes: bytes), time) }
    }

    mutating func noteLeaving(_ node: NodeID, _ time: Int) {
        known = known ?? time
        leaving.insert(node)
    }

    private mutating func beginJoin(_ node: NodeID, _ time: Int) {
        joining[node] = story.joins.count
        story.joins.append(Story.Join(node: node, asked: time))
        show(.asked(node), time)
    }

    mutating func note(_ action: ClusterNode.Action, of node: NodeID, _ time: Int) {
        switch action {
        case .link(let peer, let isUp):
            show(.link(Link(node, peer), isUp: isUp), time)
            noteLink(Link(node, peer), isUp, time)
        case .install(let view): install(view, at: node, time)
        case .engine(.begun(let number, _)): begin(number, at: node, time)
        case .halt:
            setActivity(.halted, of: node, time)
            mark("halts: no quorum", node, time, .trouble)
        case .proceed: setActivity(.waiting, of: node, time)
        case .released:
            setActivity(nil, of: node, time)
            mark("has left", node, time, .loss)
        case .engine(.makeRoom(let step, _)):
            // A snapshot of another step takes the place of one that was being pulled.
            endPull(node, time)
            show(.pulling(node, step: step), time)
            changeJoin(of: node) { ($0.began, $0.complete) = (time, nil) }
        case .engine(.complete(let step)):
            changeJoin(of: node) { $0.complete = time }
            known = known ?? time
            show(.whole(node, step: step), time)
            mark("has the state before step \(step)", node, time)
        case .engine(.compute(_, let step, let positions, _)):
            if step > story.steps.last?.step ?? -1 {
                story.steps.append((time, step))
                show(.step(step), time)
            }
            // A step that was begun without it has nothing left for it to compute.
            guard !positions.isEmpty, let index = joining[node], story.joins[index].complete != nil else { return }
            story.joins[index].contributed = time
            joining[node] = nil
            show(.contributed(node), time)
            mark("contributes its first gradient", node, time)
        case .tell(let news): tell(news, node, time)
        default: break
        }
    }

    mutating func endPull(_ node: NodeID, _ time: Int) {
        guard let index = joining[node], let began = story.joins[index].began, story.joins[index].complete == nil
        else { return }
        story.joins[index].failed.append(began..<max(began, time))
        story.joins[index].began = nil
        show(.failed(node), time)
    }

    mutating func changeJoin(of node: NodeID, _ change: (inout Story.Join) -> Void) {
        if let index = joining[node] { change(&story.joins[index]) }
    }

    private mutating func install(_ view: View, at node: NodeID, _ time: Int) {
        if story.changes.last?.view.number ?? 0 < view.number {
            let events = story.changes.last.map { view.events(after: $0.view) } ?? []
            story.changes.append(Story.Change(view: view, events: events, known: known ?? time, decided: time))
            known = nil
            show(.view(view, why: events.map(\.rawValue)), time)
            for (link, quality) in zip(view.links, view.qualities) where quality != .unmeasured {
                show(.capacity(link, quality), time)
            }
            mark("\(view)", nil, time, .view)
        }
        switch view.role(of: node) {
        case .member:
            setActivity(.waiting, of: node, time)
            changeJoin(of: node) { $0.promoted = $0.promoted ?? time }
        case .learner:
            setActivity(.learning, of: node, time)
            changeJoin(of: node) { $0.admitted = $0.admitted ?? time }
        case .outside:
            setActivity(.outside, of: node, time)
            if joining[node] == nil, !leaving.contains(node) { beginJoin(node, time) }
        }
    }

    private mutating func begin(_ number: Int, at node: NodeID, _ time: Int) {
        guard let index = story.changes.lastIndex(where: { $0.view.number == number }) else { return }
        let view = story.changes[index].view
        guard view.role(of: node) == .member else { return }
        setActivity(.training(view: number), of: node, time)
        begun[number, default: []].insert(node)
        guard begun[number]?.count == view.members.count else { return }
        story.changes[index].begun = time
        show(.begun(view: number), time)
    }

    /// Of a link between nodes of the latest view it is news that it is otherwise than there.
    private mutating func noteLink(_ link: Link, _ isUp: Bool, _ time: Int) {
        guard let view = story.changes.last?.view, view.links.contains(link) != isUp,
            view.role(of: link.a) != .outside, view.role(of: link.b) != .outside
        else { return }
        known = known ?? time
    }

    private mutating func tell(_ news: Receiver.Action, _ node: NodeID, _ time: Int) {
        switch news {
        case .solved(let instance, let plan):
            changeJoin(of: node) { ($0.solved, $0.instance, $0.plan) = (time, instance, plan) }
            if let event = PageEvent.Event(node, instance, plan) { show(event, time) }
            known = known ?? time
        case .replanned: changeJoin(of: node) { $0.replanned += 1 }
        case .abandoned: endPull(node, time)
        default: break
        }
        mark(news.description, node, time, Self.kind(of: news))
    }

    private static func kind(of news: Receiver.Action) -> Story.Mark.Kind {
        switch news {
        case .solved, .replanned: .plan
        case .suspect, .leftOut, .unserved, .planRefused, .abandoned, .lost, .refused: .trouble
        case .send, .wake, .join, .begin, .write, .complete: .news
        }
    }

    mutating func finish(_ accounts: [Story.Account], _ outcome: RunOutcome) -> Story {
        for index in open.values { story.spans[index].end = outcome.duration }
        for node in joining.keys { endPull(node, outcome.duration) }
        story.accounts = accounts.sorted { $0.node < $1.node }
        story.outcome = outcome
        return story
    }
}
