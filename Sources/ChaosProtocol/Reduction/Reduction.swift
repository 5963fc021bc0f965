/// The steps of a running cluster: one node's part in them.
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell owns clock, connections, and all numbers: the reduction
/// only says which chunk of which sum goes where (`Action`).
///
/// **The tree.** Each view determines one tree over its nodes (`ReductionTree`) and a division of the samples of every
/// step over its members (`Shares`). Gradients are summed up the tree, in each node in the same order, and the sum comes
/// down to everyone, in chunks that follow each other closely. All members apply the same numbers in the same order, so
/// their replicas stay identical to the bit.
///
/// **Beginning a view.** Members may come into a view with one update more or less, and none may be lost. So each member
/// first waits until all members below it have applied as many as it has itself; whoever has less is handed what it
/// lacks, from above or from below. Then it says so to its parent. When that holds at the root it holds everywhere, and
/// the root says with which step the view begins.
///
/// **A step.** Every member computes its share. As soon as it and the members below it have a chunk, the sum goes to
/// the parent; the root's sum is the total, which goes down again. Whoever has all chunks of the total applies it and
/// goes on to the next step by itself.
///
/// **A new view in the midst of a step.** Nothing that was sent under another view counts, so partial sums of different
/// divisions never mix. Either a member of the new view has the whole update: then all get it, and the step is done. Or
/// none has: then it is done again, with the shares of the new view. A total of a view needs a contribution of each of
/// its members to the step, so no two of them are ever more than one update apart. Hence in any line of views each step is
/// applied once, and each of its samples used once.
///
/// **Learners** receive the totals of all steps from the beginning of the first view they hear of, keep them until their
/// state is there, and then apply them. What they have may be *unstable*: if only the root had it besides and the root
/// is gone, the members do that step again, with another sum. A total of a later step shows that every member had
/// applied it, and so does a view that begins after it. Only then is it stable and may be applied. A learner that comes
/// into a new view drops what is not, and gets it again.
///
/// What is stable is lost nevertheless when all members fail that had it, and those that have just become members go on
/// with less. A learner may have more than these, and must not keep it. So it counts itself lost in a view without any of
/// the members that were in the last view it knows to have begun, and forgets its replica.
///
/// **Loss.** Whoever waits asks again after `retry`, later and later, and is given what there is. All messages may come
/// twice, late and in any order.
///
/// **Halting** keeps everything: messages are ignored, a gradient may be finished, and no step is completed. A node that
/// a view leaves out forgets its replica, since the others may have done its last step again.
public struct Reduction: Sendable {
    public let node: NodeID
    public let settings: ReductionSettings
    /// The latest view that was installed.
    public private(set) var view: View?
    public private(set) var isHalted = false
    /// How many updates the replica has taken, which is the number of the next step; nil: the replica is not valid.
    public internal(set) var applied: Int?

    let defect: PlantedDefect?
    private(set) var role: View.Role = .outside
    private(set) var tree: ReductionTree?
    /// The part of the tree that concerns this node.
    private(set) var parent: NodeID?
    private(set) var memberChildren: [NodeID] = []
    private(set) var learnerChildren: [NodeID] = []

    var updates: Updates
    /// Updates of earlier steps are not here and never will be. Nil while a learner does not know where it begins.
    var oldest: Int?
    /// The step with which the view began; nil: not yet, as far as this node knows.
    var begun: Int?

    // Beginning a view.
    /// What each member below has said it has applied.
    var ready: [NodeID: Int] = [:]
    /// The last readiness sent to the parent, and the last step that a child was asked for.
    var readySent: Int?
    var asked: Int?
    /// What has been said of views that this node does not have yet.
    private var early: [NodeID: (view: Int, applied: Int)] = [:]

    // As a member.
    var step: Step?
    var positions: [Int: Range<Int>] = [:]
    var balance = Balance()
    private var idleSoFar = 0
    private var idleSince: Int?

    // As a learner.
    /// Updates of earlier steps are stable.
    var stable = 0
    /// What `stable` was when the view came.
    private(set) var inherited = 0
    /// The first step from `next` on whose update is not complete, or an earlier one.
    var gap = 0
    /// The members of the last view that is known to have begun: all of them have what is stable.
    var witnesses: [NodeID] = []
    var hasCaughtUp = false
    var isLost = false

    private var laterView = (number: 0, toldAt: 0)
    private var retryAt: Int?
    private var patience: Int
    private var armed: Int?
    var hasProgressed = false
    var actions: [Action] = []

    /// - Parameter applied: how many updates the replica has taken: for founders the same number, 0 as a rule; nil for a
    ///   node that joins.
    public init(node: NodeID, applied: Int?, settings: ReductionSettings) {
        self.init(node: node, applied: applied, settings: settings, defect: nil)
    }

    package init(node: NodeID, applied: Int?, settings: ReductionSettings, defect: PlantedDefect?) {
        self.node = node
        self.applied = applied
        self.settings = settings
        self.defect = defect
        oldest = applied
        updates = Updates(chunks: settings.chunks)
        patience = settings.retry
    }

    /// How long this node, as a member, could have computed and waited for the others instead, in nanoseconds: all the
    /// time from a gradient that is done, or from a new view, to the next one that is to be computed.
    public func idleTime(at now: Int) -> Int { idleSoFar + (idleSince.map { now - $0 } ?? 0) }

    // MARK: Events

    /// A view has been decided; earlier ones than that at hand are ignored. Cost: O(links log links).
    /// - Precondition: the view has no fault.
    public mutating func onView(_ new: View, at now: Int) -> [Action] {
        guard new.number > view?.number ?? 0 else { return [] }
        if step != nil, defect != .oldGradientUsed { actions.append(.stop) }
        balance = Balance(rates: balance.rates, leftover: step)
        let before = role
        view = new
        role = new.role(of: node)
        takePlace(in: new)
        inherited = stable
        switch (before, role) {
        case (.member, .member), (.learner, .member): drop(from: applied ?? 0)
        // A founder.
        case (.outside, .member) where applied != nil: break
        case (.learner(let stay), .learner(let admitted)) where stay == admitted:
            if defect != .unstableUpdateKept { drop(from: stable) }
            if oldest != nil, !new.members.contains(where: witnesses.contains) { part() }
            // Its word counts for one view.
            hasCaughtUp = false
        default: forget()
        }
        if role == .member {
            idleSince = idleSince ?? now
            if applied == nil { lose() }
        } else {
            idleSince = nil
        }
        for (child, word) in early.sorted(by: { $0.key < $1.key }) where word.view == new.number {
            take(ready: word.applied, from: child)
        }
        early = early.filter { $0.value.view > new.number }
        if case .learner = role, let parent { send(readiness(new), to: parent) }
        hasProgressed = true
        return settle(now)
    }

    /// A message of a neighbour. Cost: O(chunks) for what asks for chunks, else O(children).
    public mutating func onMessage(_ message: ReductionMessage, from peer: NodeID, at now: Int) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        if message.view > view?.number ?? 0 {
            take(later: message, from: peer, now)
        } else if isOfThisView(message), !isHalted, role != .outside {
            take(message, from: peer, now)
        }
        return settle(now)
    }

    /// The gradient that `compute` asked for is there. Any other is ignored.
    /// - Parameter computeTime: in nanoseconds.
    public mutating func onGradient(view number: Int, step: Int, computeTime: Int, at now: Int) -> [Action] {
        guard number == view?.number, self.step?.number == step, self.step?.hasGradient == false else { return [] }
        self.step?.takeGradient(computedIn: min(max(0, computeTime), MessageLimits.greatestQuantity))
        idleSince = now
        hasProgressed = true
        if !isHalted { sumChunks(now) }
        return settle(now)
    }

    /// The learner admitted by this view has its state whole: that before this step. Without effect once it is lost.
    public mutating func onState(step: Int, admitted: Int, at now: Int) -> [Action] {
        guard role == .learner(admitted: admitted), applied == nil, !isLost else { return [] }
        begin(from: step)
        applied = defect == .snapshotStepMistaken ? step + 1 : step
        askForUpdates(before: stable)
        return settle(now)
    }

    /// No quorum can be reached.
    public mutating func onHalt(at now: Int) -> [Action] {
        isHalted = true
        return settle(now)
    }

    /// A quorum can be reached again under the same view.
    public mutating func onProceed(at now: Int) -> [Action] {
        guard isHalted else { return [] }
        isHalted = false
        hasProgressed = true
        if step?.hasGradient == true { sumChunks(now) }
        return settle(now)
    }

    /// The samples per second of the members as measured now; 0 or absent: unmeasured. They tell whether another
    /// division would be better than that of the view.
    public mutating func onRates(_ rates: [NodeID: Int]) { balance.rates = rates }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        if let due = retryAt, now >= due, isWaiting {
            askAgain()
            patience = min(2 * patience, max(settings.retry, settings.longestRetry))
            retryAt = now + patience
        }
        return settle(now)
    }

    // MARK: A new view

    private mutating func takePlace(in view: View) {
        let tree = ReductionTree(view)
        self.tree = tree
        parent = tree.parent(of: node)
        memberChildren = tree.memberChildren(of: node)
        learnerChildren = tree.learnerChildren(of: node)
        (begun, readySent, asked, step) = (nil, nil, nil, nil)
        ready = [:]
        positions = [:]
        isHalted = false
        if role == .member { isLost = false }
    }

    /// Drops what came under an earlier view and may be made anew: parts of updates, and whole ones from this step on.
    private mutating func drop(from step: Int) {
        for step in updates.remove(where: { $0 >= step || !$1.isComplete }) { actions.append(.release(step: step)) }
        gap = 0
    }

    private mutating func forget() {
        if applied != nil || !updates.isEmpty { actions.append(.forget) }
        (applied, oldest, stable, inherited, gap, witnesses) = (nil, nil, 0, 0, 0, [])
        (hasCaughtUp, isLost) = (false, false)
        _ = updates.remove { _, _ in true }
    }

    /// What this learner has is perhaps not what the members have.
    mutating func part() {
        forget()
        lose()
    }

    mutating func lose() {
        guard !isLost else { return }
        isLost = true
        actions.append(.lost)
    }

    // MARK: Messages

    private func isOfThisView(_ message: ReductionMessage) -> Bool {
        if defect == .partialOfOldViewCounted, case .partial = message { return true }
        return message.view == view?.number
    }

    /// A readiness is kept for when the view comes, which spares the sender a wait; all else will be sent again.
    private mutating func take(later message: ReductionMessage, from peer: NodeID, _ now: Int) {
        if case .ready(let number, let applied) = message, number >= early[peer]?.view ?? 0,
            early[peer] != nil || early.count < MessageLimits.nodes
        {
            early[peer] = (number, applied)
        }
        guard message.view > laterView.number || now >= laterView.toldAt + settings.retry else { return }
        laterView = (message.view, now)
        actions.append(.laterView(at: peer))
    }

    private mutating func take(_ message: ReductionMessage, from peer: NodeID, _ now: Int) {
        let isChild = memberChildren.contains(peer) || learnerChildren.contains(peer)
        guard isChild || peer == parent else { return }
        switch message {
        case .ready(_, let applied): if isChild { take(ready: applied, from: peer) }
        case .begin(_, let step): if peer == parent { take(begin: step, now) }
        case .partial(_, let number, let chunk, let times):
            take(partial: chunk, of: number, times, from: peer, now)
        case .total(_, let number, let chunk): take(total: chunk, of: number, from: peer)
        case .missing(_, let number, .partial(let chunks)): if peer == parent { repeatPartial(chunks, of: number) }
        case .missing(_, let number, .total(let chunks)): handOver(chunks, of: number, to: peer)
        case .gone(_, let number): take(gone: number, from: peer)
        }
    }

    mutating func send(_ message: ReductionMessage, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    // MARK: After every event

    /// Draws the consequences of what has changed, and hands over the actions.
    private mutating func settle(_ now: Int) -> [Action] {
        if !isHalted, let view {
            applyUpdates(now)
            switch role {
            case .member: if begun == nil { equalise(view, now) }
            case .learner: considerCaughtUp()
            case .outside: break
            }
        }
        rearm(now)
        defer { actions.removeAll() }
        return actions
    }

    /// Whether something is to come from others.
    private var isWaiting: Bool {
        switch role {
        case .outside: false
        case .learner: !isHalted && !isLost
        case .member: !isHalted && !isLost && (begun == nil || step?.hasGradient == true)
        }
    }

    /// The timer is only set earlier, never later: most of the time something comes long before it.
    private mutating func rearm(_ now: Int) {
        if hasProgressed { (patience, retryAt) = (settings.retry, nil) }
        hasProgressed = false
        retryAt = isWaiting ? retryAt ?? now + patience : nil
        guard let retryAt, retryAt < armed ?? .max else { return }
        armed = retryAt
        actions.append(.wake(at: retryAt))
    }

    /// A member is given something to compute.
    mutating func endIdling(_ now: Int) {
        idleSoFar += idleSince.map { now - $0 } ?? 0
        idleSince = nil
    }
}
