/// Waits a little for the rest of what happens.
///
/// When a node fails, its neighbours notice one after another, and what the first of them says is the loss of one link.
/// Each view costs all members some messages and breaks off the step at hand; so a link that only one of its ends reports
/// as lost is left out of a view when the other end has said so too, or is gone, or has been silent about it for a while.
struct Gathering: Sendable {
    /// Until when the rest is waited for; nil: for nothing. It stands while something is missing, so that the time is over once.
    var until: Int?

    /// Whether the view waits at this time.
    mutating func holds(_ isIncomplete: Bool, for time: Int, at now: Int) -> Bool {
        until = isIncomplete ? until ?? now + time : nil
        return until.map { now < $0 } ?? false
    }
}

extension ClusterMap {
    /// Whether the next view leaves out a link between two of its nodes that only one of them reports as lost.
    /// Cost: O(links of both · log nodes).
    func isHalfLost(from view: View, to next: View) -> Bool {
        guard view.links != next.links else { return false }
        return view.links.contains { link in
            guard !next.links.containsSorted(link), next.role(of: link.a) != .outside,
                next.role(of: link.b) != .outside,
                let a = report(of: link.a), let b = report(of: link.b)
            else { return false }
            return a.neighbors.containsSorted(link.b) != b.neighbors.containsSorted(link.a)
        }
    }
}
