import ChaosControl
import ChaosProtocol
import Foundation

extension Node {
    func makeStatus() -> NodeStatus {
        let now = Clock.now
        let negotiation = cluster.negotiation
        return NodeStatus(
            node: config.node, cluster: config.cluster, process: Int(getpid()), address: listening.description,
            time: now, phase: phase, view: negotiation.view, isHalted: negotiation.isHalted,
            step: cluster.reduction.applied, loss: progress.loss, testLoss: progress.test?.loss,
            testAccuracy: progress.test?.accuracy, stateDigest: progress.digest?.digest,
            idleTime: cluster.reduction.idleTime(at: now), slowness: misbehavior.slowness, lies: misbehavior.lies,
            links: links,
            transfer: makeTransfer(), snapshots: snapshots.steps, stateDigestStep: progress.digest?.step,
            reason: reason, uptime: now - begun, checkpoint: progress.checkpoint, trouble: troubles.text,
            institution: credentials?.institution.name, institutions: institutions,
            certificateExpiry: (credentials?.expiry.timeIntervalSince1970).map { Int($0) })
    }

    /// Why the node is in its phase and not further.
    private var reason: String? {
        func list(_ nodes: [NodeID]) -> String { nodes.map(\.description).joined(separator: " ") }
        let negotiation = cluster.negotiation
        let members = negotiation.view?.members ?? []
        let needed =
            members.count % 2 == 0
            ? "\(members.count / 2 + 1) of them, or \(members.count / 2) with \(members.first.map(\.description) ?? "")"
            : "\(members.count / 2 + 1) of them"
        let up = transport.peers.values.filter { $0.control != nil }.map(\.id).sorted()
        switch phase {
        case .halted:
            return
                "it reaches the members \(list(negotiation.reachableMembers)) of \(list(members)) and needs \(needed); if the "
                + "others are gone for good, an operator may say so (chaos proceed)"
        case .idle where isOutside: return "it was not told to join"
        case .asking:
            return up.isEmpty
                ? "no link is up" + troubles(ofContacts: true) : "it asks \(list(up)) for the state" + answers
        case .planned:
            return "it waits for the members to admit it by a view; it has links to \(up.isEmpty ? "nobody" : list(up))"
        case .idle, .pulling, .catchingUp, .waiting, .training, .leaving, .finished: return nil
        }
    }

    /// What those say who were asked for the state and do not give it.
    private var answers: String {
        guard !refusals.isEmpty else { return "" }
        let said = Dictionary(grouping: refusals.keys, by: { refusals[$0]! }).sorted {
            $0.key.rawValue < $1.key.rawValue
        }
        let texts = said.map { refusal, nodes in
            nodes.sorted().map(\.description).joined(separator: " ") + ": \(refusal.sentence)"
        }
        let isNobodyThere = cluster.negotiation.view == nil && refusals.values.allSatisfy { $0 == .noState }
        return "; \(texts.joined(separator: "; "))"
            + (isNobodyThere
                ? "; where nobody is a member, one node has to found (found: true, or chaosd --restore)" : "")
    }

    /// Why links are down, in parentheses, as far as it is known.
    private func troubles(ofContacts: Bool) -> String {
        let peers = transport.peers.values.sorted { $0.id < $1.id }.compactMap { peer in
            peer.trouble.map { "\(peer.id): \($0)" }
        }
        let contacts = transport.contacts.compactMap { contact in
            contact.trouble.map { "\(contact.endpoint): \($0)" }
        }
        let reasons = (ofContacts ? [] : peers) + contacts
        return reasons.isEmpty ? "" : " (" + reasons.joined(separator: "; ") + ")"
    }

    private var isOutside: Bool { cluster.negotiation.role == .outside }

    private var phase: NodeStatus.Phase {
        if isLeaving { return .leaving }
        switch cluster.negotiation.role {
        case .member:
            if cluster.negotiation.isHalted { return .halted }
            if progress.isFinished { return .finished }
            return cluster.isTraining ? .training : .waiting
        case .learner, .outside:
            switch cluster.receiver.phase {
            case .idle: return .idle
            case .asking, .resting: return .asking
            case .planned: return .planned
            case .pulling: return .pulling
            case .complete: return .catchingUp
            }
        }
    }

    private var links: [NodeStatus.Link] {
        transport.peers.values.filter { $0.control != nil || $0.endpoint != nil }.sorted { $0.id < $1.id }.map { peer in
            let quality = cluster.qualities[peer.id] ?? .unmeasured
            let open = peer.connections
            return NodeStatus.Link(
                peer: peer.id, address: peer.endpoint?.description, isUp: peer.isUp, connections: open.count,
                bandwidth: quality.bandwidth, roundTrip: quality.roundTrip,
                bytesSent: peer.bytesSent + open.reduce(0) { $0 + $1.bytesSent },
                bytesReceived: peer.bytesReceived + open.reduce(0) { $0 + $1.bytesReceived },
                bytesQueued: peer.lightBytes + peer.heavyBytes + peer.shards.reduce(0) { $0 + $1.size },
                trouble: peer.isUp ? nil : peer.trouble, institution: peer.control?.institution?.name)
        }
    }

    /// Carries out what is asked over the control socket.
    func answer(_ request: ControlRequest) -> ControlResponse {
        switch request {
        case .status: return .status(makeStatus())
        case .join:
            if cluster.negotiation.role == .member { return .refused("the node is a member") }
            if isLeaving { return .refused("the node is leaving") }
            guard transport.peers.values.contains(where: { $0.control != nil }) else {
                return .refused(
                    "no link is up, so there is nobody to ask" + troubles(ofContacts: false)
                        + "; allowed: with a link to a node that is up")
            }
            if cluster.receiver.phase == .idle { beginJoining() }
            return .done
        case .leave:
            beginLeaving()
            return .done
        case .proceed(let gone): return proceed(without: gone)
        case .linkAdd(let peer, let address):
            guard peer != config.node else { return .refused("peer: \(peer) is this node; allowed: another one") }
            guard let endpoint = Endpoint(address) else {
                return .refused("address: \"\(address)\"; allowed: \(Endpoint.allowed)")
            }
            transport.add(peer, at: endpoint)
            return .done
        case .linkRemove(let peer):
            // Also of one that is not there: it may come by itself, and is to be refused then.
            guard peer != config.node else { return .refused("peer: \(peer) is this node; allowed: another one") }
            transport.remove(peer)
            return .done
        case .slow(let factor):
            guard config.experiments else { return Self.noExperiments }
            misbehavior.slowness = factor
            engine.slow(by: factor)
            journal?.write(.slowed(factor: factor), at: Clock.now)
            return .done
        case .lie(let flag):
            guard config.experiments else { return Self.noExperiments }
            misbehavior.lies = flag
            journal?.write(.lying(flag), at: Clock.now)
            return .done
        }
    }

    /// The operator's word that members are gone for good.
    private func proceed(without gone: [NodeID]) -> ControlResponse {
        var response = ControlResponse.done
        act { cluster, now in
            do throws(Negotiation.ProceedFault) {
                let actions = try cluster.onProceed(without: Set(gone), at: now)
                self.journal?.write(.epochBegun(without: gone), at: now)
                self.logger.critical(
                    "an operator lets this node go on in a new epoch",
                    metadata: ["without": "\(gone.map(\.description).joined(separator: " "))"])
                return actions
            } catch {
                response = .refused("without: \(error); allowed: on a halted member, all members that it cannot reach")
                return []
            }
        }
        return response
    }

    private static let noExperiments = ControlResponse.refused(
        "experiments are not allowed: the configuration does not say experiments: true")
}
