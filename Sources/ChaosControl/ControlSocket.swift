import Foundation

/// The socket over which a node is talked to, as the system has it: a stream in the Unix domain, so that the mode of its
/// file says who may talk to the node.
package enum ControlSocket {
    /// Of the path, in bytes: what the system has room for.
    static var mostPathBytes: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 }

    /// A socket with a file at this path that nobody but the user of this process may connect to, now or later. It does not
    /// listen yet.
    ///
    /// The mode of this process for new files (umask) is left alone: all of its threads share it.
    /// - Returns: its descriptor, which is the caller's to close.
    package static func bound(to path: String) throws(ControlFailure) -> Int32 {
        let descriptor = try make(for: path)
        // On Linux the file begins with the mode of the socket.
        fchmod(descriptor, 0o600)
        try call(bind, descriptor, path)
        #if !os(Linux)
            // Before it listens nobody can connect to it.
            chmod(path, 0o600)
        #endif
        return descriptor
    }

    /// A socket that is connected to whoever listens at this path.
    /// - Parameter seconds: how long reading and writing may take each.
    package static func connected(to path: String, timeout seconds: Int) throws(ControlFailure) -> Int32 {
        let descriptor = try make(for: path)
        var time = timeval(tv_sec: max(1, seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        try call(connect, descriptor, path)
        return descriptor
    }

    private static func make(for path: String) throws(ControlFailure) -> Int32 {
        let length = path.utf8.count
        guard (1...mostPathBytes).contains(length), !path.utf8.contains(0) else {
            throw ControlFailure(
                socket: path, reason: "a path of \(length) bytes; allowed: 1 … \(mostPathBytes), none of them 0")
        }
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw ControlFailure(socket: path, reason: String(cString: strerror(errno))) }
        // No program that this one starts has a part in it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// Binds or connects a socket, which is closed if that fails.
    private static func call(
        _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32, _ path: String
    ) throws(ControlFailure) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status != 0 else { return }
        let reason = String(cString: strerror(errno))
        close(descriptor)
        throw ControlFailure(socket: path, reason: reason)
    }
}
