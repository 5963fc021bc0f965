import ChaosModel
import ChaosProtocol
import ChaosScenario
import Synchronization

/// What happened in one run of a scenario, for people: who did what when, how each change was handled, and how each joiner
/// got the state. Times are virtual nanoseconds since the start.
public struct Story: Sendable {
    /// What a node was doing.
    public enum Activity: Sendable, Hashable {
        /// There, but in no view.
        case outside
        /// Admitted, without the whole state.
        case learning
        /// A member that waits for a view to begin.
        case waiting
        /// A member that trains under this view.
        case training(view: Int)
        /// A member without a quorum.
        case halted
    }

    public struct Span: Sendable {
        public let node: NodeID
        public let activity: Activity
        public let start: Int
        public internal(set) var end: Int
    }

    /// Something worth telling.
    public struct Mark: Sendable {
        public let time: Int
        /// Nil: it concerns all.
        public let node: NodeID?
        public let text: String
    }

    /// How a node got the state and became a member.
    public struct Join: Sendable {
        public let node: NodeID
        /// When it first asked for the state.
        public let asked: Int
        public internal(set) var solved: Int?
        public internal(set) var admitted: Int?
        /// When the pulling began and ended, of the attempt that succeeded or is under way.
        public internal(set) var began: Int?
        public internal(set) var complete: Int?
        /// When attempts began and ended that came to nothing, those that the end of the node or of the run cut off included.
        public internal(set) var failed: [Range<Int>] = []
        /// When it first computed a gradient as a member: the scale-out delay ends there.
        public internal(set) var contributed: Int?
        public internal(set) var instance: Instance?
        public internal(set) var plan: Plan?
        /// Plans made anew for what was missing.
        public internal(set) var replans = 0
        /// Bytes of shards that came from each neighbour.
        public internal(set) var bytes: [NodeID: Int] = [:]
        /// When the last of them came.
        public internal(set) var lastArrival: [NodeID: Int] = [:]
    }

    /// From one view to the next.
    public struct Change: Sendable {
        /// What a view may be made for.
        public enum Event: String, Sendable, Hashable, CaseIterable {
            /// Members that were not members before.
            case scaleOut = "scale-out"
            /// Members that are none any more.
            case scaleIn = "scale-in"
            /// Links between nodes that were there before.
            case connectLink = "connect-link"
            case disconnectLink = "disconnect-link"
            /// Learners that were not there before, with what links them.
            case admission
            /// Learners that are gone without having become members.
            case dismissal
            /// Nothing of these: what is known of links and members has changed.
            case renewal
        }

        public let view: View
        /// What is otherwise than in the view before, in the order of `Event.allCases`; none for the first view.
        public let events: [Event]
        /// When the first node knew of what made it necessary.
        public let known: Int
        public let decided: Int
        /// When the last of its members had begun to work under it; nil: never.
        public internal(set) var begun: Int?

        /// Handling time: from the moment an event is known to the first node until every member works under the view.
        public var handlingTime: Int? { begun.map { $0 - known } }
    }

    /// What one node came to.
    public struct Account: Sendable {
        public let node: NodeID
        public let steps: Int
        /// Time in which it could have computed and waited for the cluster instead.
        public let idle: Int
        public let sent: Int
        public let received: Int

        package init(node: NodeID, steps: Int, idle: Int, sent: Int, received: Int) {
            self.node = node
            self.steps = steps
            self.idle = idle
            self.sent = sent
            self.received = received
        }
    }

    public internal(set) var spans: [Span] = []
    public internal(set) var marks: [Mark] = []
    public internal(set) var joins: [Join] = []
    public internal(set) var changes: [Change] = []
    public internal(set) var accounts: [Account] = []
    public internal(set) var outcome = RunOutcome()
    /// When the first node computed for each step, both ascending.
    var steps: [(time: Int, step: Int)] = []

    init() {}

    /// The latest step that anybody had begun by then; nil: none. Cost: O(log steps).
    public func step(at time: Int) -> Int? {
        var (from, to) = (0, steps.count)
        while from < to {
            let middle = (from + to) / 2
            if steps[middle].time > time { to = middle } else { from = middle + 1 }
        }
        return from == 0 ? nil : steps[from - 1].step
    }
}

/// Makes the story of what it is told, by a simulation or from the journals of real nodes.
package final class StoryTeller: Sendable {
    fileprivate struct Draft: Sendable {
        var story = Story()
        /// The span that each node is in, as an index.
        var open: [NodeID: Int] = [:]
        /// The join that each node is in, as an index.
        var joining: [NodeID: Int] = [:]
        /// Since when something is known that the latest view does not show.
        var known: Int?
        var begun: [Int: Set<NodeID>] = [:]
        /// A node that leaves does not seek the state once it is outside.
        var leaving: Set<NodeID> = []
    }

    private let draft = Mutex(Draft())

    package init() {}

    /// What happens, in the order of time.
    package func note(_ happening: Happening, at time: Int) {
        draft.withLock { draft in
            switch happening {
            case .fault(let fault): draft.take(fault, time)
            case .action(let node, let action): draft.take(action, of: node, time)
            case .delivered(let message, let bytes, let source, let node):
                guard case .replication(.shard) = message, let join = draft.joining[node] else { return }
                draft.story.joins[join].bytes[source, default: 0] += bytes
                draft.story.joins[join].lastArrival[source] = time
            }
        }
    }

    /// A further plan for what a joiner lacks, for whom `note` has none to show.
    package func noteReplan(of node: NodeID, _ text: String, at time: Int) {
        draft.withLock { draft in
            draft.edit(node) { $0.replans += 1 }
            draft.mark(text, node, time)
        }
    }

    /// An attempt to get the state has come to nothing.
    package func noteAbandonment(of node: NodeID, _ text: String, at time: Int) {
        draft.withLock { draft in
            draft.endPull(node, time)
            draft.mark(text, node, time)
        }
    }

    /// Something worth telling that is no action of the protocol.
    package func mark(_ text: String, _ node: NodeID?, at time: Int) {
        draft.withLock { $0.mark(text, node, time) }
    }

    /// A node knows that it is to leave. In a simulation that is when it is told.
    package func leave(_ node: NodeID, at time: Int) { draft.withLock { $0.leave(node, time) } }

    /// A node is there no more.
    package func end(_ node: NodeID, at time: Int) { draft.withLock { $0.be(nil, node, time) } }

    package func finish(_ accounts: [Story.Account], _ outcome: RunOutcome) -> Story {
        draft.withLock { draft in
            for index in draft.open.values { draft.story.spans[index].end = outcome.duration }
            for node in draft.joining.keys { draft.endPull(node, outcome.duration) }
            draft.story.accounts = accounts.sorted { $0.node < $1.node }
            draft.story.outcome = outcome
            return draft.story
        }
    }
}

extension StoryTeller.Draft {
    fileprivate mutating func mark(_ text: String, _ node: NodeID?, _ time: Int) {
        story.marks.append(Story.Mark(time: time, node: node, text: text))
    }

    fileprivate mutating func be(_ activity: Story.Activity?, _ node: NodeID, _ time: Int) {
        if let index = open[node] {
            if story.spans[index].activity == activity { return }
            story.spans[index].end = time
            open[node] = nil
        }
        guard let activity else { return endPull(node, time) }
        open[node] = story.spans.count
        story.spans.append(Story.Span(node: node, activity: activity, start: time, end: time))
    }

    fileprivate mutating func take(_ fault: Scenario.Fault, _ time: Int) {
        switch fault {
        case .wait, .calm: return
        case .crash(let node): be(nil, node, time)
        case .join(let node, _):
            be(.outside, node, time)
            beginJoin(node, time)
        case .leave(let node): leave(node, time)
        default: break
        }
        mark(fault.description, nil, time)
    }

    fileprivate mutating func leave(_ node: NodeID, _ time: Int) {
        known = known ?? time
        leaving.insert(node)
    }

    private mutating func beginJoin(_ node: NodeID, _ time: Int) {
        joining[node] = story.joins.count
        story.joins.append(Story.Join(node: node, asked: time))
    }

    fileprivate mutating func take(_ action: ClusterNode.Action, of node: NodeID, _ time: Int) {
        switch action {
        case .link(let peer, let isUp): noteLink(Link(node, peer), isUp, time)
        case .install(let view): install(view, at: node, time)
        case .engine(.begun(let number, _)): begin(number, at: node, time)
        case .halt:
            be(.halted, node, time)
            mark("halts: no quorum", node, time)
        case .proceed: be(.waiting, node, time)
        case .released:
            be(nil, node, time)
            mark("has left", node, time)
        case .engine(.makeRoom):
            // A snapshot of another step takes the place of one that was being pulled.
            endPull(node, time)
            edit(node) { ($0.began, $0.complete) = (time, nil) }
        case .engine(.complete(let step)):
            edit(node) { $0.complete = time }
            known = known ?? time
            mark("has the state before step \(step)", node, time)
        case .engine(.compute(_, let step, _)):
            if step > story.steps.last?.step ?? -1 { story.steps.append((time, step)) }
            guard let index = joining[node], story.joins[index].complete != nil else { return }
            story.joins[index].contributed = time
            joining[node] = nil
            mark("contributes its first gradient", node, time)
        case .tell(let news): tell(news, node, time)
        default: break
        }
    }

    fileprivate mutating func endPull(_ node: NodeID, _ time: Int) {
        edit(node) { join in
            guard let began = join.began, join.complete == nil else { return }
            join.failed.append(began..<max(began, time))
            join.began = nil
        }
    }

    fileprivate mutating func edit(_ node: NodeID, _ change: (inout Story.Join) -> Void) {
        if let index = joining[node] { change(&story.joins[index]) }
    }

    private mutating func install(_ view: View, at node: NodeID, _ time: Int) {
        if story.changes.last?.view.number ?? 0 < view.number {
            let events = story.changes.last.map { view.events(after: $0.view) } ?? []
            story.changes.append(Story.Change(view: view, events: events, known: known ?? time, decided: time))
            known = nil
            mark("\(view)", nil, time)
        }
        switch view.role(of: node) {
        case .member: be(.waiting, node, time)
        case .learner:
            be(.learning, node, time)
            edit(node) { $0.admitted = $0.admitted ?? time }
        case .outside:
            be(.outside, node, time)
            if joining[node] == nil, !leaving.contains(node) { beginJoin(node, time) }
        }
    }

    private mutating func begin(_ number: Int, at node: NodeID, _ time: Int) {
        guard let index = story.changes.lastIndex(where: { $0.view.number == number }) else { return }
        let view = story.changes[index].view
        guard view.role(of: node) == .member else { return }
        be(.training(view: number), node, time)
        begun[number, default: []].insert(node)
        if begun[number]?.count == view.members.count { story.changes[index].begun = time }
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
            edit(node) { ($0.solved, $0.instance, $0.plan) = (time, instance, plan) }
            known = known ?? time
        case .solvedAgain: edit(node) { $0.replans += 1 }
        case .abandoned: endPull(node, time)
        default: break
        }
        mark(news.description, node, time)
    }
}

extension View {
    /// What is otherwise than in the view before it. Cost: O((nodes + links) log nodes).
    fileprivate func events(after view: View) -> [Story.Change.Event] {
        let (before, now) = (Set(view.members), Set(members))
        let (learnersBefore, learnersNow) = (Set(view.learners), Set(learners))
        let stayed = Set(view.everyone).intersection(everyone)
        func isOfStayed(_ link: Link) -> Bool { stayed.contains(link.a) && stayed.contains(link.b) }
        let (linksBefore, linksNow) = (Set(view.links.filter(isOfStayed)), Set(links.filter(isOfStayed)))
        let events = Story.Change.Event.allCases.filter { event in
            switch event {
            case .scaleOut: !now.isSubset(of: before)
            case .scaleIn: !before.isSubset(of: now)
            case .connectLink: !linksNow.isSubset(of: linksBefore)
            case .disconnectLink: !linksBefore.isSubset(of: linksNow)
            case .admission: !learnersNow.isSubset(of: learnersBefore)
            case .dismissal: learnersBefore.subtracting(learnersNow).contains { !now.contains($0.node) }
            case .renewal: false
            }
        }
        return events.isEmpty ? [.renewal] : events
    }
}
