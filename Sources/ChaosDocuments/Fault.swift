/// One thing that is wrong with an input: where, what was found, what is allowed.
public struct Fault: Sendable, Hashable, CustomStringConvertible {
    /// The place inside the file, as in `neighbors[3].bandwidth`; empty for the file as a whole.
    public let path: String
    /// What was found there.
    public let found: String
    /// What would have been right.
    public let allowed: String

    /// The texts are made single lines, so that a fault is one whatever the file holds.
    public init(path: String, found: String, allowed: String) {
        self.path = SingleLine.of(path)
        self.found = SingleLine.of(found)
        self.allowed = SingleLine.of(allowed)
    }

    public var description: String {
        (path.isEmpty ? "" : "\(path): ") + "\(found); allowed: \(allowed)"
    }
}

/// An input that is refused, with all of its faults, not only the first.
public struct InvalidInput: Error, Sendable, CustomStringConvertible {
    /// The file's name as the user gave it; empty for a value made in code.
    public let file: String
    /// At least one; at most `mostFaults` are kept.
    public let faults: [Fault]
    /// How many faults were found, those beyond `mostFaults` included.
    public let count: Int

    /// A file with a million faults is reported by its first hundred and their number.
    public static let mostFaults = 100

    public init(file: String = "", faults: [Fault], count: Int? = nil) {
        precondition(!faults.isEmpty)
        self.file = file
        self.faults = Array(faults.prefix(Self.mostFaults))
        self.count = count ?? faults.count
    }

    /// One fault.
    package init(file: String = "", _ path: String, _ found: String, allowed: String) {
        self.init(file: file, faults: [Fault(path: path, found: found, allowed: allowed)])
    }

    /// The same faults, of the named file.
    public func named(_ file: String) -> InvalidInput {
        InvalidInput(file: file, faults: faults, count: count)
    }

    /// One line a fault, each beginning with the file's name.
    public var description: String {
        let prefix = file.isEmpty ? "" : "\(file): "
        var lines = faults.map { prefix + $0.description }
        if count > faults.count { lines.append("\(prefix)and \(count - faults.count) more faults") }
        return lines.joined(separator: "\n")
    }
}

/// Collects faults up to a bound, and counts the rest.
package struct FaultList {
    package private(set) var faults: [Fault] = []
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func add(
        _ path: @autoclosure () -> String, _ found: @autoclosure () -> String, allowed: @autoclosure () -> String
    ) {
        count += 1
        if faults.count < InvalidInput.mostFaults {
            faults.append(Fault(path: path(), found: found(), allowed: allowed()))
        }
    }

    package mutating func add(contentsOf other: InvalidInput) {
        count += other.count
        faults.append(contentsOf: other.faults.prefix(InvalidInput.mostFaults - faults.count))
    }

    package func throwIfAny() throws(InvalidInput) {
        if count > 0 { throw InvalidInput(faults: faults, count: count) }
    }
}
