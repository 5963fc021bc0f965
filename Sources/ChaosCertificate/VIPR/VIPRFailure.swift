/// Why a VIPR certificate is refused, and at which line.
public struct VIPRFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line of the word at which the check stopped, from 1.
    public let line: Int
    /// What was found and what is allowed.
    public let reason: String

    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "line \(line): \(reason)" }
}
