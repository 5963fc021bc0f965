import ChaosControl
import ChaosDocuments
import ChaosProtocol
import Dispatch
import Foundation

/// Appends entries to a file, each a line, in the order of the calls. Encoding and writing are done on a queue of its
/// own, so that whoever tells something does not wait for a disk.
///
/// A line is there whole or not at all: what a full disk has taken of one is taken back. Where lines are missing, the next
/// one that can be written says how many.
final class Journal: Sendable {
    /// Confined to the queue.
    private final class File: @unchecked Sendable {
        var descriptor: Int32
        /// Lines that could not be written since the last that could.
        var missing = 0
        /// A part of a line is there and could not be taken back.
        var isCut = false

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }
    }

    private let node: NodeID
    private let path: String
    private let detail: JournalDetail
    private let mostBytes: Int?
    private let troubles: WriteTroubles
    private let file: File
    private let queue = SerialQueue("journal")

    /// - Parameter observation: what is written, and the size beyond which it goes on in a new file; what there is stays
    ///   as `….1` then, in the place of what was there before.
    /// - Throws: `InvalidInput` if the file cannot be opened for appending.
    init(_ path: String, node: NodeID, observation: NodeConfig.Observation, troubles: WriteTroubles) throws {
        self.node = node
        self.path = path
        detail = observation.journalDetail
        mostBytes = observation.journalBytes
        self.troubles = troubles
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw InvalidInput(
                "journal", "\(path): \(String(cString: strerror(errno)))", allowed: "a file that can be written")
        }
        file = File(descriptor)
    }

    deinit { queue.finish() }

    private static func open(_ path: String) -> Int32 {
        Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    func write(_ event: JournalEntry.Event, at time: Int) {
        guard detail == .everything || !event.isRoutine else { return }
        let entry = JournalEntry(time: time, node: node, event)
        queue.async { [self] in append(entry) }
    }

    /// Goes on in the file of this name, which may be another one now. If it cannot be opened, the old one is written still.
    func reopen() { queue.async { [self] in replaceFile() } }

    /// Returns when everything is written that was told so far.
    func flush() { queue.finish() }

    private func replaceFile() {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { return troubles.note("journal", String(cString: strerror(errno))) }
        close(file.descriptor)
        (file.descriptor, file.isCut) = (descriptor, false)
    }

    private func append(_ entry: JournalEntry) {
        if file.missing > 0 {
            let news = "\(file.missing) lines are missing here: they could not be written"
            guard send(JournalEntry(time: entry.time, node: node, .news(news)).line) else {
                file.missing += 1
                return
            }
            file.missing = 0
        }
        guard send(entry.line) else {
            file.missing += 1
            return
        }
        troubles.note("journal", nil)
        rotateIfDue()
    }

    /// - Returns: whether all of the line is there; otherwise nothing of it is, if that can be helped.
    private func send(_ line: [UInt8]) -> Bool {
        let line = file.isCut ? [0x0A] + line : line
        var status = stat()
        let isRegular = fstat(file.descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        var sent = 0
        while sent < line.count {
            let count = line.withUnsafeBytes {
                Foundation.write(file.descriptor, $0.baseAddress! + sent, line.count - sent)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                troubles.note("journal", String(cString: strerror(errno)))
                if sent > 0 { file.isCut = !isRegular || ftruncate(file.descriptor, status.st_size) != 0 }
                return false
            }
            sent += count
        }
        file.isCut = false
        return true
    }

    private func rotateIfDue() {
        var status = stat()
        guard let mostBytes, fstat(file.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size >= mostBytes
        else { return }
        guard rename(path, path + ".1") == 0 else {
            return troubles.note("journal", "\(path).1: \(String(cString: strerror(errno)))")
        }
        replaceFile()
    }
}
