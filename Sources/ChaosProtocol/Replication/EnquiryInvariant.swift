extension Enquiry: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("Nobody is asked before the end is known.", questions.isEmpty || span != nil)
        holds("A round trip is in its range.", questions.values.allSatisfy(\.hasSoundRoundTrip))
    }
}

extension Enquiry.Question {
    fileprivate var hasSoundRoundTrip: Bool {
        guard case .offer(_, let roundTrip)? = answer else { return true }
        return (0...MessageLimits.greatestQuantity).contains(roundTrip)
    }
}
