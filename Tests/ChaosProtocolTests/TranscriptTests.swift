import ChaosTesting
import Foundation
import Testing

/// Scenarios as text: commands, and what the nodes do about them.
struct TranscriptTests {
    static let folder = PackageRoot.url("Tests/ChaosProtocolTests/Transcripts")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".txt") }.sorted()

    @Test func transcriptsAreThere() { #expect(Self.names.count >= 8) }

    @Test(arguments: names) func transcript(_ name: String) throws {
        try TranscriptFile.check(Self.folder.appending(path: name), answered: Transcript.answered)
    }
}
