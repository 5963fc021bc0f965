extension View: SelfChecking {
    /// Cost: O(1). The rest, which costs O(size), is looked at where views come in (`fault`).
    package func check(_ holds: inout Sentences) {
        holds("The number of a view is in its range.", (1...MessageLimits.greatestNumber).contains(number))
        holds("A view has members, and no more nodes than a map.", isOfSize)
        holds("A view has no more links than a message may have.", links.count <= MessageLimits.links)
        holds("Every link of a view has a quality.", qualities.count == links.count)
        holds("Every member of a view has a weight.", weights.count == members.count)
        holds("An era begins with a view of it.", (1...number).contains(era))
    }

    private var isOfSize: Bool { !members.isEmpty && members.count + learners.count <= MessageLimits.nodes }
}
