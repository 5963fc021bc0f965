import ChaosProtocol
import Logging

/// Links that the protocol has chosen.
extension Transport {
    /// Keeps up links to these nodes, and dials none any more that was chosen before and is not among them. A connection that
    /// is there stays.
    func keepLinks(to places: [NodeID: String]) {
        for peer in Array(peers.values) where peer.isChosen && places[peer.id] == nil {
            (peer.isChosen, peer.endpoint) = (false, nil)
            peer.retry?.cancel()
            forgetStranger(peer)
        }
        for (id, place) in places.sorted(by: { $0.key < $1.key }) {
            guard let endpoint = Endpoint(place), endpoint.port > 0 else {
                logger.debug("an address that is none", metadata: ["peer": "\(id)"])
                continue
            }
            let peer = peer(id)
            // Whoever is named by the operator is dialled where the operator says, and whoever was removed not at all.
            guard !peer.isRemoved, peer.endpoint == nil || peer.isChosen, peer.endpoint != endpoint else { continue }
            (peer.endpoint, peer.isChosen, peer.failures) = (endpoint, true, 0)
            dial(peer)
        }
    }
}
