import ChaosModel
import ChaosProtocol
import ChaosScenario
import HeapModule

/// Plays a scenario's events under a policy.
///
/// Members train in steps that all end together (`StepTimes`). A course halts them, or not, and changes who is a member. A
/// serial policy handles what comes at one time together, and what comes meanwhile afterwards. Where a source of a transfer
/// dies, what has come is kept or not, as the policy has it; where the joiner dies, whoever waits for it notices in time. A
/// crash ends the step under way at once, unless the policy keeps what was computed. While members go on, their gradients and
/// a transfer take from each other (TimelineSharing.swift).
///
/// Left out, for all alike: nodes that only slow down, pause, lie or forge, links that crawl, and partitions.
public struct TimelineSimulation {
    enum Happening {
        case event(Scenario.Event)
        case request(Request)
        case haltBegins(Int)
        case haltEnds(Int)
        case effective(Int)
        /// Rates change, as they do when a step ends.
        case rates
        case checkpoint
        case sample
        case end
    }

    struct Pending: Comparable {
        let time: Int
        let order: Int
        let happening: Happening

        static func < (a: Pending, b: Pending) -> Bool { (a.time, a.order) < (b.time, b.order) }
        static func == (a: Pending, b: Pending) -> Bool { (a.time, a.order) == (b.time, b.order) }
    }

    /// Something that the policy is asked about.
    struct Request {
        let event: Situation.Event
        let node: NodeID
        let since: Int
        /// What is missing of the state, where a transfer goes on with other sources; nil: all of it.
        var missing: Int?
        /// Of a join its place among the joins.
        var join: Int?
    }

    /// What a policy is told of the links between members.
    struct Extremes {
        var roundTrip: Int
        var storageBandwidth: Int
    }

    /// A course under way.
    struct Handling {
        let request: Request
        var run: CourseRun
        let instance: Instance?
        let sources: [NodeID]
        /// What comes to a joiner while the others go on; empty: they do not, or nothing comes.
        let transfers: [Transfer]
        /// Training does not go on before this one's halt is over.
        var isHalting = false
        /// The joiner is gone.
        var isGivenUp = false
        /// The place of its halt in the record.
        var halt: Int?
    }

    let scenario: Scenario
    let policy: any Policy
    let settings: PolicySettings
    let times: StepTimes
    var queue = Heap<Pending>()
    private var order = 0
    var members: [NodeID] { didSet { extremes = nil } }
    /// Those that are there, members or not.
    var machines: [NodeID] { didSet { idealStep = nil } }
    var links: [NodeID: Set<NodeID>] = [:] {
        didSet {
            (idealStep, extremes) = (nil, nil)
            if !uplinks.isEmpty { uplinks = [:] }
        }
    }
    /// What members that serve can send, bit/s, as far as that has been worked out.
    var uplinks: [NodeID: Int] = [:]
    /// Of the links between members; nil: to be worked out.
    var extremes: Extremes?
    /// Of the step under way, as long as training goes on.
    var shape = StepShape(compute: 1) { didSet { clock.step = shape.length } }
    var clock = TrainingClock(origin: 0, step: 1)
    /// What was computed of the step that a halt holds; nil: training goes on.
    var held: Int?
    var handlings: [Int: Handling] = [:]
    var nextHandling = 0
    /// Those to whose joiners the state comes while the others go on.
    var pulling: Set<Int> = []
    /// Members that have computed nothing yet, with the places of their joins.
    private var newcomers: [NodeID: Int] = [:]
    /// A serial policy takes nothing on from when it began until then.
    var busy = 0..<0
    private var lastTime = 0
    /// When rates change next, as far as that has been scheduled.
    var expected = 0
    private var idealStep: Int?
    private var stepsAtCheckpoint = 0
    var record: PolicyRecord

    private init(_ scenario: Scenario, _ policy: any Policy, _ settings: PolicySettings) {
        self.scenario = scenario
        self.policy = policy
        self.settings = settings
        times = StepTimes(scenario: scenario)
        members = scenario.founders.sorted()
        machines = members
        record = PolicyRecord(policy: policy.name, title: policy.title)
        record.stays = members.map { .init(node: $0.rawValue, from: 0, to: .max) }
        for link in scenario.links { connect(link) }
        shape = times.shape(members, links: links)
        clock.step = shape.length
    }

    /// Cost: for each event that of a course, and O(links · log links) where links are not all alike.
    /// - Throws: `NoPlan`, and what a solver throws.
    public static func run(
        _ scenario: Scenario, _ policy: any Policy, settings: PolicySettings = PolicySettings()
    ) throws -> PolicyRecord {
        var simulation = TimelineSimulation(scenario, policy, settings)
        return try simulation.play()
    }

    private mutating func play() throws -> PolicyRecord {
        var time = 0
        for step in scenario.steps {
            time += step.delay
            if let event = step.event { schedule(.event(event), at: time) }
        }
        schedule(.checkpoint, at: settings.checkpoint)
        for k in 1..<Self.samples { schedule(.sample, at: Int(Int128(time) * Int128(k) / Int128(Self.samples))) }
        schedule(.end, at: time)
        while let next = queue.popMin() {
            advance(to: next.time)
            if case .end = next.happening { break }
            try handle(next.happening, next.time)
            expectRates(next.time)
        }
        settle(lastTime, isLost: false)
        withdrawContributions(lastTime)
        if held == nil { record.begun = begun(lastTime) }
        record.duration = lastTime
        record.goodputs.append((lastTime, record.goodput))
        for place in record.stays.indices { record.stays[place].to = min(record.stays[place].to, lastTime) }
        return record
    }

    mutating func schedule(_ happening: Happening, at time: Int) {
        queue.insert(Pending(time: time, order: order, happening: happening))
        order += 1
    }

    private mutating func handle(_ happening: Happening, _ now: Int) throws {
        switch happening {
        case .event(let event): try handle(event, now)
        case .request(let request): try take(request, now)
        case .checkpoint:
            stepsAtCheckpoint = record.steps + (held == nil ? clock.steps(by: now) : 0)
            schedule(.checkpoint, at: now + settings.checkpoint)
        case .sample: sample(now)
        case .rates: if held == nil, clock.begun(by: now) == 0 { expectBoundaries(now) }
        case .haltBegins(let id): beginHalt(id, now)
        case .haltEnds(let id): endHalt(id, now)
        case .effective(let id): finish(id, now)
        case .end: break
        }
    }

    // MARK: Training

    /// How often goodput is looked at, besides the end.
    private static let samples = 200

    /// What has been done of the step under way, in millionths.
    private func begun(_ now: Int) -> Int {
        Int(Int128(clock.begun(by: now)) * 1_000_000 / Int128(clock.step))
    }

    private mutating func sample(_ now: Int) {
        var done = Int128(record.steps) * 1_000_000
        if held == nil { done += Int128(clock.steps(by: now)) * 1_000_000 + Int128(begun(now)) }
        record.goodputs.append((now, PolicyRecord.goodput(done, of: record.idealSteps)))
    }

    private mutating func advance(to time: Int) {
        let passed = time - lastTime
        guard passed > 0 else { return }
        share(from: lastTime, to: time)
        lastTime = time
        record.memberTime += passed * members.count
        if held != nil { record.idle += passed * members.count }
        guard !machines.isEmpty else { return }
        let step = idealStep ?? times.shape(machines, links: links).length
        idealStep = step
        record.idealSteps += Int128(passed) * 1_000_000 / Int128(step)
    }

    /// Counts the steps that are done. What has been computed of the next is lost, or goes on.
    private mutating func settle(_ now: Int, isLost: Bool) {
        guard held == nil else { return }
        let done = clock.steps(by: now)
        record.steps += done
        clock.origin += done * clock.step
        if isLost { record.idle += clock.begun(by: now) * members.count }
    }

    private mutating func noteIdle(_ now: Int) {
        let count = held == nil ? 0 : members.count
        if record.idleMembers.last?.count ?? 0 != count { record.idleMembers.append((now, count)) }
    }

    mutating func stop(_ now: Int, keeps: Bool) {
        settle(now, isLost: !keeps)
        withdrawContributions(now)
        if held == nil { held = keeps ? max(0, now - clock.origin) : 0 }
        noteIdle(now)
    }

    mutating func goOn(_ now: Int) {
        guard let kept = held, !handlings.values.contains(where: \.isHalting), !members.isEmpty else { return }
        held = nil
        shape = times.shape(members, links: links)
        clock.origin = now - min(kept, clock.step - 1)
        noteIdle(now)
        expectContributions(now)
        expectBoundaries(now)
    }

    /// Members that have not computed anything yet do so in the step that begins now.
    private mutating func expectContributions(_ now: Int) {
        guard held == nil else { return }
        for (node, join) in newcomers where members.contains(node) && record.joins[join].contributed == nil {
            record.joins[join].contributed = now + times.compute(members)
        }
    }

    /// What newcomers were to compute in a step that is broken off, or does not end, is not computed.
    private mutating func withdrawContributions(_ now: Int) {
        for (node, join) in newcomers {
            if let contributed = record.joins[join].contributed, contributed <= now {
                newcomers[node] = nil
            } else {
                record.joins[join].contributed = nil
            }
        }
    }

    /// The members are others from now on; of the step under way so much is done as before.
    mutating func changeMembers(_ now: Int, _ change: (inout [NodeID]) -> Void) {
        settle(now, isLost: false)
        let before = Set(members)
        change(&members)
        for node in members where !before.contains(node) {
            record.stays.append(.init(node: node.rawValue, from: now, to: .max))
        }
        let rest = Set(members.map(\.rawValue))
        for (place, stay) in record.stays.enumerated() where stay.to == .max && !rest.contains(stay.node) {
            record.stays[place].to = now
        }
        guard !members.isEmpty else {
            held = held ?? 0
            return
        }
        let begun = max(0, now - clock.origin)
        shape = times.shape(members, links: links)
        if held == nil { clock.origin = now - min(begun, clock.step - 1) }
        noteIdle(now)
        expectBoundaries(now)
    }

    private mutating func beginHalt(_ id: Int, _ now: Int) {
        guard let handling = handlings[id] else { return }
        var keeps = true
        if case .atOnce = handling.run.course.halt { keeps = false }
        stop(now, keeps: keeps)
        handlings[id]?.isHalting = true
        handlings[id]?.halt = record.halts.count
        record.halts.append(.init(event: handling.request.event, from: now, to: now))
        guard handling.run.course.isRedone else { return }
        let again = max(0, record.steps - stepsAtCheckpoint)
        record.steps -= again
        record.stepsAgain += again
        record.idle += Int(clamping: Int128(again) * Int128(clock.step) * Int128(members.count))
    }

    private mutating func endHalt(_ id: Int, _ now: Int) {
        guard let handling = handlings[id] else { return }
        if let halt = handling.halt { record.halts[halt].to = now }
        handlings[id]?.isHalting = false
        // The change counts before training goes on.
        if handling.isGivenUp || handling.run.effective <= now { finish(id, now) }
        goOn(now)
    }

    /// The change counts.
    private mutating func finish(_ id: Int, _ now: Int) {
        guard let handling = handlings[id], !handling.isHalting else { return }
        if let due = due(id, now, nextBoundary(now)), due > now { return schedule(.effective(id), at: due) }
        handlings[id] = nil
        let request = handling.request
        if handling.isGivenUp { return goOn(now) }
        switch request.event {
        case .join:
            guard let join = request.join, machines.contains(request.node) else { break }
            changeMembers(now) { members in
                members.append(request.node)
                members.sort()
            }
            record.joins[join].whole = handling.run.whole
            newcomers[request.node] = join
            expectContributions(now)
        case .leave:
            remove(request.node, now)
        case .crash, .cut, .mend: break
        }
        if request.event != .join {
            record.handled.append(
                .init(
                    event: request.event, at: request.since,
                    time: handling.run.start - request.since + handling.run.handling))
        }
        if handling.run.course.activities.contains(where: { $0.purpose == .write }) { stepsAtCheckpoint = record.steps }
        goOn(now)
    }

    // MARK: Links

    mutating func connect(_ link: Link) {
        links[link.a, default: []].insert(link.b)
        links[link.b, default: []].insert(link.a)
    }

    mutating func disconnect(_ node: NodeID) {
        for peer in links.removeValue(forKey: node) ?? [] { links[peer]?.remove(node) }
    }
}
