import ChaosModel
import ChaosProcess
import Foundation

/// What there is to be reached: bytes from one process to another over a TCP connection of the loopback address into the
/// memory where they belong, and a SHA-256 of each MiB of them.
enum RawCopy {
    private static let piece = 1 << 20

    /// - Returns: seconds from the connection to the last digest.
    static func measure(bytes: Int) throws -> Double {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        tune(listener)
        guard isListening, let place = ExecutableSearch.besideRunningProgram else { throw failure("listen") }
        let words = ["sender", "\(UInt16(bigEndian: address.sin_port))", "\(bytes)"]
        let sender = try BoundProcess(place.folder + "/ChaosBenchmarks", words, output: "/dev/null")
        defer { sender.end() }
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
        defer { memory.deallocate() }
        // As a state that is there before it is replaced.
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        var ready: UInt8 = 1
        guard Foundation.send(connection, &ready, 1, 0) == 1 else { throw failure("send") }
        let clock = ContinuousClock()
        let start = clock.now
        for offset in stride(from: 0, to: bytes, by: piece) {
            let part = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<min(bytes, offset + piece)])
            guard recv(connection, part.baseAddress!, part.count, Int32(MSG_WAITALL)) == part.count else {
                throw failure("recv")
            }
            var digest = ContentDigest()
            digest.update(UnsafeRawBufferPointer(part))
            keep(digest.bytes)
        }
        return (clock.now - start).seconds
    }

    /// The other process.
    static func send(_ bytes: Int, to port: UInt16) throws {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        tune(connection)
        var address = loopback(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 2)
        var ready: UInt8 = 0
        guard status == 0, recv(connection, &ready, 1, 0) == 1 else { throw failure("connect") }
        var sent = 0
        while sent < memory.count {
            let count = Foundation.send(connection, memory.baseAddress! + sent, min(4 * piece, memory.count - sent), 0)
            guard count > 0 else { throw failure("send") }
            sent += count
        }
        close(connection)
    }

    /// As the nodes do: the default may be BBR, which costs up to half of the throughput. What is accepted inherits it.
    private static func tune(_ socket: Int32) {
        let name = Array("cubic".utf8)
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.count))
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func failure(_ what: String) -> BenchmarkFailure {
        BenchmarkFailure("\(what): \(String(cString: strerror(errno)))")
    }
}
