import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that cannot be read or written.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public let file: String
    /// What the operating system says.
    public let reason: String
    public let isMissing: Bool

    /// - Parameters:
    ///   - path: as on the command line; "-" is named standard input.
    ///   - code: the value of `errno`.
    init(_ path: String, _ code: Int32) {
        file = DocumentIO.name(of: path)
        reason = String(cString: strerror(code))
        isMissing = code == ENOENT
    }

    public var description: String { "\(SingleLine.of(file, most: .max)): \(reason)" }
}

/// Whole documents in and out: the one place that opens files. "-" stands for standard input or standard output.
public enum DocumentIO {
    /// The name of standard input and output on a command line.
    public static let standardStream = "-"

    /// How messages name an input: its path, or standard input for "-".
    public static func name(of path: String) -> String { path == standardStream ? "standard input" : path }

    /// Makes a folder and those above it that are missing.
    public static func createFolder(_ path: String) throws(FileError) {
        let parts = path.split(separator: "/")
        for count in parts.indices.map({ $0 + 1 }) {
            let folder = (path.hasPrefix("/") ? "/" : "") + parts[..<count].joined(separator: "/")
            guard mkdir(FileName.bytes(folder), 0o777) != 0 else { continue }
            // Where nothing can be made, folders may stand nevertheless: the first that does not is the fault.
            let code = errno
            var status = stat()
            guard stat(FileName.bytes(folder), &status) == 0 else { throw FileError(folder, code) }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(folder, ENOTDIR) }
        }
    }

    /// Whether there is anything of this name.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(FileName.bytes(path), &status) == 0
    }

    /// Whether there is a folder of this name.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(FileName.bytes(path), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The paths of all files below a folder, in no order; what cannot be read and names that begin with a dot are left
    /// out.
    public static func files(below folder: String) -> [String] {
        var found: [String] = []
        for path in (try? entries(of: folder)) ?? [] {
            // A link to a folder could lead round in a circle.
            var status = stat()
            guard lstat(FileName.bytes(path), &status) == 0 else { continue }
            found += status.st_mode & S_IFMT == S_IFDIR ? files(below: path) : isFolder(path) ? [] : [path]
        }
        return found
    }

    /// The paths of the files in a folder, in no order; names that begin with a dot are left out.
    public static func files(in folder: String) throws(FileError) -> [String] {
        try entries(of: folder).filter { !isFolder($0) }
    }

    /// The paths of what is in a folder, but for names that begin with a dot.
    private static func entries(of folder: String) throws(FileError) -> [String] {
        guard let entries = opendir(FileName.bytes(folder)) else { throw FileError(folder, errno) }
        defer { closedir(entries) }
        var found: [String] = []
        while let entry = readdir(entries) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.map(\.self) }
            if bytes.first == UInt8(ascii: ".") { continue }
            found.append((folder.hasSuffix("/") ? folder : folder + "/") + FileName.text(bytes))
        }
        return found
    }

    /// The size of a file in bytes.
    public static func size(of path: String) throws(FileError) -> Int {
        var status = stat()
        guard stat(FileName.bytes(path), &status) == 0 else { throw FileError(path, errno) }
        return Int(status.st_size)
    }

    /// A part of a file: what there is of these bytes.
    public static func read(_ path: String, bytes range: Range<Int>) throws(FileError) -> [UInt8] {
        // A pipe has no places; opening one must not wait for somebody to write.
        let descriptor = open(FileName.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, errno) }
        var failure: Int32 = 0
        let capacity = max(0, min(range.count, Int(status.st_size) - range.lowerBound))
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            while count < capacity {
                let got = pread(
                    descriptor, buffer.baseAddress! + count, capacity - count, off_t(range.lowerBound + count))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                count += got
            }
        }
        if failure != 0 { throw FileError(path, failure) }
        return bytes
    }

    /// Reads a file that nobody but its owner may read or change.
    /// - Parameters:
    ///   - path: of the file.
    ///   - most: the greatest length in bytes that is read; a longer file is refused.
    /// - Returns: nil if others may.
    public static func readPrivate(_ path: String, atMost most: Int) throws(FileError) -> [UInt8]? {
        let descriptor = open(FileName.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, errno) }
        guard status.st_mode & 0o077 == 0 else { return nil }
        return try read(descriptor, path, atMost: most)
    }

    /// Takes a file away, if it is there.
    public static func remove(_ path: String) { unlink(FileName.bytes(path)) }

    /// Writes a file that is not there yet, down to the disk.
    /// - Parameters:
    ///   - path: of the file.
    ///   - bytes: all that is to be in it.
    ///   - isPrivate: whether nobody but the owner may read it.
    /// - Throws: if it is there, or cannot be written whole.
    public static func create(_ path: String, _ bytes: [UInt8], isPrivate: Bool) throws {
        let descriptor = open(
            FileName.bytes(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isPrivate ? 0o600 : 0o666)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        defer { close(descriptor) }
        do {
            try bytes.withUnsafeBytes { try send($0, to: descriptor, path) }
            guard fsync(descriptor) == 0 else { throw FileError(path, errno) }
        } catch {
            unlink(FileName.bytes(path))
            throw error
        }
    }

    /// Reads a file to its end. Cost: memory for its bytes.
    /// - Parameters:
    ///   - path: of the file; - is standard input.
    ///   - most: the greatest length in bytes that is read; a longer file is refused.
    public static func read(_ path: String, atMost most: Int = .max) throws(FileError) -> [UInt8] {
        let isStandardInput = path == standardStream
        let descriptor = isStandardInput ? 0 : open(FileName.bytes(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        defer { if !isStandardInput { close(descriptor) } }
        return try read(descriptor, path, atMost: most)
    }

    /// Reads what is open to its end.
    private static func read(_ descriptor: Int32, _ path: String, atMost most: Int) throws(FileError) -> [UInt8] {
        var status = stat()
        var capacity = 1 << 16
        // One byte more than the size, so that the end is seen without growing.
        if fstat(descriptor, &status) == 0, status.st_size > 0 {
            guard status.st_size <= most else { throw FileError(path, EFBIG) }
            capacity = Int(status.st_size) + 1
        }
        var bytes: [UInt8] = []
        while true {
            var failure: Int32 = 0
            let before = bytes.count
            let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                askForLargePages(UnsafeMutableRawBufferPointer(buffer))
                while count < capacity {
                    let got = Self.systemRead(descriptor, buffer.baseAddress! + count, capacity - count)
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { failure = errno }
                    if got <= 0 { break }
                    count += got
                }
            }
            if failure != 0 { throw FileError(path, failure) }
            if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
            guard bytes.count <= most else { throw FileError(path, EFBIG) }
            if bytes.count - before < capacity { return bytes }
            capacity = 1 << 20
        }
    }

    /// Tells the system that memory is about to be filled: in pages of 2 MiB it takes a fraction of the time. Where there are
    /// none, nothing happens.
    package static func askForLargePages(_ memory: UnsafeMutableRawBufferPointer) {
        #if os(Linux)
            let page = 1 << 21
            guard let start = memory.baseAddress, memory.count >= 4 * page else { return }
            let skipped = -Int(bitPattern: start) & (page - 1)
            madvise(start + skipped, memory.count - skipped, MADV_HUGEPAGE)
        #endif
    }

    /// Writes a file through `body`, which is given a sink for bytes. A file appears whole or not at all: the bytes go
    /// to a file beside it that takes its name at the end. A link stays a link and what it leads to is written; a file
    /// that is replaced leaves its mode to the new one, and one that nobody may write is not replaced. Devices, pipes and
    /// links to nothing are written directly, as is a file whose name cannot be given to another, a mount point for
    /// instance, once all bytes are there.
    public static func write(
        _ path: String, _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        if path == standardStream { return try body { try send($0, to: 1, path) } }
        var status = stat()
        let exists = stat(FileName.bytes(path), &status) == 0
        let mode = status.st_mode
        let isSpecial = exists ? mode & S_IFMT != S_IFREG : lstat(FileName.bytes(path), &status) == 0
        let path = exists && !isSpecial ? resolved(path) : path
        // The superuser may write everything; a file without a bit for writing is meant to stay as it is nevertheless.
        if exists, !isSpecial, mode & 0o222 == 0 || access(FileName.bytes(path), W_OK) != 0 {
            throw FileError(path, mode & 0o222 == 0 ? EACCES : errno)
        }
        guard !isSpecial else { return try writeDirectly(path, body) }
        let number = partialFiles.add(1, ordering: .relaxed).newValue
        let partial = FileName.bytes("\(path).\(getpid()).\(number).partial")
        let descriptor = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            // In a folder where nothing can be made, a file that is there may be written still.
            guard exists, [EACCES, EPERM, EROFS].contains(errno) else { throw FileError(path, errno) }
            return try writeDirectly(path, body)
        }
        defer { close(descriptor) }
        if exists { fchmod(descriptor, mode & 0o7777) }
        do {
            try body { try send($0, to: descriptor, path) }
            guard rename(partial, FileName.bytes(path)) == 0 else {
                guard exists, [EBUSY, EXDEV].contains(errno) else { throw FileError(path, errno) }
                try writeDirectly(path) { try copy(descriptor, path, to: $0) }
                unlink(partial)
                return
            }
        } catch {
            unlink(partial)
            throw error
        }
    }

    private static func writeDirectly(
        _ path: String, _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let descriptor = open(FileName.bytes(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(path, errno) }
        do {
            try body { try send($0, to: descriptor, path) }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw FileError(path, errno) }
    }

    /// All bytes of an open file.
    private static func copy(
        _ descriptor: Int32, _ path: String, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw FileError(path, errno) }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            while true {
                let count = systemRead(descriptor, buffer.baseAddress!, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileError(path, errno) }
                if count == 0 { return }
                try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// Numbers the partial files of this process: two threads may write the same file.
    private static let partialFiles = Atomic<Int>(0)

    /// The folder that a path lies in, "." for a name alone. Slashes at the end of the path do not count.
    package static func folder(of path: String) -> String {
        var path = Substring(path)
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path without symbolic links, as far as the system can say.
    package static func resolved(_ path: String) -> String {
        guard let real = realpath(FileName.bytes(path), nil) else { return path }
        defer { free(real) }
        return FileName.text(UnsafeBufferPointer(start: real, count: strlen(real)).lazy.map { UInt8(bitPattern: $0) })
    }

    /// Writes a text to a file, whole or not at all.
    public static func write(_ text: String, to path: String) throws {
        try write(path) { sink in
            var text = text
            try text.withUTF8 { try sink(UnsafeRawBufferPointer($0)) }
        }
    }

    /// Where a standard stream was closed by whoever started this process, a file that is opened later would take its
    /// place and be written to: something is put there that can be neither read nor written. To be called first of all.
    public static func holdStandardStreams() {
        for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes a message to standard error.
    public static func writeToStandardError(_ text: String) throws {
        var text = text
        try text.withUTF8 { try send(UnsafeRawBufferPointer($0), to: 2, "standard error") }
    }

    private static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
        var sent = 0
        while sent < bytes.count {
            let count = systemWrite(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw FileError(path == standardStream ? "standard output" : path, errno) }
            sent += count
        }
    }

    private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer, count)
        #else
            Darwin.read(descriptor, buffer, count)
        #endif
    }

    private static func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, buffer, count)
        #else
            Darwin.write(descriptor, buffer, count)
        #endif
    }
}
