extension Negotiation: SelfChecking {
    /// Cost: O(neighbours + learners).
    package func check(_ holds: inout Sentences) {
        let isMember = role == .member
        holds("A node is no neighbour of itself.", neighbors[node] == nil)
        holds("Neighbours have a view or none.", neighbors.values.allSatisfy { $0 >= 0 })
        holds("Links that were measured are up.", statement.qualities.keys.allSatisfy { neighbors[$0] != nil })
        holds("A view that is found uneven is known.", (0...(view?.number ?? 0)).contains(statement.uneven))
        holds("A wish is about a view that is known.", statement.wish.view <= view?.number ?? 0)
        holds("Who is released wished to leave.", !isReleased || statement.wish == .leave)
        checkReport(&holds)

        holds("The map knows who is in the view.", map.everyone.count == view?.size ?? 0)
        holds("Only a member is halted.", !isHalted || isMember)
        holds("Only a member wants another view.", isMember || !(decision?.demand.isWanted ?? false))
        holds("Only a member proposes.", isMember || decision?.proposal == nil)
        holds("A node proposes in its own ballots.", decision?.proposal.map { $0.ballot.proposer == node } ?? true)
        holds("Nobody answers who has no vote.", defect == .learnerCounted || decision?.hasOnlyVoters ?? true)
        holds("Nothing is accepted beyond a promise.", defect == .promiseForgotten || decision?.acceptor.keeps ?? true)

        holds("The next wake is armed.", armed == nextWake)
        holds("Actions are handed over.", actions.isEmpty)
        holds(
            "Everybody hears which epoch this is.", statement.epoch == view?.epoch ?? 0 && map.epoch == statement.epoch)
        holds("Who is believed is known.", authors.signatory == nil || areAllKnown)
        holds(of: "neighbors", neighbors)
        holds(of: "linking", linking)
        holds(of: "authors", authors)
        holds(of: "statement", statement)
        holds(of: "map", map)
        holds(of: "relay", relay)
        holds(of: "spreading", spreading)
        if let decision { holds(of: "decision", decision) }
    }

    private var areAllKnown: Bool {
        defect == .forgeryBelieved || map.places.keys.allSatisfy { authors.claim(of: $0) != nil }
    }

    /// That everyone has been told what this node has to say.
    private func checkReport(_ holds: inout Sentences) {
        let report = map.entries.first?.report
        holds("The map begins with this node.", report?.node == node && map.node == node && relay.node == node)
        guard let report else { return }
        holds("The last report has the last number.", report.sequence == statement.sequence)
        holds("The last report says which links are up.", report.neighbors == neighbors.keys)
        holds("The last report says what this node wishes.", report.wish == statement.wish)
        holds("The last report says what the node is told to say.", report.address == statement.address)
        holds("The last report is of this epoch.", report.epoch == statement.epoch)
        holds("The last report is signed.", (report.seal == nil) == (authors.signatory == nil))
        holds("The last report says which view is uneven.", report.uneven == statement.uneven)
        holds("The last report has the last measurements.", report.measures(as: statement))
        holds(of: "report", report)
    }
}

extension Report {
    fileprivate func measures(as statement: Statement) -> Bool {
        resources == statement.resources
            && zip(neighbors, qualities).allSatisfy { $1 == statement.qualities[$0] ?? .unmeasured }
    }
}

extension Report.Wish {
    /// The number of the view that it is about; 0: none.
    fileprivate var view: Int {
        switch self {
        case .stay, .join, .leave: 0
        case .ready(let view), .again(let view): view
        }
    }
}

extension View {
    fileprivate var size: Int { members.count + learners.count }
}

// MARK: What it says

extension Statement: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Reports are counted.", (0...MessageLimits.greatestNumber).contains(sequence))
        holds("Measurements of links are in their ranges.", qualities.values.allSatisfy(\.isInRange))
        holds("Measurements of the node are in their ranges.", resources.isInRange)
    }
}

extension Report: SelfChecking {
    /// Cost: O(neighbours). Reports of others are looked over when they come (`Message.fault`).
    package func check(_ holds: inout Sentences) {
        holds("Neighbours ascend, each once.", neighbors.isStrictlyAscending)
        holds("A node does not report a link to itself.", !neighbors.containsSorted(node))
        holds("The number of a report is in its range.", (0...MessageLimits.greatestNumber).contains(sequence))
    }
}

// MARK: What it knows

extension ClusterMap: SelfChecking {
    /// Cost: O(neighbours). That links, reachability and digest are what the reports say costs O(nodes + links), and is
    /// compared with working all out anew in `ClusterMapTests`.
    package func check(_ holds: inout Sentences) {
        holds("Every node of the map has a place.", entries.count == places.keys.count)
        holds("The map keeps to its limit.", entries.count <= MessageLimits.nodes)
        holds("This node has the first place.", places[node] == 0)
        guard let own = entries.first else { return }
        holds("This node can be reached.", own.isReachable)
        holds("This node is marked as its view has it.", own.isInView == everyone.containsSorted(node))
        holds("Links lead to nodes of the map.", own.linked.allSatisfy(entries.indices.contains))
        holds("Links of this node lead to what can be reached.", own.linked.allSatisfy { entries[$0].isReachable })
        holds("Links of this node are reported by it.", own.linked.count <= own.report.neighbors.count)
    }
}

extension Relay: SelfChecking {
    /// Cost: O(log origins). Each origin is looked at when it changes.
    package func check(_ holds: inout Sentences) {
        holds("Envelopes are counted.", (0...MessageLimits.greatestNumber).contains(sequence))
        holds("What began here does not come.", origins[node] == nil)
    }
}

extension Relay.Origin: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The newest envelope of an origin has a number.", greatest > 0)
        holds("The newest envelope of an origin has come.", seen & 1 == 1)
    }
}

// MARK: What it passes on

extension Spreading: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Hellos go out, or nothing is pending.", helloAt != nil || news.isEmpty)
        holds("Urgent news is there.", !isUrgent || !news.isEmpty)
        holds("A difference that lasts is mended.", differences.values.allSatisfy { 1..<Self.mostDifferences ~= $0 })
        holds(of: "news", news)
        holds(of: "pace", pace)
        holds(of: "founding pace", foundingPace)
    }
}

extension PendingNews: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("Nobody has been told what has not come.", told.values.allSatisfy { $0 <= serial })
        holds("Who has been told is forgotten with the news.", told.isEmpty || !isEmpty)
    }
}

extension Pace: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The bucket has room for a token.", burst >= 1)
        holds("Tokens do not fall back in time.", pause >= 0)
    }
}

// MARK: What it decides

extension Decision: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds(of: "view", view)
        holds("The gap is a link of the founding view.", founding.map { $0.fits(view) } ?? true)
        holds("While the founding view is believed, no other is wanted.", founding == nil || !demand.isWanted)
        holds("What the map asks for has been worked out.", !demand.isUnknown)
        holds("Nothing is postponed after a step.", !hasStepped || !demand.isPostponed)
        holds("Whoever has done a step under a view has begun it.", hasBegun || !hasStepped)
        if let next = demand.next {
            holds("The view that is wanted is the next.", next.view.number == view.number + 1)
            holds("Members before this one are others.", view.members.indices.contains(next.turnsBefore))
            holds(of: "the next view", next.view)
        }
        holds("This node waits for its turn if and only if it has something to propose.", isWaiting == mayPropose)
        holds("A round that is used is not fresh.", proposal.map { $0.ballot.round < freshRound } ?? true)
        holds("A round that is promised is not fresh.", isFresh)
        holds("A proposer has promised no greater ballot.", proposal.map { acceptor.promised <= $0.ballot } ?? true)
        holds("What is accepted follows this view.", follows(acceptor.accepted?.view))
        holds("What is proposed follows this view.", proposal?.greatest != nil || follows(proposal?.view))
        holds(of: "acceptor", acceptor)
        if let proposal { holds(of: "proposal", proposal) }
    }

    private var mayPropose: Bool { demand.next != nil && !isHalted && proposal == nil }

    private var isFresh: Bool { acceptor.promised.round < freshRound || acceptor.promised == .first(after: view) }

    private func follows(_ next: View?) -> Bool { next.map { $0.number == view.number + 1 } ?? true }

    /// Of the answers to the proposal at hand.
    fileprivate var hasOnlyVoters: Bool { proposal.map { $0.voters.count <= view.members.count } ?? true }
}

extension Founding {
    fileprivate func fits(_ view: View) -> Bool { gap == 0 || view.links.indices.contains(gap) }
}

extension Demand {
    fileprivate var isWanted: Bool { isPostponed || next != nil }
}

extension Acceptor: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds(of: "what is promised", promised)
        if let accepted { holds(of: "what is accepted", accepted.ballot) }
    }

    fileprivate var keeps: Bool { accepted.map { $0.ballot <= promised } ?? true }
}

extension Proposal: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds(of: "ballot", ballot)
        holds("The first round asks for no promises.", ballot.round > 0 || phase == .accepting)
        holds("The first round takes nothing over.", ballot.round > 0 || greatest == nil)
        holds("What others have accepted has been promised.", greatest == nil || phase == .accepting || !voters.isEmpty)
    }
}

extension Ballot: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The round of a ballot is in its range.", (0...MessageLimits.greatestNumber).contains(round))
    }
}
