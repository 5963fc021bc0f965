/// One member's part in deciding the view after a given one: what it has promised and accepted.
///
/// Kept in memory only (`NodeID` says why that is enough), and for one decision only: with the next view installed,
/// nothing that was promised about it matters any more.
struct Acceptor: Sendable {
    var promised: Ballot
    var accepted: Accepted?

    init(after view: View) { promised = .first(after: view) }

    /// Phase one: no lesser ballot from here on.
    mutating func prepare(_ ballot: Ballot, next: Int, defect: PlantedDefect?) -> Envelope.Body {
        guard ballot >= promised else { return .refuse(promised: promised, next: next) }
        if defect != .promiseForgotten { promised = ballot }
        return .promise(ballot, next: next, accepted: accepted)
    }

    /// Phase two. A repeated request gets the same answer, so the proposer may ask as often as it likes.
    mutating func accept(_ ballot: Ballot, _ view: View, defect: PlantedDefect?) -> Envelope.Body {
        guard ballot >= promised else { return .refuse(promised: promised, next: view.number) }
        if defect != .promiseForgotten { promised = ballot }
        accepted = Accepted(ballot: ballot, view: view)
        return .accepted(ballot, next: view.number)
    }
}
