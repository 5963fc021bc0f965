import Foundation

/// Whether an address is of use, as far as the system can say now.
extension Endpoint {
    private func addresses(passive: Bool) -> (list: UnsafeMutablePointer<addrinfo>?, reason: String?) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = passive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        return code == 0 ? (list, nil) : (nil, String(cString: gai_strerror(code)))
    }

    /// Why the host is not known; nil: it is.
    var reasonUnknown: String? {
        let (list, reason) = addresses(passive: false)
        if let list { freeaddrinfo(list) }
        return reason
    }

    /// Why nobody can listen there now; nil: somebody could.
    var reasonNotToListen: String? {
        let (list, reason) = addresses(passive: true)
        guard let list else { return reason }
        defer { freeaddrinfo(list) }
        let info = list.pointee
        let socket = Foundation.socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        guard socket >= 0 else { return String(cString: strerror(errno)) }
        defer { close(socket) }
        var reuse: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, info.ai_addr, info.ai_addrlen) == 0, Foundation.listen(socket, 1) == 0 else {
            return String(cString: strerror(errno))
        }
        return nil
    }
}
