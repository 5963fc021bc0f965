import ChaosDocuments
import ChaosImport
import ChaosYAML

extension SpotReplay {
    /// The value of the key `format`.
    public static let format = "chaos-replay"

    /// The JSON line of a scenario made of a trace, version 1, with its line break: the scenario as its file has it, and
    /// what was left out.
    /// - Parameters:
    ///   - trace: what came and went, and when.
    ///   - file: that of the trace.
    ///   - yaml: the scenario as `yaml(of:name:source:)` gives it.
    /// - Throws: `InvalidInput` if the trace has more machines than a scenario may have nodes.
    public func line(of trace: SpotTrace, file: String, yaml: String) throws -> String {
        let outcome = try outcome(of: trace)
        let scenario = try YAMLDocument.json(of: Array(yaml.utf8))
        return try JSONLine.document(Self.format) { json in
            json.field("trace", file)
            json.field("speed", speed)
            json.field("most_nodes", mostNodes)
            json.field("removal", removal.rawValue)
            json.field("machines_left_out", outcome.surplus)
            json.field("removals_left_out", outcome.stayed)
            json.key("scenario")
            json.value(document: scenario)
        }
    }
}
