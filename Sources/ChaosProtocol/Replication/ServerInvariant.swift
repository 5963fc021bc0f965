extension Server: SelfChecking {
    package func check(_ holds: inout Sentences) {}
}
