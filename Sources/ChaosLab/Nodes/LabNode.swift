import ChaosControl
import ChaosDocuments
import ChaosProcess
import ChaosProtocol

/// A node of a run, with its process.
final class LabNode {
    let files: LabNodeFiles
    let process: BoundProcess
    var tail: JournalTail
    /// What computes its gradients, if that is a process of its own; nil: there is none, or it is away.
    var engine: BoundProcess?
    /// When its engine comes back; nil: it is not away.
    var engineBackAt: Int?
    /// When it goes on; nil: it is not paused.
    var resumesAt: Int?
    /// What is to be asked of it then.
    var held: [ControlRequest] = []
    /// It is no surprise when it ends.
    var mayEnd = false
    /// Nobody looks at it any more.
    var isGone = false

    var id: NodeID { files.node }

    init(_ files: LabNodeFiles, _ process: BoundProcess) {
        self.files = files
        self.process = process
        tail = JournalTail(path: files.journal)
    }

    /// The end of what the process has written, for messages.
    var lastWords: String { Self.lastWords(in: files.log) }

    static func lastWords(in log: String) -> String {
        guard let bytes = try? DocumentIO.read(log) else { return "" }
        let lines = String(decoding: bytes.suffix(4000), as: UTF8.self).split(separator: "\n").suffix(4)
        return lines.map { SingleLine.of(String($0)) }.joined(separator: "; ")
    }
}
