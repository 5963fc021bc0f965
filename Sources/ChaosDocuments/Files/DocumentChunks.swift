#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A document read piece by piece, for those too large for memory. "-" is standard input.
public final class DocumentChunks {
    private let path: String
    private let descriptor: Int32

    /// Opens a file.
    public init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = path == DocumentIO.standardStream ? 0 : open(FileName.bytes(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, errno) }
    }

    deinit {
        if descriptor > 0 { close(descriptor) }
    }

    /// Fills the buffer from its start and returns the number of bytes, 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while true {
            let count = systemRead(descriptor, buffer)
            if count >= 0 { return count }
            if errno != EINTR { throw FileError(path, errno) }
        }
    }
}

/// The system's `read`, which the method's name hides.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}
