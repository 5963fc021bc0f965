import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import Foundation

/// When and where the state is written to disk.
public struct CheckpointConfig: Hashable, Sendable {
    /// In steps, 1 or more.
    public var every: Int
    public var path: String
    /// Whether a founder begins with the state that is there.
    public var restores: Bool

    public init(every: Int, path: String, restores: Bool = false) {
        self.every = every
        self.path = path
        self.restores = restores
    }
}

/// A state on disk: its bytes in one file, behind a header that makes it one in the safetensors format, and in another beside it, named `….sha256`, a line as `sha256sum` writes it.
///
/// The state is written aside, flushed to the disk and renamed, so that under its name there is always a whole one; then
/// the line with the digest. A crash between the two leaves a state with the line of the one before it, which is refused,
/// so the state before stays beside them as `….previous`, with a line of its own. One without a line of its own never
/// takes that place.
enum Checkpoint {
    static func write(_ trainer: any Replica, to path: String) throws {
        let aside = path + ".new"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fault(aside) }
        var digest = ContentDigest()
        do {
            defer { close(descriptor) }
            let header = trainer.fileHeader.encoded
            header.withUnsafeBytes { digest.update($0) }
            try write(header, to: descriptor, aside)
            for start in stride(from: 0, to: trainer.stateBytes, by: 1 << 20) {
                let piece = try trainer.readState(start..<min(start + 1 << 20, trainer.stateBytes))
                piece.withUnsafeBytes { digest.update($0) }
                try write(piece, to: descriptor, aside)
            }
            guard fsync(descriptor) == 0 else { throw fault(aside) }
        }
        try keepPrevious(path)
        guard rename(aside, path) == 0 else { throw fault(path) }
        let name = path.split(separator: "/").last ?? ""
        try DocumentIO.write("\(digest.hexadecimal)  \(name)\n", to: path + digestSuffix)
        synchronizeFolder(of: path)
    }

    /// Gives the state that is there, if it has a line of its own, a second name: it is there under the first until the
    /// new one replaces it.
    private static func keepPrevious(_ path: String) throws {
        let previous = previousName(of: path)
        guard access(path, F_OK) == 0, let line = line(of: path), line != self.line(of: previous) else { return }
        for suffix in ["", digestSuffix] {
            let link = previous + suffix + ".new"
            unlink(link)
            if Foundation.link(path + suffix, link) == 0 {
                guard rename(link, previous + suffix) == 0 else { throw fault(previous + suffix) }
            } else {
                // Not every file system lets a file have two names. A crash before the new one is there leaves none under
                // the first, which `restore` tells; the line that is there is that of the renamed one then.
                if suffix.isEmpty { unlink(previous + digestSuffix) }
                guard rename(path + suffix, previous + suffix) == 0 else { throw fault(previous + suffix) }
            }
        }
    }

    private static let digestSuffix = ".sha256"

    private static func previousName(of path: String) -> String { path + ".previous" }

    /// The line with the digest of a state; nil: it has none, or not a whole one.
    private static func line(of path: String) -> String? {
        guard let bytes = try? DocumentIO.read(path + digestSuffix, atMost: 4096) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self)
        return Digest(hexadecimal: String(line.prefix(64))) == nil ? nil : line
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + sent, bytes.count - sent)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw fault(path) }
            sent += count
        }
    }

    /// A name is on disk when its folder is.
    private static func synchronizeFolder(of path: String) {
        let descriptor = open(DocumentIO.folder(of: path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func fault(_ path: String) -> InvalidInput {
        InvalidInput(
            "checkpoint.file", "\(path): \(String(cString: strerror(errno)))",
            allowed: "a file that can be written")
    }

    /// Replaces the state of a trainer by the one on disk.
    /// - Returns: the SHA-256 of the state, in hexadecimal digits; nil if there is none.
    /// - Throws: if it is not what its digest says, or no state of this trainer, or not there although one before it is.
    static func restore(_ trainer: inout any Replica, from path: String) throws -> String? {
        guard access(path, F_OK) == 0 else {
            let previous = previousName(of: path)
            guard access(previous, F_OK) == 0 else { return nil }
            throw InvalidInput(
                file: path, "", "no state, but one at \(previous)",
                allowed: "that one under this name, with its \(digestSuffix) if it has one, or none at all")
        }
        let (bytes, start) = try read(path, of: trainer)
        do {
            try bytes.withUnsafeBufferPointer { (bytes) throws(InvalidInput) in
                let state = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...]))
                try trainer.replaceState(by: state, step: step(of: state))
            }
            return try trainer.stateDigest()
        } catch {
            throw error.named(path)
        }
    }

    /// Replaces the state of a trainer by that of the greatest step.
    /// - Returns: its file, and as `restore`.
    /// - Throws: for the first that is not whole, or of another trainer: which of the others is the newest that was meant is
    ///   for an operator to say.
    static func restoreNewest(
        _ trainer: inout any Replica, of paths: [String]
    ) throws -> (path: String, digest: String)? {
        var newest: (path: String, step: Int)?
        for path in paths {
            guard access(path, F_OK) == 0 else {
                throw InvalidInput(file: path, "", "nothing", allowed: "a state, as a node writes it")
            }
            let (bytes, start) = try read(path, of: trainer)
            let step = bytes[start...].withUnsafeBytes(step)
            if step > newest?.step ?? -1 { newest = (path, step) }
        }
        guard let path = newest?.path, let digest = try restore(&trainer, from: path) else { return nil }
        return (path, digest)
    }

    /// The step before which a state is.
    private static func step(of state: UnsafeRawBufferPointer) -> Int {
        Int(clamping: UInt64(littleEndian: state.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// The bytes of a state of this trainer, whole, behind a header of so many.
    private static func read(_ path: String, of trainer: any Replica) throws -> (bytes: [UInt8], start: Int) {
        // First of all, so that a file of another state is told by what differs, whatever its size.
        let (header, start) = try SafetensorsHeader.read(file: path)
        do throws(InvalidInput) {
            try trainer.fileHeader.require(header)
        } catch {
            throw error.named(path)
        }
        let bytes = try DocumentIO.read(path, atMost: start + trainer.stateBytes)
        let line = String(decoding: try DocumentIO.read(path + digestSuffix, atMost: 4096), as: UTF8.self)
        var digest = ContentDigest()
        bytes.withUnsafeBytes { digest.update($0) }
        let found = digest.hexadecimal
        guard line.prefix(64) == found else {
            throw InvalidInput(file: path, "", "SHA-256 \(found)", allowed: "\(line.prefix(64))")
        }
        guard bytes.count == start + trainer.stateBytes else {
            throw InvalidInput(
                file: path, "", "\(bytes.count) bytes", allowed: "\(start + trainer.stateBytes) bytes: it was changed")
        }
        return (bytes, start)
    }
}
