import ChaosDocuments

extension ImportedInstance {
    /// The value of the key `format`.
    public static let format = "chaos-import"

    /// The JSON line of an import, version 1, with its line break: the instance as its file has it, and what was passed
    /// over.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            try json.field("notes", notes)
            json.key("instance")
            try instance.write(to: &json)
        }
    }
}
