import ChaosDocuments

/// All that is wrong with a configuration and with the files that it names, as far as one thing does not follow from
/// another.
struct ConfigFaults {
    private let file: String
    /// The keys whose values could not be read: of what they should be nothing is known.
    private let wrong: [String]
    /// Of the configuration.
    var own = FaultList()
    /// Of other files.
    var others: [any Error] = []

    /// - Parameter invalid: what was found wrong while the file was read.
    init(of file: String, after invalid: InvalidInput? = nil) {
        self.file = file
        wrong = invalid?.faults.map(\.path) ?? []
        if let invalid { own.add(contentsOf: invalid) }
    }

    /// Whether the values of keys were read, and all that is inside of them.
    func areRight(_ keys: String...) -> Bool {
        keys.allSatisfy { key in
            !wrong.contains { $0 == key || $0.hasPrefix(key + ".") || $0.hasPrefix(key + "[") }
        }
    }

    /// Does what may find something wrong.
    /// - Returns: nil: it has.
    mutating func attempt<Value>(_ body: () throws -> Value) -> Value? {
        do { return try body() } catch {
            if let invalid = error as? InvalidInput, invalid.file.isEmpty || invalid.file == file {
                own.add(contentsOf: invalid)
            } else {
                others.append(error)
            }
            return nil
        }
    }

    /// - Throws: `InvalidInput`, what is wrong with another file, or `SeveralErrors`.
    func throwIfAny() throws {
        var errors: [any Error] = []
        do { try own.throwIfAny() } catch { errors.append(error.named(file)) }
        errors += others
        if errors.count > 1 { throw SeveralErrors(errors: errors) }
        if let error = errors.first { throw error }
    }
}

/// What is wrong with several files.
public struct SeveralErrors: Error, CustomStringConvertible {
    public let errors: [any Error]

    /// Each on lines of its own.
    public var description: String { errors.map { "\($0)" }.joined(separator: "\n") }
}
