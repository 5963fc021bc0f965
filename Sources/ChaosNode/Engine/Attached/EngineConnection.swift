import CEngine
import ChaosDocuments
import ChaosTraining
import Foundation

/// A connection to an engine: lines in, lines out, nothing that waits. Confined to the thread of `AttachedEngine`.
final class EngineConnection {
    /// How far it is.
    enum Stage {
        /// It has not said what it trains.
        case new
        /// It is to give the first state, and has known so since this time on `Clock.now`.
        case beginning(since: Int)
        case attached
    }

    let descriptor: Int32
    var stage = Stage.new
    private(set) var windows: (parameters: EngineWindow, gradients: EngineWindow)?
    /// For people.
    var engine = ""
    /// What it trains; nil: it has not said.
    var model: ModelDescription?

    /// What has come and is no whole line yet.
    private var incoming: [UInt8] = []
    private var outgoing: [UInt8] = []
    /// How many of the bytes that go out have gone.
    private var sent = 0
    /// Go with this byte of `outgoing`.
    private var descriptors: (place: Int, values: [Int32])?
    /// Whether nothing more is said and nothing more heard: it stays until the engine has closed it, or the last message
    /// might be lost.
    private(set) var isClosing = false

    /// What waits to be read by an engine that does not read, in bytes.
    private static let mostOutgoing = 64 << 20
    private static let pieceBytes = 1 << 18

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Foundation.close(descriptor) }

    var wantsToWrite: Bool { sent < outgoing.count }

    func welcome(_ notice: EngineNotice, _ parameters: EngineWindow, _ gradients: EngineWindow) {
        windows = (parameters, gradients)
        descriptors = (outgoing.count, [parameters.descriptor, gradients.descriptor])
        send(notice)
    }

    func send(_ notice: EngineNotice) {
        guard !isClosing else { return }
        outgoing += notice.line
    }

    /// Sends a last message.
    func close(with notice: EngineNotice) {
        send(notice)
        isClosing = true
    }

    /// Writes what there is.
    /// - Returns: false if the connection is at its end.
    func flush() -> Bool {
        while sent < outgoing.count {
            // What a descriptor goes with is its first byte.
            var (end, attached) = (outgoing.count, [Int32]())
            if let descriptors {
                if descriptors.place == sent { attached = descriptors.values } else { end = descriptors.place }
            }
            let count = outgoing.withUnsafeBytes { bytes in
                chaos_send_with_descriptors(
                    descriptor, bytes.baseAddress! + sent, end - sent, attached, attached.count)
            }
            if count < 0 {
                guard errno == EAGAIN || errno == EWOULDBLOCK else { return false }
                if sent > outgoing.count / 2 { dropSent() }
                return outgoing.count - sent <= Self.mostOutgoing
            }
            if count > 0, !attached.isEmpty { descriptors = nil }
            sent += count
        }
        outgoing.removeAll(keepingCapacity: outgoing.count < Self.pieceBytes)
        sent = 0
        if isClosing { shutdown(descriptor, Int32(SHUT_WR)) }
        return true
    }

    /// Whoever is always a little behind must not make it grow. Cost: O(bytes that wait), after as many have gone.
    private func dropSent() {
        outgoing.removeFirst(sent)
        descriptors?.place -= sent
        sent = 0
    }

    /// Reads what there is.
    /// - Returns: the whole lines, without line feeds; nil if the connection is at its end.
    /// - Throws: if a line is too long.
    func receive() throws(InvalidInput) -> [[UInt8]]? {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = piece.withUnsafeMutableBytes { chaos_receive(descriptor, $0.baseAddress!, $0.count) }
        if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return [] }
        guard count > 0 else { return nil }
        guard !isClosing else { return [] }
        var lines: [[UInt8]] = []
        var rest = piece[..<count]
        while let end = rest.firstIndex(of: 0x0A) {
            lines.append(incoming + rest[..<end])
            incoming = []
            rest = rest[(end + 1)...]
        }
        incoming += rest
        guard incoming.count <= EngineMessage.mostBytes else { throw EngineMessage.tooLong(incoming.count) }
        return lines
    }
}
