/// How a founding view begins: it is believed until its links are up, or for a while if they are not, so that founders that
/// start at slightly different times do not take each other for failed.
struct Founding: Sendable {
    /// When that while is over.
    let until: Int
    /// The place of a link, among those of the view, that was not up when last looked at.
    var gap = 0

    init(until: Int) { self.until = until }

    /// Whether all links of the view are up. Asked for every report of every founder: the link that was missing mostly still
    /// is.
    mutating func isLinked(_ links: [Link], isUp: (Link) -> Bool) -> Bool {
        for _ in links {
            guard isUp(links[gap]) else { return false }
            gap = (gap + 1) % links.count
        }
        return true
    }
}
