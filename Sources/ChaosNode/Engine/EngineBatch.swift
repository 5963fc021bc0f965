import ChaosProtocol
import NIOCore

/// What an engine is told at once: the actions of one event or several, in the order in which they must take effect.
struct EngineBatch: Sendable {
    struct Item: Sendable {
        let action: EngineAction
        /// That of the message at hand, if it goes with the action.
        let payload: ByteBuffer?
        let note: EngineNote
    }

    private(set) var items: [Item] = []

    init() {}

    init(_ actions: [EngineAction]) { for action in actions { append(action) } }

    var isEmpty: Bool { items.isEmpty }

    /// - Parameter payload: that of the message at hand. An action that needs one is left out if there is none.
    mutating func append(_ action: EngineAction, payload: ByteBuffer? = nil, note: EngineNote = EngineNote()) {
        guard payload != nil || !action.takesPayload else { return }
        items.append(Item(action: action, payload: action.takesPayload ? payload : nil, note: note))
    }

    mutating func removeAll() { items.removeAll(keepingCapacity: true) }
}

/// What the journal says with an action, as the node knew it when the action was told.
struct EngineNote: Sendable {
    /// Nanoseconds on `Clock.now`.
    var time = 0
    /// The number of the view under which the action was told.
    var view = 0
    /// Of `compute`: how many nodes train under the view.
    var members = 0
    /// Of `apply`: how long the node has waited for others, in nanoseconds.
    var idleTime = 0
    /// Of `complete`: the view that admitted the node for this state.
    var admitted = 0
}
