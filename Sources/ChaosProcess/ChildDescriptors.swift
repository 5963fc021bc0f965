import CProcess
import Glibc

/// The file descriptors that are opened for a child process on its way to its start.
struct ChildDescriptors {
    private let executable: String
    private var opened: [Int32] = []

    init(executable: String) { self.executable = executable }

    /// A file in memory that holds the input, to be read from its beginning.
    mutating func openInput(_ bytes: [UInt8]) throws(LaunchFailure) -> Int32 {
        let what = "memory file for its input"
        let input = try add(chaos_memory_file("input"), what)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(input, $0.baseAddress! + written, $0.count - written) }
            guard count > 0 || errno == EINTR else { throw LaunchFailure(executable, what, errno) }
            written += max(0, count)
        }
        lseek(input, 0, SEEK_SET)
        return input
    }

    mutating func openPipe() throws(LaunchFailure) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard chaos_pipe(&ends) == 0 else { throw LaunchFailure(executable, "pipe", errno) }
        return (try add(ends[0], "pipe"), try add(ends[1], "pipe"))
    }

    private mutating func add(_ descriptor: Int32, _ what: String) throws(LaunchFailure) -> Int32 {
        guard descriptor >= 0 else { throw LaunchFailure(executable, what, errno) }
        opened.append(descriptor)
        guard descriptor < 3 else { return descriptor }
        // Where this process has closed a standard stream, its number is given out again, and would be in the way.
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard moved >= 0 else { throw LaunchFailure(executable, what, errno) }
        opened.append(moved)
        return moved
    }

    /// Takes these out of those that are closed.
    mutating func keepOpen(_ kept: Int32...) { opened.removeAll { kept.contains($0) } }

    func closeAll() {
        for descriptor in opened { close(descriptor) }
    }
}

extension LaunchFailure {
    /// - Parameter code: as in errno.
    init(_ executable: String, _ what: String, _ code: Int32) {
        self.init(executable: executable, reason: "\(what): \(String(cString: strerror(code)))")
    }
}
