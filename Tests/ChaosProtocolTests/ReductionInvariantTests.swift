import Testing

@testable import ChaosProtocol

/// What is wrong with a value is said by the sentence that it breaks.
struct ReductionInvariantTests {
    private static let settings = ReductionSettings(samples: 80, batch: 8, chunks: 2, window: 2, backlog: 3)
    private static let links = [Link(1, 2), Link(2, 3), Link(2, 4)]
    private static let view = View(
        number: 1, members: [1, 2, 3], learners: [View.Learner(4, admitted: 1)], links: links,
        qualities: Dictionary(uniqueKeysWithValues: links.map { ($0, LinkQuality(bandwidth: 1, roundTrip: 1)) }))

    /// Node 2, the root, in the midst of the step after `steps`.
    private static func root(steps: Int = 1) -> Reduction {
        var node = Reduction(node: 2, applied: 0, settings: settings)
        _ = node.onView(view, at: 0)
        for child in [1, 3] as [NodeID] { _ = node.onMessage(.ready(view: 1, applied: 0), from: child, at: 1) }
        for step in 0..<steps {
            _ = node.onGradient(view: 1, step: step, computeTime: 5, at: 10)
            for child in [1, 3] as [NodeID] {
                for chunk in 0..<2 {
                    let times = ComputeTimes(least: 1, greatest: 2)
                    _ = node.onMessage(
                        .partial(view: 1, step: step, chunk: chunk, times), from: child, at: 20)
                }
            }
        }
        return node
    }

    /// Node 1, a child, whose view has not begun.
    private static func waiting() -> Reduction {
        var node = Reduction(node: 1, applied: 0, settings: settings)
        _ = node.onView(view, at: 0)
        return node
    }

    /// Node 4, which has the state before step 0 and the updates of two steps, of which the first is stable.
    private static func learner() -> Reduction {
        var node = Reduction(node: 4, applied: nil, settings: settings)
        _ = node.onView(view, at: 0)
        _ = node.onMessage(.begin(view: 1, step: 0), from: 2, at: 1)
        _ = node.onState(step: 0, begun: 1, admitted: 1, at: 2)
        for step in 0..<2 {
            for chunk in 0..<2 {
                _ = node.onMessage(.total(view: 1, step: step, chunk: chunk, samples: 8), from: 2, at: 3)
            }
        }
        return node
    }

    private func broken(
        _ value: Reduction, _ spoil: (inout Reduction) -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) -> String? {
        #expect(value.brokenSentence == nil, sourceLocation: sourceLocation)
        var value = value
        spoil(&value)
        return value.brokenSentence
    }

    @Test func memberInAStep() {
        let node = Self.root()
        #expect(node.applied == 1 && node.step?.number == 1)
        let noStep = "A member has a step at hand exactly when its era has begun."
        #expect(broken(node) { $0.step = nil } == noStep)
        #expect(broken(node) { $0.standing?.division = nil } == noStep)
        #expect(
            broken(node) { $0.gradient = .init(step: 0, positions: RangeSet(), view: 1) }
                == "In an era that has begun, what is computed is the step at hand.")
        #expect(
            broken(node) { node in
                node.gradient?.isComplete = true
                node.idle.since = 7
            } == "A step has its gradient when it is complete.")
        #expect(
            broken(Self.learner()) { $0.gradient = .init(step: 0, positions: RangeSet(), view: 1) }
                == "Nobody but a member computes.")
        #expect(broken(node) { $0.applied = 2 } == "The step at hand is the next one to be applied.")
        #expect(
            broken(node) { $0.standing?.beginning = .begun(2) }
                == "A member has applied all before the step with which its view began.")
        #expect(broken(Self.waiting()) { $0.applied = nil } == "A member without a replica is lost.")
        #expect(broken(node) { $0.learning = .init() } == "A learner, and nobody else, knows what is stable.")
        #expect(broken(node) { $0.idle.since = 7 } == "A member idles exactly while it has nothing to compute.")
        #expect(broken(node) { $0.isHalted = true } == nil)
    }

    @Test func updates() {
        let node = Self.root(steps: 2)
        let retained = "Whoever has a replica retains updates up to it, and at most `window` of them."
        #expect(broken(node) { $0.updates.oldest = nil } == retained)
        #expect(broken(node) { $0.updates.oldest = 3 } == retained)
        #expect(broken(node) { $0.updates.oldest = -1 } == retained)
        #expect(
            broken(node) { $0.updates.oldest = 1 } == "updates: Nothing is kept of the update before the oldest.")
        #expect(
            broken(node) { node in
                for step in 10..<16 { _ = node.updates.insert(0, of: step, samples: 8) }
            } == "Of the updates to come no more are kept than there is room for.")
        #expect(
            broken(node) { $0.updates = Updates(chunks: 3, oldest: 2) } == "Updates have `settings.chunks` chunks.")
        #expect(broken(node) { $0.updates.gap = 3 } == "The updates before the gap are complete.")
        #expect(
            broken(Self.learner()) { ($0.updates.oldest, $0.applied, $0.learning!.hasCaughtUp) = (nil, nil, false) }
                == "updates: Nothing is kept before it is known where to begin.")
        #expect(
            broken(node) { $0.updates.sets[0]!.count = 1 }
                == "updates: oldest: As many chunks are counted as there are bits.")
    }

    @Test func learning() {
        let node = Self.learner()
        #expect(node.applied == 1 && node.learning?.hasCaughtUp == true)
        #expect(broken(node) { $0.learning = nil } == "A learner, and nobody else, knows what is stable.")
        #expect(broken(node) { $0.learning!.stable = 0 } == "A learner applies only what is stable.")
        #expect(
            broken(node) { $0.applied = nil }
                == "A learner that has caught up has a replica, in an era that has begun.")
        #expect(broken(node) { $0.learning!.inherited = 2 } == "learning: What is stable stays so.")
    }

    @Test func outside() {
        var node = Self.learner()
        _ = node.onView(View(number: 2, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3)]), at: 5)
        #expect(broken(node) { $0.isLost = true } == "Nobody is lost outside.")
        let keeps = "A node that a view leaves out keeps nothing."
        #expect(broken(node) { $0.applied = 0 } == keeps)
        #expect(broken(node) { $0.updates.oldest = 0 } == keeps)
        #expect(broken(node) { _ = $0.updates.insert(0, of: 0, samples: 8) } == keeps)
    }

    @Test func timers() {
        let node = Self.waiting()
        #expect(broken(node) { $0.retry.due = nil } == "It asks again exactly while it waits.")
        let late = "retry: The shell wakes it in time."
        #expect(broken(node) { $0.retry.armed = nil } == late)
        #expect(broken(node) { $0.retry.armed = $0.retry.due! + 1 } == late)
        let interval = "retry: It waits neither shorter nor longer than it is set to."
        #expect(broken(node) { $0.retry.interval = 0 } == interval)
        #expect(broken(node) { $0.retry.interval = $0.retry.longest + 1 } == interval)
        #expect(broken(node) { $0.retry.hasProgressed = true } == "retry: Progress counts for one event.")
        #expect(broken(node) { $0.idle.soFar = -1 } == "idle time: No time is negative.")
    }

    @Test func beginning() {
        func broken(_ change: (inout Reduction.Readiness) -> Void) -> String? {
            self.broken(Self.waiting()) { node in
                guard case .awaited(var readiness)? = node.standing?.beginning else { return }
                change(&readiness)
                node.standing?.beginning = .awaited(readiness)
            }
        }
        #expect(broken { $0.applied[4] = 0 } == "standing: Readiness is that of members below.")
        #expect(broken { $0.contributions[3] = [] } == "standing: What a member has is said with its readiness.")
        #expect(broken { $0.told = 1 } == "No more is said of this node than it has applied.")
        #expect(broken { $0.asked = 1 } == "A child is asked for what is to be applied.")
        var root = Reduction(node: 2, applied: 0, settings: Self.settings)
        _ = root.onView(Self.view, at: 0)
        #expect(
            self.broken(root) { $0.standing?.beginning = .awaited(.init(told: 0)) }
                == "standing: Readiness is told to a parent.")
        #expect(
            self.broken(root) { $0.standing?.shares = [1: 0..<1, 2: 0..<2, 3: 0..<3, 4: 0..<4] }
                == "standing: There are three numbers of positions at most.")
    }

    @Test func laterViews() {
        let node = Self.waiting()
        #expect(
            broken(node) { $0.laterViews.readiness[2] = .init(view: 1, applied: 0, contributions: []) }
                == "What is kept for later views is of later views.")
        #expect(
            broken(node) { node in
                for k in 0...UInt64(MessageLimits.nodes) {
                    node.laterViews.readiness[NodeID(k)] = .init(view: 2, applied: 0, contributions: [])
                }
            } == "later views: No more nodes are kept than a view has.")
    }

    @Test func balance() {
        #expect(
            broken(Self.waiting()) { $0.balance.uneven = .init(since: 0, steps: 1) }
                == "Only a root counts uneven steps.")
        #expect(
            broken(Self.root()) { $0.balance = .init(hasTold: true) } == "balance: It is told only after uneven steps.")
        #expect(
            broken(Self.root()) { $0.balance.uneven = .init(since: 0, steps: 0) }
                == "balance: What is uneven has been so for a step.")
        #expect(
            broken(Self.root()) { $0.balance.renewals = 7 } == "balance: Renewals are counted up to a bound.")
    }

    @Test func step() {
        var node = Self.root()
        _ = node.onGradient(view: 1, step: 1, computeTime: 5, at: 30)
        _ = node.onMessage(.partial(view: 1, step: 1, chunk: 0, ComputeTimes(least: 1, greatest: 2)), from: 1, at: 30)
        #expect(broken(node) { $0.step!.times = nil } == "step: Whoever has computed has said how long.")
        let order = "step: No time is negative, and the least is not the greater one."
        #expect(broken(node) { $0.step!.times = ComputeTimes(least: 2, greatest: 1) } == order)
        #expect(broken(node) { $0.step!.times = ComputeTimes(least: -1, greatest: 1) } == order)
        #expect(
            broken(Self.root()) { _ = $0.step!.summed.insert(0) }
                == "step: Nothing is summed before the own gradient is there.")
        #expect(broken(node) { $0.step!.arrived = [0] } == "step: Arrivals are counted of every chunk.")
        #expect(
            broken(node) { $0.step!.summed.count = 1 } == "step: summed: As many chunks are counted as there are bits.")
        #expect(
            broken(node) { $0.step!.received[4] = ChunkSet(of: 2) } == "Partial sums come from members below.")
        let once = "A chunk comes from each child once."
        #expect(broken(node) { $0.step!.arrived[0] = 3 } == once)
        #expect(broken(node) { $0.step!.arrived[0] = -1 } == once)
        #expect(
            broken(Self.root()) { $0.step = .init(1, chunks: 3, at: 0) } == "A step has `settings.chunks` chunks.")
    }

    @Test func chunks() {
        func broken(_ spoil: (inout ChunkSet) -> Void) -> String? {
            var set = ChunkSet(of: 4)
            _ = set.insert(1)
            #expect(set.brokenSentence == nil)
            spoil(&set)
            return set.brokenSentence
        }
        #expect(broken { $0.words = [] } == "There is a bit for each chunk.")
        #expect(broken { $0.words = [2, 0] } == "There is a bit for each chunk.")
        #expect(broken { $0.count = 2 } == "As many chunks are counted as there are bits.")
        #expect(broken { $0.words = [16] } == "Nothing is beyond the last chunk.")
    }

    @Test func tree() {
        func broken(_ spoil: (inout ReductionTree) -> Void) -> String? {
            var tree = ReductionTree(Self.view)
            #expect(tree.root == 2 && tree.brokenSentence == nil)
            spoil(&tree)
            return tree.brokenSentence
        }
        #expect(broken { $0.parents.removeLast() } == "Every node has a place.")
        #expect(broken { $0.parents[1] = 0 } == "The root is a member, and below nobody.")
        #expect(broken { $0.parents[0] = 3 } == "Members hang on members.")
        #expect(broken { ($0.parents[0], $0.parents[2]) = (2, 0) } == "Every way up ends.")
        #expect(
            broken { $0.parents[0] = -1 } == "All members hang on the root, or it is known that they do not.")
    }

    @Test func shares() {
        func broken(_ spoil: (inout Shares) -> Void) -> String? {
            var shares = Shares(Self.view, batch: 8)
            #expect(shares.ranges == [0..<3, 3..<6, 6..<8] && shares.brokenSentence == nil)
            spoil(&shares)
            return shares.brokenSentence
        }
        #expect(broken { $0.ranges.removeLast() } == "Every member has a share.")
        #expect(broken { $0.ranges[0] = 1..<3 } == "The first share begins with the first position.")
        #expect(broken { $0.ranges[0] = 0..<2 } == "Each share begins where the one before it ends.")
        #expect(broken { $0.ranges[2] = 6..<9 } == "The last share ends with the last position.")
    }
}

/// Of a node the parts are looked at, and what they must have in common.
struct ClusterNodeInvariantTests {
    private static let settings = NodeSettings(
        stateBytes: 100, reduction: ReductionSettings(samples: 100, batch: 10, chunks: 1))

    private static func node() -> ClusterNode {
        var node = ClusterNode(
            id: 1, founding: View(number: 1, members: [1, 2], links: [Link(1, 2)]), settings: settings)
        _ = node.onStart(at: 5)
        _ = node.onConnected(to: 2, at: 6)
        return node
    }

    private func broken(
        _ spoil: (inout ClusterNode) -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) -> String? {
        var node = Self.node()
        #expect(node.brokenSentence == nil, sourceLocation: sourceLocation)
        spoil(&node)
        return node.brokenSentence
    }

    @Test func learner() {
        var node = ClusterNode(id: 3, founding: nil, settings: Self.settings)
        let view = View(
            number: 2, members: [1, 2], learners: [View.Learner(3, admitted: 2)], links: [Link(1, 2), Link(1, 3)])
        _ = node.onStart(at: 5)
        _ = node.onConnected(to: 1, at: 6)
        _ = node.onMessage(.monitor(.heartbeat(Heartbeat(sent: 1, echo: nil, held: 0))), from: 1, at: 7)
        _ = node.onMessage(.decided(view), from: 1, at: 8)
        #expect(node.reduction.role == .learner(admitted: 2) && node.brokenSentence == nil)
        node.reduction.applied = 0
        #expect(node.brokenSentence == "A learner's replica is of its admission.")
    }

    @Test func parts() {
        #expect(
            broken { _ = $0.reduction.onView(View(number: 2, members: [1]), at: 7) }
                == "The steps are those of the view that was negotiated.")
        #expect(
            broken { _ = $0.reduction.onHalt(at: 7) }
                == "Steps halt exactly while no quorum can be reached or a view is accepted.")
        #expect(broken { $0.links = [1] } == "No link leads to the node itself.")
        #expect(broken { $0.links = [2, 3] } == "A link is up when the monitor has found it so.")
        #expect(broken { $0.reduction.idle.soFar = -1 } == "reduction: idle time: No time is negative.")
        let wakes = "wakes: The shell wakes the node when the first of its parts is due."
        #expect(broken { $0.wakes.armed = nil } == wakes)
        #expect(broken { $0.wakes[.server] = 1 } == wakes)
    }
}
