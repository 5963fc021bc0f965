import ChaosControl
import ChaosDocuments
import ChaosProtocol
import Dispatch
import Foundation

/// Appends entries to a file, each a line, in the order of the calls. Encoding and writing are done on a queue of its
/// own, so that whoever tells something does not wait for a disk.
final class Journal: Sendable {
    private let node: NodeID
    private let descriptor: Int32
    private let queue = SerialQueue("journal")

    /// - Throws: `FileError` if the file cannot be opened for appending.
    init(_ path: String, node: NodeID) throws {
        self.node = node
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw InvalidInput(
                "journal", "\(path): \(String(cString: strerror(errno)))", allowed: "a file that can be written")
        }
    }

    deinit {
        queue.finish()
        close(descriptor)
    }

    func write(_ event: JournalEntry.Event, at time: Int) {
        let entry = JournalEntry(time: time, node: node, event)
        queue.async { [descriptor] in
            let line = entry.line
            var sent = 0
            while sent < line.count {
                let count = line.withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress! + sent, line.count - sent)
                }
                if count < 0, errno == EINTR { continue }
                // A full disk must not end the training.
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Returns when everything is written that was told so far.
    func flush() { queue.finish() }
}
