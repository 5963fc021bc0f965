import CEngine
import ChaosDocuments
import Foundation

/// Memory that a node shares with its engine: a number for each of the gradient. Unmapped and closed with its last owner.
final class EngineWindow: @unchecked Sendable {
    let descriptor: Int32
    private let numbers: UnsafeMutableBufferPointer<Float>

    /// - Parameters:
    ///   - count: how many numbers.
    ///   - isProtected: whether only this process may write.
    /// - Throws: if there is not so much memory, or the system cannot protect it.
    init(_ name: String, count: Int, isProtected: Bool) throws(InvalidInput) {
        var start: UnsafeMutableRawPointer?
        descriptor = chaos_window_open(name, 4 * count, &start)
        guard descriptor >= 0, let start else { throw Self.fault(name, count) }
        numbers = UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: Float.self), count: count)
        guard isProtected, chaos_window_protect(descriptor) != 0 else { return }
        throw Self.fault(name, count)
    }

    private static func fault(_ name: String, _ count: Int) -> InvalidInput {
        InvalidInput(
            name, "\(String(cString: strerror(errno)))", allowed: "\(4 * count) bytes of memory for an engine to share")
    }

    deinit {
        munmap(numbers.baseAddress!, 4 * numbers.count)
        close(descriptor)
    }

    /// A copy: what the engine does to the window meanwhile may be in it in part, and changes nothing afterwards.
    func copy() -> [Float] {
        [Float](unsafeUninitializedCapacity: numbers.count) { room, count in
            count = room.update(fromContentsOf: numbers)
        }
    }

    /// The same in an array of as many numbers that is there already; in a new one if it has another length.
    func copy(to array: inout [Float]) {
        guard array.count == numbers.count else {
            array = copy()
            return
        }
        array.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: numbers) }
    }

    func fill(_ body: (UnsafeMutableBufferPointer<Float>) throws(InvalidInput) -> Void) throws(InvalidInput) {
        try body(numbers)
    }
}
