extension ClusterNode {
    /// A connection that carried shards from this peer, or to it, has closed, while the peer itself stays connected: what
    /// was on its way over it does not come.
    public mutating func onShardConnectionClosed(to peer: NodeID, at now: Int) -> [Action] { [] }
}
