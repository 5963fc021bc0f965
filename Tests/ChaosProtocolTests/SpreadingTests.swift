import ChaosModel
import Testing

@testable import ChaosProtocol

/// How reports reach the neighbours.
struct SpreadingTests {
    /// However many reports there are and however long they are: all of them are sent, in their order, in messages that
    /// nobody refuses, and no two of these that follow each other would have gone into one.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func largeMapGoesInParts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let neighbors = (1...UInt64(MessageLimits.nodes)).map { NodeID($0) }
        let longest = random.element(of: [0, 10, 100, 1000, MessageLimits.nodes])
        // More than a map holds, for the other limit.
        let reports = (1...random.int(1...3 * MessageLimits.nodes)).map { i in
            Report(
                node: NodeID(.max - UInt64(i)), sequence: 1,
                neighbors: Array(neighbors.prefix(random.int(0...longest))),
                wish: .stay)
        }
        let parts = MessageLimits.parts(of: reports)
        #expect(parts.flatMap { $0 } == reports)
        #expect(parts.allSatisfy { Message.reports($0).fault == nil })
        for (part, next) in zip(parts, parts.dropFirst()) {
            #expect(Message.reports(part + [next[0]]).fault != nil)
        }
        #expect(MessageLimits.parts(of: [Report]()) == [])
    }

    /// A node that knows of very many links tells a new neighbour of all of them.
    @Test func newNeighborIsToldAllInParts() {
        let nodes = (1...500 as ClosedRange<UInt64>).map { NodeID($0) }
        var node = Negotiation(node: 1, founding: nil)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        // Each with all others.
        for id in nodes.dropFirst() {
            let report = Report(node: id, sequence: 1, neighbors: nodes.filter { $0 != id }, wish: .stay)
            _ = node.onMessage(.reports([report]), from: 2, at: 0)
        }
        let messages = node.onLink(to: 1000, isUp: true, at: 0).compactMap { action -> [Report]? in
            guard case .send(.reports(let reports), 1000) = action else { return nil }
            return reports
        }
        #expect(messages.count > 1)
        #expect(messages.allSatisfy { Message.reports($0).fault == nil })
        #expect(Set(messages.joined().map(\.node)).isSuperset(of: nodes))
    }

    // MARK: To whoever is to propose

    /// What a node of this cluster sends to each of its neighbours: the sequences of reports, urgent ones negative.
    private static func told(_ actions: [Negotiation.Action]) -> [NodeID: [Int]] {
        var told: [NodeID: [Int]] = [:]
        for case .send(let message, let peer) in actions {
            switch message {
            case .reports(let reports): told[peer, default: []] += reports.map(\.sequence)
            case .news(let reports): told[peer, default: []] += reports.map { -$0.sequence }
            default: break
            }
        }
        return told
    }

    private static func report(
        _ node: NodeID, _ sequence: Int, links: [NodeID], bandwidth: Int = 1, wish: Report.Wish = .stay
    ) -> Report {
        Report(
            node: node, sequence: sequence, neighbors: links,
            qualities: Dictionary(uniqueKeysWithValues: links.map { ($0, LinkQuality(bandwidth: bandwidth)) }),
            wish: wish)
    }

    /// A node of a cluster whose links are all up, which has told what it knows of that.
    private static func member(
        _ id: NodeID, links: [Link], defect: PlantedDefect? = nil
    ) -> Negotiation {
        let members = Set(links.flatMap { [$0.a, $0.b] }).sorted()
        let view = View(number: 1, members: members, links: links)
        var node = Negotiation(node: id, founding: view, settings: NegotiationSettings(), defect: defect)
        _ = node.onStart(at: 0)
        func neighbors(_ id: NodeID) -> [NodeID] {
            links.compactMap { $0.a == id ? $0.b : $0.b == id ? $0.a : nil }.sorted()
        }
        for peer in neighbors(id) { _ = node.onLink(to: peer, isUp: true, at: 0) }
        let others = members.filter { $0 != id }.map { report($0, 1, links: neighbors($0)) }
        _ = node.onMessage(.reports(others), from: neighbors(id)[0], at: 0)
        _ = node.onStep(at: 0)
        _ = node.onWake(at: node.settings.hello)
        return node
    }

    private static let square = [Link(1, 2), Link(1, 3), Link(2, 4), Link(3, 4)]
    private static var mesh: [Link] {
        let ids = (1...5 as ClosedRange<UInt64>).map { NodeID($0) }
        return ids.flatMap { a in ids.filter { $0 > a }.map { Link(a, $0) } }
    }

    /// What may make a view due goes at once to whoever is to propose and to nobody else, and once; the others hear of it
    /// with the next hello.
    @Test func urgentNewsGoesToTheProposer() {
        var node = Self.member(4, links: Self.mesh)
        let hello = node.settings.hello
        let sent = Self.told(node.onLink(to: 5, isUp: false, at: hello + 1))
        #expect(sent.keys.sorted() == [1] && sent[1]!.count == 1 && sent[1]![0] < 0)
        let number = -sent[1]![0]
        #expect(Self.told(node.onWake(at: 2 * hello)) == [2: [number], 3: [number]])
        #expect(Self.told(node.onWake(at: 3 * hello)) == [:])
    }

    /// Whoever is asked to pass it on does so, unless it is to propose itself, or the proposer hears of it otherwise.
    @Test func urgentNewsIsPassedOnOverOneNeighbor() {
        let loss = Self.report(4, 2, links: [2])
        var node = Self.member(2, links: Self.square)
        let now = node.settings.hello + 1
        #expect(Self.told(node.onMessage(.news([loss]), from: 4, at: now)) == [1: [-2]])
        node = Self.member(2, links: Self.square)
        #expect(Self.told(node.onMessage(.reports([loss]), from: 4, at: now)) == [:])
        #expect(Self.told(node.onWake(at: 2 * node.settings.hello)) == [1: [2]])
        node = Self.member(1, links: Self.square)
        #expect(Self.told(node.onMessage(.news([loss]), from: 2, at: now)) == [:])
        node = Self.member(2, links: Self.mesh)
        #expect(Self.told(node.onMessage(.news([Self.report(4, 2, links: [1, 2, 3])]), from: 4, at: now)) == [:])
    }

    /// Whoever has lost the proposer tells the next one, and it does not pass that on to the one that is doubtful.
    @Test func aProposerInDoubtIsPassedBy() {
        var node = Self.member(4, links: Self.mesh)
        let now = node.settings.hello + 1
        #expect(Self.told(node.onLink(to: 1, isUp: false, at: now)).keys.sorted() == [2])
        node = Self.member(2, links: Self.mesh)
        #expect(Self.told(node.onMessage(.news([Self.report(4, 2, links: [2, 3, 5])]), from: 4, at: now)) == [:])
        // On a way that is the only one it is not.
        node = Self.member(3, links: [Link(1, 2), Link(2, 3), Link(3, 4)])
        #expect(Self.told(node.onMessage(.news([Self.report(4, 2, links: [3, 2])]), from: 4, at: now)) == [2: [-2]])
    }

    /// The request for a view goes out with the reports that have made it due.
    @Test func aRequestGoesWithItsReasons() {
        var node = Self.member(1, links: Self.mesh)
        let now = node.settings.hello + 1
        _ = node.onMessage(.news([Self.report(4, 2, links: [1, 2, 3])]), from: 4, at: now)
        let actions = node.onMessage(.news([Self.report(5, 2, links: [1, 2, 3])]), from: 5, at: now)
        for peer in [2, 3, 4, 5] as [NodeID] {
            let sent = actions.compactMap { if case .send(let message, peer) = $0 { message } else { nil } }
            guard sent.count == 2, case .reports(let reports) = sent[0], case .relayed(let envelope) = sent[1],
                case .accept(_, let view) = envelope.body
            else {
                Issue.record("\(sent) to \(peer)")
                continue
            }
            #expect(!view.links.contains(Link(4, 5)))
            #expect(reports.map(\.node) == ([4, 5] as [NodeID]).filter { $0 != peer })
        }
    }

    /// A link that only one end has lost is waited for, for a while; when it is clear that the other end is gone, no longer.
    @Test(arguments: [false, true]) func theRestOfAnEventIsWaitedFor(isCrash: Bool) {
        var node = Self.member(1, links: Self.mesh)
        let hello = node.settings.hello
        func requests(_ actions: [Negotiation.Action]) -> Int {
            actions.count { if case .send(.relayed, _) = $0 { true } else { false } }
        }
        var actions = node.onMessage(.news([Self.report(4, 2, links: [1, 2, 3])]), from: 4, at: hello + 1)
        #expect(requests(actions) == 0)
        if isCrash {
            for id in [2, 3] as [NodeID] {
                let links = ([1, 2, 3, 4] as [NodeID]).filter { $0 != id }
                actions = node.onMessage(.news([Self.report(id, 2, links: links)]), from: id, at: hello + 2)
                #expect(requests(actions) == 0)
            }
            actions = node.onLink(to: 5, isUp: false, at: hello + 3)
            #expect(requests(actions) == 3)
            guard
                case .send(.relayed(let envelope), _)? = actions.last(where: {
                    if case .send(.relayed, _) = $0 { true } else { false }
                }),
                case .accept(_, let view) = envelope.body
            else {
                Issue.record("nothing is asked for")
                return
            }
            #expect(view.members == [1, 2, 3, 4])
        } else {
            #expect(actions.contains(.wake(at: 2 * hello)) || node.nextWake == 2 * hello)
            #expect(requests(node.onWake(at: 3 * hello)) == 0)
            #expect(requests(node.onWake(at: 3 * hello + 1)) == 4)
        }
    }

    // MARK: To everyone

    /// Measurements are passed on with the next hello, the last ones only.
    @Test func measurementsWaitForTheHello() {
        var node = Self.member(2, links: Self.square)
        let hello = node.settings.hello
        for sequence in 2...5 {
            let measured = Self.report(4, sequence, links: [2, 3], bandwidth: sequence)
            #expect(Self.told(node.onMessage(.news([measured]), from: 4, at: hello + 1)) == [:])
        }
        #expect(Self.told(node.onWake(at: 2 * hello)) == [1: [5]])
        #expect(Self.told(node.onWake(at: 3 * hello)) == [:])
    }

    /// What another node has measured goes on along the tree alone, and what may make a view due everywhere.
    @Test func measurementsGoAlongTheTree() {
        var node = Self.member(4, links: Self.square + [Link(4, 5)])
        let hello = node.settings.hello
        let measured = Self.report(5, 2, links: [4], bandwidth: 7)
        _ = node.onMessage(.reports([measured]), from: 5, at: hello + 1)
        #expect(Self.told(node.onWake(at: 2 * hello)) == [2: [2]])
        _ = node.onMessage(.reports([Self.report(5, 3, links: [4], wish: .leave)]), from: 5, at: 2 * hello + 1)
        // Measured since, and not told yet: it remains an event.
        _ = node.onMessage(
            .reports([Self.report(5, 4, links: [4], bandwidth: 8, wish: .leave)]), from: 5, at: 2 * hello + 2)
        #expect(Self.told(node.onWake(at: 3 * hello)) == [2: [4], 3: [4]])
    }

    /// A founder says of itself when its links in the founding view are up, or with the next hello.
    @Test(arguments: [nil, .heldBackForever] as [PlantedDefect?]) func aFounderTellsOfAllItsLinksAtOnce(
        _ defect: PlantedDefect?
    ) {
        let founding = View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)])
        var node = Negotiation(node: 1, founding: founding, settings: NegotiationSettings(), defect: defect)
        let hello = node.settings.hello
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 1)
        _ = node.onMessage(.reports([Self.report(2, 1, links: [1])]), from: 2, at: hello / 2)
        var partial = node
        #expect(Self.told(partial.onWake(at: hello))[2]?.isEmpty ?? true == (defect != nil))
        #expect(Self.told(node.onLink(to: 3, isUp: true, at: hello * 3 / 4))[2]?.count == 1)
    }

    /// Whoever has no view gets it from the first that it is linked to, and from all that still see it without one.
    @Test func whoeverHasNoViewGetsItOnce() {
        func views(_ actions: [Negotiation.Action]) -> Int {
            actions.count { if case .send(.decided, 9) = $0 { true } else { false } }
        }
        for (links, isFirst) in [([] as [NodeID], true), ([1, 3], false), ([2, 3], true)] {
            var node = Self.member(2, links: Self.square)
            let now = node.settings.hello + 1
            _ = node.onLink(to: 9, isUp: true, at: now)
            _ = node.onMessage(.reports([Self.report(9, 1, links: links)]), from: 9, at: now)
            #expect(views(node.onMessage(.hello(view: 0, digest: 0), from: 9, at: now)) == (isFirst ? 1 : 0))
            #expect(views(node.onMessage(.hello(view: 0, digest: 0), from: 9, at: now + 1)) == 1)
        }
    }

    // MARK: Votes

    private static func requests(_ actions: [Negotiation.Action], to peer: NodeID) -> [Envelope.Body] {
        actions.compactMap {
            if case .send(.relayed(let envelope), peer) = $0 { envelope.body } else { nil }
        }
    }

    private static func envelope(_ origin: NodeID, _ number: Int, to peer: NodeID, _ body: Envelope.Body) -> Message {
        .relayed(Envelope(origin: origin, sequence: number, destination: peer, insists: false, body: body))
    }

    /// Whoever loses the least member promises the next one without being asked, and with these promises the next one asks at
    /// once for the view without it.
    @Test func promisesThatNobodyHasAskedFor() {
        let now = NegotiationSettings().hello + 1
        let ballot = Ballot(round: 1, proposer: 2)
        var node = Self.member(4, links: Self.mesh)
        let promise = Envelope.Body.promise(ballot, next: 2, accepted: nil)
        #expect(Self.requests(node.onLink(to: 1, isUp: false, at: now), to: 2) == [promise])
        // It is kept.
        let lesser = Envelope.Body.accept(
            .first(after: node.view!), View(number: 2, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)]))
        let refusal = node.onMessage(
            .relayed(Envelope(origin: 1, sequence: 1, destination: nil, insists: false, body: lesser)), from: 3, at: now
        )
        #expect(Self.requests(refusal, to: 3).contains(.refuse(promised: ballot, next: 2)))
        #expect(refusal.contains { if case .accepted = $0 { true } else { false } })

        node = Self.member(2, links: Self.mesh)
        #expect(Self.requests(node.onLink(to: 1, isUp: false, at: now), to: 3).isEmpty)
        var asked: [Envelope.Body] = []
        for peer in [3, 4, 5] as [NodeID] {
            #expect(asked.isEmpty)
            asked += Self.requests(
                node.onMessage(Self.envelope(peer, 1, to: 2, promise), from: peer, at: now), to: 3)
            let links = ([2, 3, 4, 5] as [NodeID]).filter { $0 != peer }
            asked += Self.requests(
                node.onMessage(.news([Self.report(peer, 2, links: links)]), from: peer, at: now), to: 3)
        }
        guard case .accept(ballot, let next)? = asked.first, asked.count == 1 else {
            Issue.record("\(asked)")
            return
        }
        #expect(next.members == [2, 3, 4, 5])
    }

    @Test(arguments: [nil, .earlyPromiseNotKept] as [PlantedDefect?]) func anEarlyPromiseIsKept(
        _ defect: PlantedDefect?
    ) {
        var node = Self.member(4, links: Self.mesh, defect: defect)
        let now = node.settings.hello + 1
        _ = node.onLink(to: 1, isUp: false, at: now)
        let next = View(number: 2, members: [1, 2, 3], links: [Link(1, 2), Link(1, 3)])
        let request = Envelope.Body.accept(.first(after: node.view!), next)
        let answers = Self.requests(
            node.onMessage(
                .relayed(Envelope(origin: 1, sequence: 1, destination: nil, insists: false, body: request)), from: 3,
                at: now), to: 3)
        let hasVoted = answers.contains { if case .accepted = $0 { true } else { false } }
        #expect(hasVoted == (defect != nil))
    }

    /// Whoever says when the view begins tells that it is decided when all have accepted, or when they have had their time.
    @Test(arguments: [nil, .restAwaitedForever] as [PlantedDefect?]) func theVotesOfTheRestAreWaitedFor(
        _ defect: PlantedDefect?
    ) {
        var node = Self.member(1, links: Self.mesh, defect: defect)
        let now = node.settings.hello + 1
        for (peer, links) in [(4, [1, 2, 3]), (5, [1, 2, 3])] as [(NodeID, [NodeID])] {
            _ = node.onMessage(.news([Self.report(peer, 2, links: links)]), from: peer, at: now)
        }
        func isDecided(_ actions: [Negotiation.Action]) -> Bool {
            actions.contains { if case .install = $0 { true } else { false } }
        }
        let vote = Envelope.Body.accepted(Ballot(round: 0, proposer: 1), next: 2)
        for peer in [2, 3, 4] as [NodeID] {
            #expect(!isDecided(node.onMessage(Self.envelope(peer, 1, to: 1, vote), from: peer, at: now)))
        }
        var late = node
        #expect(isDecided(late.onWake(at: now + node.settings.retry)) == (defect == nil))
        #expect(isDecided(node.onMessage(Self.envelope(5, 1, to: 1, vote), from: 5, at: now)))
    }

    /// The least member asks for one view in the first ballot, whatever happens meanwhile.
    @Test(arguments: [nil, .firstBallotReused] as [PlantedDefect?]) func theFirstBallotIsForOneView(
        _ defect: PlantedDefect?
    ) {
        var node = Self.member(1, links: Self.mesh, defect: defect)
        let now = node.settings.hello + 1
        var asked: [Envelope.Body] = []
        for (peer, number, links) in [(4, 2, [1, 2, 3]), (5, 2, [1, 2, 3]), (3, 2, [1, 2, 5]), (4, 3, [1, 2])]
            as [(NodeID, Int, [NodeID])]
        {
            let news = Message.news([Self.report(peer, number, links: links)])
            asked += Self.requests(node.onMessage(news, from: peer, at: now), to: 2)
        }
        #expect((asked.count == 1) == (defect == nil))
    }

    /// The least member, refused by too many who have promised the next one unasked, asks for the same in a greater ballot.
    @Test(arguments: [nil, .earlyPromiseGivenWay] as [PlantedDefect?]) func theLeastAsksAgainInAGreaterBallot(
        _ defect: PlantedDefect?
    ) {
        var node = Self.member(1, links: Self.mesh, defect: defect)
        let now = node.settings.hello + 1
        for (peer, links) in [(4, [1, 2, 3]), (5, [1, 2, 3])] as [(NodeID, [NodeID])] {
            _ = node.onMessage(.news([Self.report(peer, 2, links: links)]), from: peer, at: now)
        }
        let refusal = Envelope.Body.refuse(promised: Ballot(round: 1, proposer: 2), next: 2)
        var asked: [Envelope.Body] = []
        for peer in [3, 4, 5] as [NodeID] {
            #expect(asked.isEmpty)
            asked += Self.requests(
                node.onMessage(Self.envelope(peer, 1, to: 1, refusal), from: peer, at: now), to: 2)
        }
        let again = Envelope.Body.prepare(Ballot(round: 2, proposer: 1), next: 2)
        #expect(asked == (defect == nil ? [again] : []))
    }

    // MARK: All in the end

    /// Much news at a stretch is passed on in few messages, none of it is lost, and none goes back.
    @Test func newsAtAStretchGoesTogether() {
        var node = Self.member(2, links: Self.square)
        let now = node.settings.hello + 1
        let count = 1000
        var told: [[Int]] = []
        for i in 1...count {
            let joiner = Self.report(NodeID(UInt64(100 + i)), i, links: [4], wish: .join)
            let sent = Self.told(node.onMessage(.news([joiner]), from: 4, at: now))
            #expect(sent.keys.allSatisfy { $0 == 1 })
            told += sent.values
        }
        #expect(told.count <= node.settings.burst)
        let rest = Self.told(node.onWake(at: now + node.settings.spreading))
        #expect(rest.count == 1)
        #expect((told + rest.values).joined().map { -$0 }.sorted() == Array(1...count))
    }

    /// A neighbour whose hellos differ is told everything when they have done so for a while, and not before.
    @Test(arguments: [nil, .differenceIgnored] as [PlantedDefect?]) func aLastingDifferenceIsMended(
        _ defect: PlantedDefect?
    ) {
        var node = Self.member(2, links: Self.square, defect: defect)
        var told: [Int] = []
        for i in 1...9 {
            let sent = Self.told(node.onMessage(.hello(view: 1, digest: 5), from: 4, at: node.settings.hello + i))
            told.append(sent[4]?.count ?? 0)
        }
        #expect(told == (defect == nil ? [0, 0, 0, 4, 0, 0, 0, 4, 0] : Array(repeating: 0, count: 9)))
        node = Self.member(2, links: Self.square)
        for i in 1...9 {
            let digest = i % 4 == 0 ? node.map.digest : 5
            #expect(
                Self.told(node.onMessage(.hello(view: 1, digest: digest), from: 4, at: node.settings.hello + i)) == [:])
        }
    }

    /// Where a hello brings no news the tree is not gone around when it fails.
    @Test(arguments: [nil, .treeNotGoneAround] as [PlantedDefect?]) func hellosGoAroundTheTree(_ defect: PlantedDefect?)
    {
        var node = Self.member(4, links: Self.mesh, defect: defect)
        let hello = node.settings.hello
        _ = node.onLink(to: 5, isUp: false, at: hello + 1)
        #expect(Self.told(node.onWake(at: 2 * hello)).isEmpty == (defect != nil))
    }

    /// In the end every report is told once more, whether or not it differs.
    @Test func allReportsAreRepeated() {
        var node = Self.member(2, links: Self.square)
        var told: Set<Int> = []
        for beat in 2...Negotiation.seldom * 6 {
            for (peer, sequences) in Self.told(node.onWake(at: beat * node.settings.hello)) where peer == 4 {
                told.formUnion(sequences)
            }
        }
        #expect(told.count >= 2)
    }
}
