extension Receiver: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("A node has no link to itself.", !links.contains(node))
        holds("What is measured is in its range.", qualities.values.allSatisfy(\.isInRange))
        holds("Views are numbered from 1 on.", latestView >= 0)
        holds("A node that has seen no view is in none.", latestView > 0 || role == .outside)
        holds("An admission is that of a view.", (0...latestView).contains(spent))
        holds("A word of a snapshot is kept while it may be of use.", announcements.keys.allSatisfy(mayAnnounce))
        holds("Attempts with a plan are attempts.", (0...failures.count).contains(failures.withPlan))
        switch state {
        case .idle: holds("Nothing fails before it is begun.", failures.count == 0)
        case .asking(let enquiry):
            holds("An enquiry has an end if there is anybody to ask.", links.isEmpty || enquiry.span != nil)
            holds("An enquiry with an end is looked at again.", enquiry.span == nil || armed != nil)
            holds("Who is asked has a link.", enquiry.questions.keys.allSatisfy(links.contains))
            holds(of: "enquiry", enquiry)
        case .resting(let until):
            holds("A rest follows a failure.", failures.count > 0)
            holds("A rest has an end.", armed == until)
        case .planned(let plan, let waitingSince):
            holds("A snapshot is waited for under an admission.", (waitingSince != nil) == (admission != nil))
            holds("A wait has an end.", waitingSince == nil || armed != nil)
            holds(of: "plan", plan)
        case .pulling(let plan, let transfer):
            holds("A learner pulls for its admission.", isAdmitted(by: transfer.admitted))
            holds("An admission that came to nothing is not pulled for.", spent != transfer.admitted)
            holds("A transfer has the neighbours of its plan.", transfer.sources.count == plan.nodes.count)
            holds("A transfer is looked after.", armed != nil)
            holds(of: "plan", plan)
            holds(of: "transfer", transfer)
        case .complete:
            holds("Success ends the count of failures.", failures.count == 0)
            holds("A state has come by a transfer that has finished.", lastFigures?.finished != nil)
        }
    }

    /// Whether this node is in a view, and if as a learner, then by this admission.
    private func isAdmitted(by view: Int) -> Bool { role == .member || role == .learner(admitted: view) }
}
