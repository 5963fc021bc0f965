import ChaosControl
import ChaosDocuments
import Foundation

/// Reads the journal of a node while it is written: at each look the entries that have come since the last one.
///
/// A line without an end is left for the next look: the process may be writing it, or have been killed over it.
struct JournalTail {
    let path: String
    private var file: FileHandle?
    private var rest: [UInt8] = []
    private var line = 0
    private(set) var isClosed = false

    /// - Parameter path: of a file that need not be there yet.
    init(path: String) { self.path = path }

    /// - Parameter faults: to which lines that are none are added, with their place.
    mutating func read(_ faults: inout [String]) -> [JournalEntry] {
        file = file ?? FileHandle(forReadingAtPath: path)
        guard let file else { return [] }
        var entries: [JournalEntry] = []
        while let data = try? file.read(upToCount: 1 << 20), !data.isEmpty {
            var start = data.startIndex
            while let end = data[start...].firstIndex(of: 0x0A) {
                readLine(rest + data[start..<end], &entries, &faults)
                rest = []
                start = end + 1
            }
            rest += data[start...]
        }
        return entries
    }

    /// Reads nothing more.
    mutating func close() {
        try? file?.close()
        file = nil
        isClosed = true
    }

    private mutating func readLine(
        _ bytes: [UInt8], _ entries: inout [JournalEntry], _ faults: inout [String]
    ) {
        line += 1
        do {
            entries.append(try JournalEntry(line: bytes))
        } catch {
            // Of a file that is no journal the first lines tell enough.
            if faults.count < InvalidInput.mostFaults { faults.append("\(path), line \(line): \(error)") }
        }
    }
}
