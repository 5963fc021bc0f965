/// What a monitor has reported of its node last. What it has reported of each link, `WatchedLink` has.
struct LastReport: Sendable {
    let resources: Resources
    let at: Int
    /// Whether what has been measured since differs so much that it is to be reported as soon as it may.
    var isOutdated = false

    init(resources: Resources, at: Int) {
        self.resources = resources
        self.at = at
    }
}
