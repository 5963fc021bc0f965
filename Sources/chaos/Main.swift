import ChaosModel

/// The entry of the program.
@main
enum Main {
    static func main() {
        // Asked here and not by the parser, which would ask the back ends at every start.
        if CommandLine.arguments.dropFirst() == ["--version"] {
            do {
                try DocumentIO.write(VersionText.withBackEnds + "\n", to: DocumentIO.standardStream)
            } catch {
                Message.error(error)
            }
            return
        }
        Chaos.main()
    }
}
