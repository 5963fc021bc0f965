extension Receiver: SelfChecking {
    package func check(_ holds: inout Sentences) {}
}
