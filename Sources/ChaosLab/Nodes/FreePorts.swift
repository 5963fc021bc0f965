import Foundation

/// Ports of the loopback address that nobody listens at.
enum FreePorts {
    /// All different. They are free when this returns, and nobody keeps them free.
    /// - Throws: `LabFailure` if the system has none left.
    static func choose(_ count: Int) throws(LabFailure) -> [Int] {
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        var ports: [Int] = []
        while ports.count < count {
            #if canImport(Glibc)
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            #else
                let descriptor = socket(AF_INET, SOCK_STREAM, 0)
            #endif
            guard descriptor >= 0 else { throw failure() }
            // Kept until all are chosen, or one would be chosen twice.
            open.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
                }
            }
            guard status == 0 else { throw failure() }
            ports.append(Int(UInt16(bigEndian: address.sin_port)))
        }
        return ports
    }

    private static func failure() -> LabFailure { LabFailure("no free port: \(String(cString: strerror(errno)))") }
}
