/// What `chaos --version` prints.
enum VersionText {
    static let version = "0.1.0"

    static var text: String { "chaos \(version)" }
}
