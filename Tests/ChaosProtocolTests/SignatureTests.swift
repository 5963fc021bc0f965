import ChaosProtocol
import ChaosTesting
import Testing

/// What a node with a signatory believes. That nothing else is believed in whole clusters, with forgers among them, the
/// simulator shows.
@Suite struct SignatureTests {
    /// Signs with a key that others must not have; nothing of it is secret here.
    private final class Signer: Signatory {
        let claim: Claim
        let key: UInt8

        init(_ node: NodeID, key: UInt8, time: UInt8 = 0) {
            self.key = key
            claim = Claim(node: node, bytes: [key, time])
        }

        func seal(_ report: Report) -> Seal { Seal(content: [], signature: Self.signature(key, "\(report)")) }
        func seal(_ envelope: Envelope) -> Seal { Seal(content: [], signature: Self.signature(key, "\(envelope)")) }

        static func signature(_ key: UInt8, _ text: String) -> [UInt8] { [key] + Array(text.utf8) }

        func author(of claim: Claim) -> (any Author)? { claim.bytes[0] == 0 ? nil : Known(claim) }
    }

    private final class Known: Author {
        let claim: Claim

        init(_ claim: Claim) { self.claim = claim }

        func hasSigned(_ report: Report) -> Bool {
            report.seal?.signature == Signer.signature(claim.bytes[0], "\(report)")
        }

        func hasSigned(_ envelope: Envelope) -> Bool {
            envelope.seal?.signature == Signer.signature(claim.bytes[0], "\(envelope)")
        }

        func isRenewed(by other: any Author) -> Bool {
            claim.bytes[0] == other.claim.bytes[0] && claim.bytes[1] < other.claim.bytes[1]
        }
    }

    private static let view = View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3)])

    /// Node 1, which has a link to 2 and knows who 2 is.
    private static func node() -> Negotiation {
        var node = Negotiation(node: 1, founding: view, signatory: Signer(1, key: 10))
        _ = node.onStart(at: 0)
        _ = node.onClaim(Signer(2, key: 20).claim, at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        return node
    }

    private static func report(_ node: NodeID, _ sequence: Int, by signer: Signer?) -> Report {
        let report = Report(node: node, sequence: sequence, neighbors: [1], wish: .stay)
        return report.sealed(with: signer?.seal(report))
    }

    @Test func whatIsSaidIsSigned() throws {
        var node = Self.node()
        let sent = node.onLink(to: 5, isUp: true, at: 1).compactMap { action -> Message? in
            if case .send(let message, to: 5) = action { message } else { nil }
        }
        let claims = sent.compactMap { if case .claims(let claims) = $0 { claims } else { nil } }.flatMap { $0 }
        let reports = sent.compactMap { if case .reports(let reports) = $0 { reports } else { nil } }.flatMap { $0 }
        #expect(claims == [Signer(1, key: 10).claim, Signer(2, key: 20).claim])
        let own = try #require(reports.first { $0.node == 1 })
        #expect(Known(claims[0]).hasSigned(own))
        // The claims come first.
        let first = try #require(sent.firstIndex { if case .claims = $0 { true } else { false } })
        #expect(try first < #require(sent.firstIndex { if case .reports = $0 { true } else { false } }))
    }

    @Test func onlyItsNodeIsBelieved() {
        var node = Self.node()
        _ = node.onLink(to: 5, isUp: true, at: 1)
        let good = Self.report(2, 1, by: Signer(2, key: 20))
        for forged in [
            Self.report(2, 1, by: nil), Self.report(2, 1, by: Signer(2, key: 30)),
            Self.report(2, 2, by: Signer(2, key: 20)).sealed(with: good.seal),
        ] {
            #expect(node.onMessage(.reports([forged]), from: 5, at: 1).contains(.refused(.forged(2), from: 5)))
            #expect(!node.believes(forged))
        }
        #expect(!node.onMessage(.reports([good]), from: 5, at: 2).contains(.refused(.forged(2), from: 5)))
        #expect(node.believes(good))
    }

    /// The connection vouches for what a neighbour says of itself; what it has not signed as well is not passed on, for others
    /// would take this node for the forger.
    @Test(arguments: [20, 30] as [UInt8]) func aNeighborsOwnWord(key: UInt8) {
        var node = Self.node()
        _ = node.onLink(to: 5, isUp: true, at: 1)
        let report = Self.report(2, 1, by: Signer(2, key: key))
        func passes(_ actions: [Negotiation.Action]) -> Bool {
            actions.contains { if case .send(.reports(let sent), to: 5) = $0 { sent.contains(report) } else { false } }
        }
        let actions = node.onMessage(.reports([report]), from: 2, at: 2) + node.onWake(at: node.settings.hello)
        #expect(node.believes(report) && passes(actions) == (key == 20))
        #expect(actions.contains(.refused(.forged(2), from: 2)) == (key != 20))
        let later = node.settings.hello + 1
        let answers = (1...4).flatMap { _ in node.onMessage(.hello(view: 1, digest: 0), from: 5, at: later) }
        #expect(passes(answers) == (key == 20))
    }

    /// A report of a node of which nothing is known is asked about, and believed when the answer comes.
    @Test func whoIsNotKnownIsAskedFor() {
        var node = Self.node()
        let three = Signer(3, key: 40)
        let report = Self.report(3, 7, by: three)
        #expect(node.onMessage(.reports([report]), from: 2, at: 1).contains(.send(.unclaimed([3]), to: 2)))
        #expect(!node.believes(report))
        let news = node.onMessage(.claims([three.claim]), from: 2, at: 2)
        #expect(news.contains(.introduced(three.claim)))
        _ = node.onMessage(.reports([report]), from: 2, at: 3)
        #expect(node.believes(report))
        // And so asks node 2 here: claims first, then what is known.
        let answers = node.onMessage(.unclaimed([3, 9]), from: 2, at: 4)
        #expect(answers.prefix(2) == [.send(.claims([three.claim]), to: 2), .send(.reports([report]), to: 2)])
    }

    @Test func anIdHasOneLife() {
        var node = Self.node()
        let (old, renewed) = (Signer(3, key: 40), Signer(3, key: 40, time: 1))
        _ = node.onMessage(.claims([old.claim]), from: 2, at: 1)
        // Another's, one that is not right, and the same again.
        let wrong: [(Claim, MessageFault?)] = [
            (Signer(3, key: 50).claim, .taken(3)), (Signer(4, key: 0).claim, .claim(of: 4)), (old.claim, nil),
        ]
        for (claim, fault) in wrong {
            let refused = node.onMessage(.claims([claim]), from: 2, at: 2).compactMap { action -> MessageFault? in
                if case .refused(let fault, from: 2) = action { fault } else { nil }
            }
            #expect(refused == (fault.map { [$0] } ?? []), "\(claim)")
        }
        #expect(node.claim(of: 3) == old.claim && node.contradicts(Signer(3, key: 50).claim))
        // After a renewal, which counts once in a minute; the earlier one is no news then, and no theft.
        let minute = 60_000_000_000
        #expect(node.onMessage(.claims([renewed.claim]), from: 2, at: 3) == [])
        let later = node.onMessage(.claims([renewed.claim]), from: 2, at: minute + 1)
        #expect(later.contains(.introduced(renewed.claim)))
        #expect(node.onMessage(.claims([old.claim]), from: 2, at: 3 * minute) == [])
        #expect(node.claim(of: 3) == renewed.claim && !node.contradicts(old.claim))
        // Nobody takes an id from the node itself.
        _ = node.onMessage(.claims([Signer(1, key: 50).claim]), from: 2, at: 3 * minute)
        #expect(node.claim(of: 1) == Signer(1, key: 10).claim)
    }

    /// Claims of which no report comes push out each other, and nobody else.
    @Test func claimsOfNobody() {
        var node = Self.node()
        let three = Signer(3, key: 40)
        _ = node.onMessage(.claims([three.claim]), from: 2, at: 1)
        _ = node.onMessage(.reports([Self.report(3, 7, by: three)]), from: 2, at: 1)
        for id in 100..<300 as Range<UInt64> {
            _ = node.onMessage(.claims([Signer(NodeID(id), key: 60).claim]), from: 2, at: 2)
        }
        #expect(node.claim(of: 3) != nil && node.claim(of: 2) != nil && node.claim(of: 100) == nil)
        #expect((100..<300 as Range<UInt64>).count { node.claim(of: NodeID($0)) != nil } == 64)
    }

    /// What does not matter any more is forgotten: the same id may come back as another life.
    @Test func anIdIsFreeAgain() throws {
        var node = Self.node()
        let (old, new) = (Signer(9, key: 40), Signer(9, key: 50))
        _ = node.onMessage(.claims([old.claim]), from: 2, at: 1)
        _ = node.onMessage(.reports([Self.report(9, 7, by: old)]), from: 2, at: 1)
        #expect(node.contradicts(new.claim))
        for step in 1...100 { _ = node.onWake(at: step * node.settings.hello) }
        #expect(node.claim(of: 9) == nil && !node.contradicts(new.claim) && node.claim(of: 2) != nil)
        let later = 101 * node.settings.hello
        _ = node.onMessage(.claims([new.claim]), from: 2, at: later)
        let report = Self.report(9, 1, by: new)
        _ = node.onMessage(.reports([report]), from: 2, at: later)
        #expect(node.believes(report))
    }

    /// A member may bring many bytes that nobody reads, but not more than its report may have.
    @Test func whatIsSignedIsBounded() {
        let report = Report(node: 2, sequence: 1, neighbors: [1], wish: .stay)
        for (bytes, isTaken) in [(1056, true), (1057, false)] {
            let long = report.sealed(with: Seal(content: [UInt8](repeating: 0, count: bytes), signature: [1]))
            #expect((Message.reports([long]).fault == nil) == isTaken)
        }
    }

    /// Nobody asks for votes in another's ballot.
    @Test func ballotsHaveAProposer() {
        var node = Negotiation(node: 1, founding: Self.view)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        for (round, origin, answers) in [(1, 2, true), (1, 3, false), (1 << 33, 2, false)] as [(Int, NodeID, Bool)] {
            let request = Envelope(
                origin: origin, sequence: 1 + round, destination: 1, insists: false,
                body: .prepare(Ballot(round: round, proposer: 2), next: 2))
            let actions = node.onMessage(.relayed(request), from: 2, at: 1)
            #expect(actions.contains { if case .send(.relayed, _) = $0 { true } else { false } } == answers)
        }
    }

    /// A vote that a relay has made up neither counts nor travels on, and does not stand in the way of the real one.
    @Test func votesAreSigned() {
        var node = Self.node()
        let two = Signer(2, key: 20)
        let vote = Envelope(
            origin: 2, sequence: 1, destination: nil, insists: true, body: .behind(view: 0))
        let forged = Envelope(
            origin: 2, sequence: 1, destination: nil, insists: true, body: .behind(view: 1), seal: two.seal(vote))
        _ = node.onLink(to: 5, isUp: true, at: 1)
        let refused = node.onMessage(.relayed(forged), from: 5, at: 2)
        #expect(refused.contains(.refused(.forged(2), from: 5)) && !node.believes(forged))
        #expect(!refused.contains { if case .send(.relayed, _) = $0 { true } else { false } })
        let real = vote.sealed(with: two.seal(vote))
        #expect(node.onMessage(.relayed(real), from: 2, at: 3).contains(.send(.relayed(real), to: 5)))
    }

    /// Without a signatory nothing is asked for, and nothing refused.
    @Test func withoutOneEverythingIsBelieved() {
        var node = Negotiation(node: 1, founding: Self.view)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: 2, isUp: true, at: 0)
        let report = Self.report(3, 7, by: nil)
        #expect(!node.onMessage(.reports([report]), from: 2, at: 1).contains(.send(.unclaimed([3]), to: 2)))
        #expect(node.believes(report))
    }
}
