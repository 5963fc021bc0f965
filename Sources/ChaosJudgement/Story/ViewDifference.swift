import ChaosProtocol

extension View {
    /// What is otherwise than in the view before it. Cost: O((nodes + links) log nodes).
    func events(after view: View) -> [Story.Change.Event] {
        let (before, now) = (Set(view.members), Set(members))
        let (learnersBefore, learnersNow) = (Set(view.learners), Set(learners))
        let stayed = Set(view.everyone).intersection(everyone)
        func isOfStayed(_ link: Link) -> Bool { stayed.contains(link.a) && stayed.contains(link.b) }
        let (linksBefore, linksNow) = (Set(view.links.filter(isOfStayed)), Set(links.filter(isOfStayed)))
        let events = Story.Change.Event.allCases.filter { event in
            switch event {
            case .scaleOut: !now.isSubset(of: before)
            case .scaleIn: !before.isSubset(of: now)
            case .connectLink: !linksNow.isSubset(of: linksBefore)
            case .disconnectLink: !linksBefore.isSubset(of: linksNow)
            case .admission: !learnersNow.isSubset(of: learnersBefore)
            case .dismissal: learnersBefore.subtracting(learnersNow).contains { !now.contains($0.node) }
            case .renewal: false
            }
        }
        return events.isEmpty ? [.renewal] : events
    }
}
