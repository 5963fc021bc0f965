import ChaosModel
import Foundation

/// Why a node's control socket gave no answer.
public struct ControlFailure: Error, Sendable, CustomStringConvertible {
    /// The path of the socket.
    public let socket: String
    public let reason: String

    public var description: String { "\(socket): \(reason)" }
}

/// Talks to a node over its control socket, blocking: a request, then the answer to it.
public final class ControlClient {
    /// Of the path of a socket, in bytes: what the system has room for.
    public static var mostPathBytes: Int { ControlSocket.mostPathBytes }

    private let socketPath: String
    private let descriptor: Int32
    /// What has come after the last answer.
    private var rest: [UInt8] = []

    /// - Parameters:
    ///   - path: of the socket.
    ///   - seconds: how long an answer is waited for; 1 or more.
    /// - Throws: if nobody listens there.
    public init(_ path: String, timeout seconds: Int = 10) throws(ControlFailure) {
        socketPath = path
        descriptor = try ControlSocket.connected(to: path, timeout: seconds)
    }

    deinit { close(descriptor) }

    /// Asks, and waits for the answer.
    /// - Throws: if there is none in time, or none that is understood.
    public func send(_ request: ControlRequest) throws(ControlFailure) -> ControlResponse {
        try write(request.line)
        let line = try readLine()
        do {
            return try ControlResponse(line: line)
        } catch {
            throw ControlFailure(socket: socketPath, reason: "an answer that is not understood: \(error)")
        }
    }

    private func write(_ bytes: [UInt8]) throws(ControlFailure) {
        var sent = 0
        while sent < bytes.count {
            // A node that has ended must not end whoever asks it.
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            sent += count
        }
    }

    private func readLine() throws(ControlFailure) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var searched = 0
        while true {
            if let end = rest[searched...].firstIndex(of: 0x0A) {
                defer { rest.removeFirst(end + 1) }
                return Array(rest[..<end])
            }
            searched = rest.count
            guard rest.count <= ControlResponse.mostBytes else {
                throw ControlFailure(
                    socket: socketPath, reason: "an answer of more than \(ControlResponse.mostBytes) bytes")
            }
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            if count == 0 { throw ControlFailure(socket: socketPath, reason: "the node closed the connection") }
            guard count > 0 else { throw failure() }
            rest += chunk[..<count]
        }
    }

    private func failure() -> ControlFailure {
        let code = errno
        let isLate = code == EAGAIN || code == EWOULDBLOCK
        return ControlFailure(
            socket: socketPath, reason: isLate ? "no answer in time" : String(cString: strerror(code)))
    }
}
