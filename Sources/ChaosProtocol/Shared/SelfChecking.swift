/// A type that says what always holds of its values between two events.
///
/// The sentences stand beside the type, in `<Type>Invariant.swift`, with those of the parts that only it has, one a line
/// with the condition that it stands for. They
/// are looked at after every event: in debug builds by the type itself, which stops there and then (`stopIfBroken`), and
/// by the simulator in every build, which calls it a broken promise (`Invariant.consistency`).
package protocol SelfChecking {
    /// Goes through the sentences. What costs more than O(neighbours) says so.
    func check(_ holds: inout Sentences)
}

extension SelfChecking {
    /// The first sentence that does not hold; nil: all do.
    package var brokenSentence: String? {
        var sentences = Sentences()
        check(&sentences)
        return sentences.broken
    }

    /// In debug builds: ends the process if a sentence does not hold, unless an error is planted, which may break it.
    func stopIfBroken(unless defect: PlantedDefect?) {
        #if DEBUG
            if defect == nil, let broken = brokenSentence { preconditionFailure("\(Self.self): \(broken)") }
        #endif
    }
}

/// Sentences about a value, up to the first that does not hold; those after it are not looked at.
package struct Sentences {
    package private(set) var broken: String?

    package init() {}

    package mutating func callAsFunction(_ sentence: @autoclosure () -> String, _ condition: @autoclosure () -> Bool) {
        if broken == nil, !condition() { broken = sentence() }
    }

    /// Those of a part of the value.
    package mutating func callAsFunction(of name: @autoclosure () -> String, _ part: some SelfChecking) {
        guard broken == nil else { return }
        part.check(&self)
        if let sentence = broken { broken = "\(name()): \(sentence)" }
    }
}
