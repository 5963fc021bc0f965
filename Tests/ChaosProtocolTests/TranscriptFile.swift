import Foundation
import Testing

/// A file of commands and the answers to them.
enum TranscriptFile {
    /// Compares the answers with those that the commands have now. With CHAOS_RECORD=1 in the environment they are written
    /// anew; what has changed is then to be read like any other change.
    static func check(_ file: URL, answered answer: (String) throws -> String) throws {
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
