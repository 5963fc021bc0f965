import ChaosProtocol
import NIOCore

/// An address at which a node of the cluster is to be found, whichever it is at the time: whoever answers there says who it
/// is. Confined to the event loop.
final class Contact: @unchecked Sendable {
    let endpoint: Endpoint
    /// Who was there last, as long as there is a connection to it, whoever has dialled.
    var peer: NodeID?
    var isDialling = false
    var failures = 0
    var retry: Scheduled<Void>?
    /// Why nobody was reached there last, in words; nil: somebody was, or nothing is known.
    var trouble: String?
    /// Whether this node itself is there.
    var isSelf = false
    /// Whether somebody there and this node cannot be in one cluster, as they are set up.
    var isRefused = false
    /// Whether somebody has answered since this node was started, whatever came of it.
    var hasAnswered = false

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }
}

/// What a node has dialled.
enum Dialled: Sendable {
    case peer(NodeID)
    case contact(Contact)

    /// Who must be there; nil: anybody may.
    var node: NodeID? {
        switch self {
        case .peer(let node): node
        case .contact: nil
        }
    }

    var contact: Contact? {
        switch self {
        case .peer: nil
        case .contact(let contact): contact
        }
    }
}
