/// The steps of a running cluster: one node's part in them.
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell owns clock, connections, and all numbers: the reduction
/// only says which chunk of which sum goes where (`EngineAction`).
///
/// **The trees.** Each view determines one tree over its nodes (`ReductionTree`), some more over its members
/// (`ReductionTree.trees`) and a division of the samples of every step over its members (`Shares`). Gradients are summed up
/// the trees, in chunks that follow each other closely, each of which has its tree; in each node in the same order, and the
/// sum comes down to everyone. All members apply the same numbers in the same order, so their replicas stay identical to
/// the bit. Of more than one tree only chunks know: views begin along the first, and a step is complete with its chunks too.
///
/// **Beginning a view.** Members may come into a view with one update more or less, and none may be lost. So each member
/// first waits until all members below it have applied as many as it has itself; whoever has less is handed what it
/// lacks, from above or from below. Then it says so to its parent. When that holds at the root it holds everywhere, and
/// the root says with which step the view begins. Members say so when they accept the view already (`onAccepted`).
///
/// **A step.** Every member computes its share. As soon as it and the members below it have a chunk, the sum goes to
/// the parent; the root's sum is the total, which goes down again. Whoever has all chunks of the total applies it and
/// goes on to the next step by itself.
///
/// **A new view in the midst of a step.** Nothing that was sent in another era counts, so partial sums of different
/// divisions never mix. Either a member of the new view has the whole update: then all get it, and the step is done. Or
/// none has: then it is summed again, of the gradients that its members have (`OwnGradient`) and of what is missing, which
/// they divide. A total of a view needs a contribution of each of its members to the step, so no two of them are ever more
/// than one update apart. Hence in any line of views each step is applied once, and each of its samples used once.
///
/// Where steps are long rounds (`LostSamples.dropped`), what is missing is lost instead: the update is made of
/// what survivors have, and says of how many samples that is. Only if nobody has anything, the step is done again.
///
/// **A new view of the same era** (`View.era`) breaks nothing off: gradients, sums and updates go on, for the tree of the
/// members and their shares are the same. It begins as any other, so that there is a step before which all members have the
/// same state, and that is the one to serve to those whom the view admits. Nobody pauses for it: whoever applies an update
/// says so before it sends anything of the next one, so that the root sees at each step that all have done the one before.
/// Only where messages overtake each other it may miss that; after two steps it waits for it. What it sums since then says
/// under which view, and whoever has not heard of the beginning holds it back until he has.
///
/// **Learners** receive the totals of all steps from the beginning of the first view they hear of, keep them until their
/// state is there, and then apply them. What they have may be *unstable*: if only the root had it besides and the root
/// is gone, the members do that step again, with another sum. A total of a later step shows that every member had
/// applied it, and so does a view that begins after it. Only then is it stable and may be applied. A learner that comes
/// into a new era drops what is not, and gets it again.
///
/// What is stable is lost nevertheless when all members fail that had it, and those that have just become members go on
/// with less. A learner may have more than these, and must not keep it. So it counts itself lost in a view without any of
/// the members that were in the last view it knows to have begun, and forgets its replica. Nor does it take a state that was
/// served in an earlier era than the first that it knows to have begun.
///
/// **Loss.** Whoever waits asks again after `retry`, later and later, and is given what there is. All messages may come
/// twice, late and in any order.
///
/// **Halting** keeps everything: messages are ignored, a gradient may be finished, and no step is completed. A node that
/// a view leaves out forgets its replica, since the others may have done its last step again.
public struct Reduction: Sendable {
    public let node: NodeID
    public let settings: ReductionSettings
    public internal(set) var isHalted = false
    /// How many updates the replica has taken, which is the number of the next step; nil: the replica is not valid.
    public internal(set) var applied: Int?

    let defect: PlantedDefect?
    /// The latest view that was installed, and what it makes of this node; nil before the first.
    var standing: Standing?
    var updates: Updates
    /// What a member does under a view that has begun.
    var step: Step?
    /// What has come of the step after it: along another tree a member may be done with one earlier.
    var early: [EarlyPartial] = []
    /// What it has asked for last, under this view or an earlier one.
    var gradient: OwnGradient?
    var balance = Balance()
    var idle = IdleTime()
    /// What a learner knows; nil: this node is none.
    var learning: Learning?
    var isLost = false
    var laterViews = LaterViews()
    /// What comes of a view that has been accepted, and what this node and its neighbours have said of such.
    var candidacy: Candidacy?
    var saidEarly: (word: EarlyWord, parent: NodeID)?
    var earlyWords: [NodeID: EarlyWord] = [:]
    var retry: RetryTimer
    var actions: [Action] = []

    /// - Parameters:
    ///   - node: the id of this node.
    ///   - applied: how many updates the replica has taken: for founders the same number, 0 as a rule; nil for a node
    ///     that joins.
    ///   - settings: of the reduction: chunks, times, how many updates are retained.
    public init(node: NodeID, applied: Int?, settings: ReductionSettings) {
        self.init(node: node, applied: applied, settings: settings, defect: nil)
    }

    package init(node: NodeID, applied: Int?, settings: ReductionSettings, defect: PlantedDefect?) {
        self.node = node
        self.applied = applied
        self.settings = settings
        self.defect = defect
        updates = Updates(chunks: settings.chunks, oldest: applied)
        retry = RetryTimer(settings)
    }

    /// The latest view that was installed.
    public var view: View? { standing?.view }
    /// The step with which the view began; nil: not yet, as far as this node knows.
    public var begun: Int? { standing?.begun }

    /// How long this node, as a member, could have computed and waited for the others instead, in nanoseconds: all the
    /// time from a gradient that is done, or from a new view, to the next one that is to be computed.
    public func idleTime(at now: Int) -> Int { idle.total(at: now) }

    var role: View.Role { standing?.role ?? .outside }
    /// The node above this one in the tree of the view.
    var parent: NodeID? { standing?.parent }

    // MARK: Events

    /// A view has been decided; earlier ones than that at hand are ignored. Cost: O(links log links).
    /// - Precondition: the view has no fault.
    public mutating func onView(_ new: View, at now: Int) -> [Action] {
        guard new.number > standing?.view.number ?? 0 else { return [] }
        if let standing, new.continues(standing.view), new.role(of: node) == role {
            goOn(standing.goingOn(as: node, in: new, settings), now)
        } else {
            enterEra(of: new, now)
        }
        for (child, said) in takeEarlyWords(for: new) { onReady(said.applied, said.contributions, from: child) }
        for (child, said) in laterViews.takeReadiness(for: new.number) {
            onReady(said.applied, said.contributions, from: child)
        }
        if case .learner = role, let parent { send(readiness(new.number), to: parent) }
        retry.hasProgressed = true
        return finish(now)
    }

    /// A message of a neighbour. Cost: O(chunks) for what asks for chunks, else O(children).
    /// - Parameters:
    ///   - message: as it was decoded.
    ///   - peer: from whom it came.
    ///   - isLinked: whether the link to it is up; else nothing is kept of what it says of views to come.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onMessage(
        _ message: ReductionMessage, from peer: NodeID, isLinked: Bool = true, at now: Int
    ) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        if message.view > standing?.view.number ?? 0 {
            if isLinked { noteLaterView(message, from: peer, now) }
        } else if isOfThisView(message), !isHalted, role != .outside {
            receive(message, from: peer, now)
        }
        return finish(now)
    }

    /// The link to a peer is down: what it has said of views to come is dropped.
    mutating func onLinkLost(to peer: NodeID) {
        laterViews.readiness[peer] = nil
        earlyWords[peer] = nil
    }

    /// The gradient that `compute` asked for is there. Any other is ignored.
    /// - Parameters:
    ///   - number: of the view that `compute` named.
    ///   - step: that it is of.
    ///   - computeTime: in nanoseconds.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onGradient(view number: Int, step: Int, computeTime: Int, at now: Int) -> [Action] {
        guard gradient?.view == number, gradient?.step == step, gradient?.isComplete == false else { return [] }
        gradient?.isComplete = true
        idle.begin(at: now)
        if number == standing?.view.era {
            self.step?.noteGradient(computedIn: min(max(0, computeTime), MessageLimits.greatestQuantity))
            retry.hasProgressed = true
            if !isHalted { sumChunks(now) }
        }
        return finish(now)
    }

    /// The learner admitted by this view has its state whole: that before this step, with which a view began. Without effect
    /// once it is lost.
    public mutating func onState(step: Int, begun: Int, admitted: Int, at now: Int) -> [Action] {
        guard role == .learner(admitted: admitted), applied == nil, !isLost else { return [] }
        learning?.stateBegun = begun
        if learning?.isStateVoid == true, defect != .voidStateTaken {
            applied = step
            part()
            return finish(now)
        }
        begin(from: step)
        applied = defect == .snapshotStepMistaken ? step + 1 : step
        askForUpdates(before: learning?.stable ?? 0)
        return finish(now)
    }

    /// No quorum can be reached.
    public mutating func onHalt(at now: Int) -> [Action] {
        isHalted = true
        return finish(now)
    }

    /// A quorum can be reached again under the same view.
    public mutating func onProceed(at now: Int) -> [Action] {
        guard isHalted else { return [] }
        isHalted = false
        retry.hasProgressed = true
        if step?.hasGradient == true { sumChunks(now) }
        return finish(now)
    }

    /// The samples per second of the members as measured now; 0 or absent: unmeasured. They tell whether another
    /// division would be better than that of the view.
    public mutating func onRates(_ rates: [NodeID: Int]) { balance.rates = rates }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        if retry.isDue(at: now) {
            askAgain()
            retry.putOff(from: now)
        }
        return finish(now)
    }

    // MARK: A new view

    /// Under a later view of the era: the same as before in the steps, with other learners.
    private mutating func goOn(_ next: Standing, _ now: Int) {
        standing = next
        standing?.pausesBefore = (applied ?? 0) + 2
        let wasHalted = isHalted
        (isHalted, candidacy) = (false, nil)
        if wasHalted, step?.hasGradient == true { sumChunks(now) }
    }

    private mutating func enterEra(of view: View, _ now: Int) {
        let old = standing?.view
        balance = balance.next(
            isRenewal: old?.members == view.members ? old.map(view.hasSameShape) : nil, patience: settings.patience,
            at: now)
        let before = role
        standing = Standing(of: node, in: view, settings, tree: candidacy?.tree(of: view))
        (step, isHalted, candidacy) = (nil, false, nil)
        if defect != .earlyPartialKept { early = [] }
        if role == .member { isLost = false }
        learning?.enterEra()
        switch (before, role) {
        case (.member, .member): release(updates.dropUnsettled(from: applied ?? 0))
        case (.learner, .member):
            learning = nil
            release(updates.dropUnsettled(from: applied ?? 0))
        // A founder.
        case (.outside, .member) where applied != nil: break
        case (.learner(let stay), .learner(let admitted)) where stay == admitted: stayLearner(in: view)
        default: forget()
        }
        if view.idle.containsSorted(node), defect != .idleAwaited { giveUpComputing() }
        if role != .member { idle.drop() } else if gradient?.isComplete != false { idle.begin(at: now) }
        if role == .member, applied == nil { lose() }
    }

    /// What came under an earlier view and may be made anew is dropped.
    private mutating func stayLearner(in view: View) {
        guard let learning else { return }
        if defect != .unstableUpdateKept { release(updates.dropUnsettled(from: learning.stable)) }
        if updates.oldest != nil, !view.members.contains(where: learning.witnesses.contains) { part() }
    }

    private mutating func forget() {
        if applied != nil || !updates.isEmpty { order(.forget) }
        applied = nil
        gradient = nil
        updates = Updates(chunks: settings.chunks, oldest: nil)
        isLost = false
        if case .learner = role { learning = Learning() } else { learning = nil }
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

    /// Whether it counts here: what is of a step does in all the era, what is of a view's beginning under that one.
    private func isOfThisView(_ message: ReductionMessage) -> Bool {
        guard let view = standing?.view else { return false }
        switch message {
        case .ready, .readyFor, .begin: return message.view == view.number
        case .partial where defect == .partialOfOldViewCounted: return true
        case .partial, .total, .missing, .gone: return view.numbersOfEra.contains(message.view)
        }
    }

    /// A readiness is kept for when the view comes, which spares the sender a wait; all else will be sent again.
    private mutating func noteLaterView(_ message: ReductionMessage, from peer: NodeID, _ now: Int) {
        if case .ready(let number, let applied, let contributions) = message {
            laterViews.note(
                .init(view: number, applied: applied, contributions: contributions), of: peer,
                after: standing?.view.number)
        }
        if case .readyFor(let number, let digest, let applied, let contributions) = message {
            return note(EarlyWord(view: number, digest: digest, applied: applied, contributions), from: peer)
        }
        // It is not kept, and has to be asked for.
        if case .begin = message { saidEarly = nil }
        guard laterViews.isToBeTold(message.view, at: now, again: settings.retry) else { return }
        actions.append(.laterView(at: peer))
    }

    private mutating func receive(_ message: ReductionMessage, from peer: NodeID, _ now: Int) {
        let (isChild, isParent) = (standing?.isChild(peer) == true, peer == parent)
        guard isChild || isParent || standing?.isJoined(to: peer) == true else { return }
        switch message {
        case .ready(_, let applied, let contributions): if isChild { onReady(applied, contributions, from: peer) }
        case .readyFor(let number, let digest, let applied, let contributions):
            let word = EarlyWord(view: number, digest: digest, applied: applied, contributions)
            if isChild, standing.map({ word.isOf($0.view) }) == true { onReady(applied, contributions, from: peer) }
        case .begin(_, let step, let contributions): if isParent { onBegin(step, contributions, from: peer, now) }
        case .partial(_, let number, let chunk, let times): onPartial(chunk, of: number, times, from: peer, now)
        case .total(let view, let number, let chunk, let samples):
            onTotal(chunk, of: number, samples, under: view, from: peer)
        case .missing(_, let number, .partial(let chunks)): repeatPartial(chunks, of: number, to: peer)
        case .missing(_, let number, .total(let chunks)): handOver(chunks, of: number, to: peer)
        case .gone(_, let number): onGone(before: number, from: peer)
        }
    }

    // MARK: Actions

    mutating func order(_ action: EngineAction) { actions.append(.engine(action)) }

    /// A message without a payload.
    mutating func send(_ message: ReductionMessage, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    mutating func release(_ steps: [Int]) {
        for step in steps { order(.release(step: step)) }
    }

    /// Draws the consequences of what has changed, and hands over the actions.
    private mutating func finish(_ now: Int) -> [Action] {
        if !isHalted {
            applyUpdates(now)
            switch role {
            case .member:
                if begun == nil {
                    equalise(now)
                    // A root that has waited for the beginning has made an update with it.
                    applyUpdates(now)
                }
            case .learner: considerCaughtUp()
            case .outside: break
            }
        }
        if let time = retry.rearm(isWaiting: isWaiting, at: now) { actions.append(.wake(at: time)) }
        stopIfBroken(unless: defect)
        defer { actions.removeAll() }
        return actions
    }

    /// Whether something is to come from others.
    var isWaiting: Bool {
        switch role {
        case .outside: false
        case .learner: !isHalted && !isLost
        case .member: !isHalted && !isLost && (begun == nil || step?.hasGradient == true)
        }
    }
}
