import ChaosIdentity
import ChaosProtocol
import Logging

/// Who stands behind the nodes of the cluster, by name.
extension Node {
    /// Whether a peer is who it says: its claim is by the certificate that the connection shows, and to an id that no other
    /// life has.
    /// - Throws: `Refused`: why it is not.
    func checkClaim(_ claim: Claim?, of peer: NodeID, certificate: [UInt8]?) throws {
        guard let certificate else {
            // Without credentials nobody shows who he is.
            guard credentials == nil else { throw Refused("node \(peer), whose certificate cannot be read") }
            return
        }
        guard let claim else { throw Refused("node \(peer) without a claim to its id; allowed: with one") }
        guard let author = KnownAuthor(claim, in: config.cluster) else {
            throw Refused(
                "a claim to the id \(peer) that is not right; allowed: one for cluster \"\(config.cluster)\", signed")
        }
        guard author.certificate == certificate else {
            throw Refused("a claim to the id \(peer) by another certificate; allowed: that of the connection")
        }
        if cluster.negotiation.contradicts(claim) {
            let institution = institutions[peer].map { " of \($0)" } ?? ""
            throw Refused("node \(peer), an id that another process\(institution) has; allowed: an id that is new")
        }
    }

    /// A node is known from now on. Its institution is looked for elsewhere, for a chain of certificates takes its time, and
    /// for one node after another.
    func identify(_ claim: Claim) {
        unidentified[claim.node] = claim
        identifyNext()
    }

    /// Whom this node trusts has changed.
    func identifyAll() {
        trustChanges += 1
        for node in Set(institutions.keys).union(unidentified.keys) {
            if let claim = cluster.negotiation.claim(of: node) { unidentified[node] = claim }
        }
        identifyNext()
    }

    private func identifyNext() {
        guard !isIdentifying, !hasEnded, let trust = credentials?.trust, let (node, claim) = unidentified.first else {
            return
        }
        unidentified[node] = nil
        guard let author = KnownAuthor(claim, in: config.cluster) else { return identifyNext() }
        isIdentifying = true
        let (loop, changes) = (transport.loop, trustChanges)
        Task.detached { [weak self] in
            let institution = await author.certificates.institution(in: trust)
            loop.execute { [weak self] in
                guard let self else { return }
                self.isIdentifying = false
                // What was found out by a trust that is withdrawn is looked at again.
                if changes == self.trustChanges {
                    self.note(institution, behind: author)
                } else if self.unidentified[node] == nil {
                    self.unidentified[node] = claim
                }
                self.identifyNext()
            }
        }
    }

    private func note(_ institution: Institution?, behind author: KnownAuthor) {
        let node = author.claim.node
        guard !hasEnded, cluster.negotiation.claim(of: node) == author.claim else { return }
        let name = institution?.name ?? "\(author.certificates.issuer), not trusted here"
        guard institutions.updateValue(name, forKey: node) != name else { return }
        journal?.write(.identified(node, institution: name), at: Clock.now)
        logger.info("node identified", metadata: ["peer": "\(node)", "institution": "\(name)"])
    }

    /// Names of nodes that nobody knows any more are not kept.
    func forgetInstitutions() {
        institutions = institutions.filter { cluster.negotiation.claim(of: $0.key) != nil }
    }
}
