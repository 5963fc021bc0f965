import ChaosPage
import ChaosProtocol
import Synchronization

/// Makes the story of what it is told, by a simulation or from the journals of real nodes.
package final class StoryTeller: Sendable {
    private let draft: Mutex<StoryDraft>

    /// - Parameter show: told what a page shows, as it happens, in the order of time.
    package init(show: @escaping @Sendable (PageEvent) -> Void = { _ in }) { draft = Mutex(StoryDraft(show: show)) }

    /// What happens, in the order of time.
    package func note(_ happening: Happening, at time: Int) {
        draft.withLock { draft in
            switch happening {
            case .event(let event): draft.note(event, time)
            case .wait, .calm: break
            case .action(let node, let action): draft.note(action, of: node, time)
            case .delivered(let message, let bytes, let source, let node):
                if case .replication(.shard) = message { draft.noteShard(of: bytes, from: source, to: node, time) }
            }
        }
    }

    /// A joiner has replanned what it lacks; for one of whose plan there is only a text.
    package func noteReplanned(of node: NodeID, _ text: String, at time: Int) {
        draft.withLock { draft in
            draft.changeJoin(of: node) { $0.replanned += 1 }
            draft.mark(text, node, time, .plan)
        }
    }

    /// An attempt to get the state has come to nothing.
    package func noteAbandonment(of node: NodeID, _ text: String, at time: Int) {
        draft.withLock { draft in
            draft.endPull(node, time)
            draft.mark(text, node, time, .trouble)
        }
    }

    /// Something worth telling that is no action of the protocol.
    package func mark(_ text: String, _ node: NodeID?, at time: Int, _ kind: Story.Mark.Kind = .news) {
        draft.withLock { $0.mark(text, node, time, kind) }
    }

    /// A node knows that it is to leave. In a simulation that is when it is told.
    package func leave(_ node: NodeID, at time: Int) { draft.withLock { $0.noteLeaving(node, time) } }

    /// A node is there no more.
    package func end(_ node: NodeID, at time: Int) { draft.withLock { $0.setActivity(nil, of: node, time) } }

    /// The whole story. Nothing is to be told after this.
    package func finish(_ accounts: [Story.Account], _ outcome: RunOutcome) -> Story {
        draft.withLock { $0.finish(accounts, outcome) }
    }
}
