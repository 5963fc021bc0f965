import ChaosDocuments
import Foundation

/// What there is to be reached by a transfer: bytes from one process to another into the memory where they belong, and a
/// SHA-256 of each MiB of them. The time is that of the receiver; the sender hashes them too, afterwards, which counts as
/// processor time only.
enum RawCopy {
    static let role = "sender"
    private static let piece = 1 << 20

    /// - Returns: from the word to begin to the last digest.
    static func measure(bytes: Int) throws -> CopyCost {
        let listener = try LoopbackListener()
        defer { withExtendedLifetime(listener) {} }
        let connection = try listener.connection(to: role, ["\(bytes)"])
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
        defer { memory.deallocate() }
        // As a state that is there before it is replaced.
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        let clock = ContinuousClock()
        let (start, before) = (clock.now, ProcessorTime.ofThisThread)
        // The word to begin.
        try connection.write(UnsafeRawBufferPointer(rebasing: memory[..<1]))
        for offset in stride(from: 0, to: bytes, by: piece) {
            let part = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<min(bytes, offset + piece)])
            try connection.read(part)
            hash(UnsafeRawBufferPointer(part))
        }
        let (seconds, own) = ((clock.now - start).seconds, ProcessorTime.ofThisThread - before)
        var others = 0
        try withUnsafeMutableBytes(of: &others) { try connection.read($0) }
        return CopyCost(seconds: seconds, processor: Double(own + others) / 1e9)
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) {
        var digest = ContentDigest()
        digest.update(bytes)
        keep(digest.bytes)
    }

    /// The other process.
    static func send(_ bytes: Int, to port: UInt16) throws {
        let connection = try LoopbackSocket(to: port)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 2)
        try connection.read(UnsafeMutableRawBufferPointer(rebasing: memory[..<1]))
        let before = ProcessorTime.ofThisThread
        try connection.write(UnsafeRawBufferPointer(memory))
        for offset in stride(from: 0, to: bytes, by: piece) {
            hash(UnsafeRawBufferPointer(rebasing: memory[offset..<min(bytes, offset + piece)]))
        }
        var taken = ProcessorTime.ofThisThread - before
        try withUnsafeBytes(of: &taken) { try connection.write($0) }
    }
}
