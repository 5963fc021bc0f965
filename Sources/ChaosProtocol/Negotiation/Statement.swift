/// What a node has to say of itself, besides its links: its reports are made from it.
struct Statement: Sendable {
    var wish: Report.Wish = .stay
    /// The number of the view that the node finds uneven; 0: none.
    var uneven = 0
    /// Whether it has nothing to compute gradients with.
    var isIdle = false
    /// Of the latest view that it knows.
    var epoch = 0
    /// Where others can reach it; "": nowhere.
    var address = ""
    /// What it has measured of the links that are up.
    var qualities: [NodeID: LinkQuality] = [:]
    var resources = Resources()
    /// Of the last report; 0: there has been none.
    var sequence = 0

    /// The next report.
    /// - Parameter neighbors: the other ends of the links that are up.
    mutating func report(by node: NodeID, neighbors: [NodeID]) -> Report {
        sequence += 1
        return Report(
            node: node, sequence: sequence, neighbors: neighbors, qualities: qualities, resources: resources,
            uneven: uneven, isIdle: isIdle, wish: wish, epoch: epoch, address: address)
    }
}
