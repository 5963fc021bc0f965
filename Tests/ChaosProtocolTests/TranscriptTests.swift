import ChaosTesting
import Foundation
import Testing

/// Scenarios as text: commands, and what the nodes do about them. With CHAOS_RECORD=1 in the environment the answers
/// are written anew; what has changed is then to be read like any other change.
struct TranscriptTests {
    static let folder = PackageRoot.url("Tests/ChaosProtocolTests/Transcripts")
    static let names = files(in: folder)
    static let reductions = files(in: folder.appending(path: "Reduction"))

    private static func files(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".txt") }.sorted()
    }

    @Test func transcriptsAreThere() {
        #expect(Self.names.count >= 8)
        #expect(Self.reductions.count >= 3)
    }

    @Test(arguments: names) func transcript(_ name: String) throws {
        try check(name) { try Transcript.answered($0) }
    }

    @Test(arguments: reductions) func reduction(_ name: String) throws {
        try check("Reduction/" + name) { try ReductionTranscript.answered($0) }
    }

    private func check(_ name: String, _ answer: (String) throws -> String) throws {
        let file = Self.folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        let answered = try answer(text)
        if ProcessInfo.processInfo.environment["CHAOS_RECORD"] == "1" {
            try answered.write(to: file, atomically: true, encoding: .utf8)
        } else {
            let (old, new) = (text.split(separator: "\n"), answered.split(separator: "\n"))
            let line = zip(old, new).firstIndex { $0 != $1 } ?? min(old.count, new.count)
            let difference =
                "\(name) differs; CHAOS_RECORD=1 records it anew. First at: "
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
