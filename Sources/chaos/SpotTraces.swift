import ArgumentParser
import ChaosDocuments
import ChaosImport
import ChaosScenario

/// Traces of spot markets, wherever a command takes one.
extension SpotReplay {
    /// - Throws: `ValidationError`: the option that is out of its range.
    static func check(speed: Int, nodes: Int) throws {
        for (name, value, range) in [("speed", speed, speeds), ("nodes", nodes, Self.nodes)]
        where !range.contains(value) {
            throw ValidationError("--\(name) is \(value); allowed are \(range.lowerBound) … \(range.upperBound)")
        }
    }

    /// The scenario of a trace, as a file.
    /// - Parameter file: the name of the trace for messages.
    func yaml(of trace: SpotTrace, named file: String) throws(InvalidInput) -> String {
        do {
            return try yaml(of: trace, name: "The trace \(file)", source: "Made from the trace \(file)")
        } catch {
            throw error.named(file)
        }
    }
}

extension SpotReplay.Removal: ExpressibleByArgument {}
