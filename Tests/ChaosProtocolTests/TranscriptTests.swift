import ChaosTesting
import Foundation
import Testing

/// Scenarios as text: commands, and what the nodes do about them.
struct TranscriptTests {
    static let folder = PackageRoot.url("Tests/ChaosProtocolTests/Transcripts")
    static let names = names(in: folder)
    static let monitorFolder = folder.appending(path: "Monitor")
    static let monitorNames = names(in: monitorFolder)

    private static func names(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".txt") }.sorted()
    }

    @Test func transcriptsAreThere() {
        #expect(Self.names.count >= 8)
        #expect(Self.monitorNames.count >= 2)
    }

    @Test(arguments: names) func transcript(_ name: String) throws {
        try TranscriptFile.check(Self.folder.appending(path: name), answered: Transcript.answered)
    }

    @Test(arguments: monitorNames) func monitorTranscript(_ name: String) throws {
        try TranscriptFile.check(Self.monitorFolder.appending(path: name), answered: MonitorTranscript.answered)
    }
}
