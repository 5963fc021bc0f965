import ChaosProcess
import Foundation

/// Bare TCP connections over the loopback address to processes of this program: what there is to be reached.
final class LoopbackListener {
    private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    private var port: UInt16 = 0
    private var children: [BoundProcess] = []

    init() throws {
        LoopbackSocket.tune(descriptor)
        var address = LoopbackSocket.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw BenchmarkFailure.ofSystem("listen") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        for child in children { child.end() }
        close(descriptor)
    }

    /// Starts a process that connects: `ChaosBenchmarks role PORT words…`. It ends with this object.
    func connection(to role: String, _ words: [String] = []) throws -> LoopbackSocket {
        guard let place = ExecutableSearch.besideRunningProgram else { throw BenchmarkFailure("run it by its path") }
        children.append(
            try BoundProcess(place.folder + "/ChaosBenchmarks", [role, "\(port)"] + words, output: "/dev/null"))
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let accepted = accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw BenchmarkFailure.ofSystem("accept") }
        return LoopbackSocket(accepted)
    }
}

/// An end of such a connection.
final class LoopbackSocket {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    convenience init(to port: UInt16) throws {
        self.init(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        Self.tune(descriptor)
        var address = Self.address(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw BenchmarkFailure.ofSystem("connect") }
    }

    /// Fills all of the memory.
    func read(_ memory: UnsafeMutableRawBufferPointer) throws {
        guard recv(descriptor, memory.baseAddress!, memory.count, Int32(MSG_WAITALL)) == memory.count else {
            throw BenchmarkFailure.ofSystem("recv")
        }
    }

    /// Sends all of it.
    func write(_ memory: UnsafeRawBufferPointer) throws {
        var sent = 0
        while sent < memory.count {
            let count = send(
                descriptor, memory.baseAddress! + sent, min(4 << 20, memory.count - sent), Int32(MSG_NOSIGNAL))
            guard count > 0 else { throw BenchmarkFailure.ofSystem("send") }
            sent += count
        }
    }

    /// As the nodes do: the default may be BBR, which costs up to half of the throughput. What is accepted inherits it.
    fileprivate static func tune(_ socket: Int32) {
        let name = Array("cubic".utf8)
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.count))
    }

    fileprivate static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

extension BenchmarkFailure {
    fileprivate static func ofSystem(_ call: String) -> BenchmarkFailure {
        BenchmarkFailure("\(call): \(String(cString: strerror(errno)))")
    }
}
