import ChaosNode
import ChaosTesting
import Foundation

/// A socket on loopback without any protocol, to say what no node would.
final class RawSocket {
    struct Failed: Error { let call: String, code: Int32 }

    private let descriptor: Int32

    private init(_ descriptor: Int32) throws {
        guard descriptor >= 0 else { throw Failed(call: "socket or accept", code: errno) }
        self.descriptor = descriptor
        // How long to wait for a connection, or for bytes.
        var time = timeval(tv_sec: Int(Duration.hanging.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// - Parameter source: the last number of the address on loopback, 127.0.0.n, that it comes from.
    convenience init(to endpoint: Endpoint, from source: UInt8 = 1) throws {
        try self.init(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let isBound = Self.withAddress(0, source, body: { [descriptor] in bind(descriptor, $0, $1) })
        guard isBound == 0 else { throw Failed(call: "bind", code: errno) }
        let status = Self.withAddress(endpoint.port) { [descriptor] in connect(descriptor, $0, $1) }
        guard status == 0 else { throw Failed(call: "connect", code: errno) }
    }

    static func listening() throws -> RawSocket {
        let socket = try RawSocket(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard withAddress(0, body: { bind(socket.descriptor, $0, $1) }) == 0, listen(socket.descriptor, 8) == 0 else {
            throw Failed(call: "bind or listen", code: errno)
        }
        return socket
    }

    func accepted() throws -> RawSocket { try RawSocket(accept(descriptor, nil, nil)) }

    /// Where it listens.
    func endpoint() throws -> Endpoint {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw Failed(call: "getsockname", code: errno) }
        return Endpoint(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
    }

    func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Reads whatever comes.
    /// - Returns: whether the other end closes the connection.
    func readsItsEnd() -> Bool { bytesBeforeItsEnd() != nil }

    /// - Returns: how many bytes come before the other end closes the connection; nil if it does not.
    func bytesBeforeItsEnd() -> Int? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var bytes = 0
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET { return bytes }
            guard count > 0 else { return nil }
            bytes += count
        }
    }

    /// Reads what has come, and does not wait.
    /// - Returns: whether the other end has closed the connection.
    func hasEnded() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count <= 0 { return count == 0 || errno == ECONNRESET }
        }
    }

    private static func withAddress(
        _ port: Int, _ number: UInt8 = 1, body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.\(number)")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
