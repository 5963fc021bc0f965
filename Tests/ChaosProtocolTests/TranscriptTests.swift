import ChaosTesting
import Foundation
import Testing

/// Scenarios as text: commands, and what the nodes do about them. With CHAOS_RECORD=1 in the environment the answers
/// are written anew; what has changed is then to be read like any other change.
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
        try check(Self.folder.appending(path: name)) { try Transcript.answered($0) }
    }

    @Test(arguments: monitorNames) func monitorTranscript(_ name: String) throws {
        try check(Self.monitorFolder.appending(path: name)) { try MonitorTranscript.answered($0) }
    }

    private func check(_ file: URL, _ answer: (String) throws -> String) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let answered = try answer(text)
        if ProcessInfo.processInfo.environment["CHAOS_RECORD"] == "1" {
            try answered.write(to: file, atomically: true, encoding: .utf8)
        } else {
            let (old, new) = (text.split(separator: "\n"), answered.split(separator: "\n"))
            let line = zip(old, new).firstIndex { $0 != $1 } ?? min(old.count, new.count)
            let difference =
                "\(file.lastPathComponent) differs; CHAOS_RECORD=1 records it anew. First at: "
                + "\(line < old.count ? old[line] : "the end") / \(line < new.count ? new[line] : "the end")"
            #expect(text == answered, "\(difference)")
        }
    }
}

extension Sequence {
    /// The place of the first element that satisfies a condition.
    fileprivate func firstIndex(where condition: (Element) -> Bool) -> Int? {
        enumerated().first { condition($0.element) }?.offset
    }
}
