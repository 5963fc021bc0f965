/// What the documentation says of a key: a row of its table.
struct ConfigRow: Hashable, Sendable, CustomStringConvertible {
    /// As in `timers.hello`.
    let path: String
    let values: String
    let absent: String
    let meaning: String

    var description: String { "| `\(path)` | \(values) | \(absent) | \(meaning) |" }
}

extension ConfigTable {
    /// The rows of all keys, and of those inside of them.
    /// - Parameters:
    ///   - path: of the object; empty: the whole file.
    ///   - object: as it is before its keys are read.
    @Sendable func rows(_ path: String, _ object: Object) -> [ConfigRow] {
        keys.flatMap { key -> [ConfigRow] in
            let name = path.isEmpty ? key.name : "\(path).\(key.name)"
            let row = ConfigRow(path: name, values: key.values, absent: key.absent(object), meaning: key.meaning)
            return [row] + key.innerRows(name, object)
        }
    }
}

extension NodeConfig {
    static var rows: [ConfigRow] { NodeConfigDraft.keys.rows("", NodeConfigDraft()) }

    /// Every key of a configuration: what it may be, what holds without it and what it means, as a table in Markdown.
    public static var keyTable: String {
        let head = ["| key | values | without it | meaning |", "|---|---|---|---|"]
        return (head + rows.map(\.description)).joined(separator: "\n")
    }
}
