import ChaosDocuments
import ChaosIdentity
import ChaosProcess
import Dispatch
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What there is to be reached by a transfer with certificates: bytes from one process to another over a connection of TLS by
/// the library that nodes use, into the memory where they belong, and a SHA-256 of each MiB of them on a thread beside it. What the sender's hashing of
/// them would take is measured here, afterwards, and counts as processor time only.
enum TLSCopy {
    static let role = "tls-sender"
    private static let piece = 1 << 20
    /// What is to be encrypted is written and flushed in such parts, as nodes do.
    private static let part = 128 << 10

    /// - Returns: from the word to begin to the last digest.
    static func measure(bytes: Int) throws -> CopyCost {
        let folder = FileManager.default.temporaryDirectory.path + "/chaos-tls-copy-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let credentials = try makeCredentials(in: folder)
        guard let place = ExecutableSearch.besideRunningProgram else { throw BenchmarkFailure("run it by its path") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let done = group.next().makePromise(of: CopyCost.self)
        let process = NIOLockedValueBox(0)
        let server = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(credentials.serverHandler { _ in })
                    try pipeline.addHandler(Receiver(bytes, from: process, done))
                }
            }
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 20))
            .bind(host: "127.0.0.1", port: 0).wait()
        let sender = try BoundProcess(
            place.folder + "/ChaosBenchmarks", [role, "\(server.localAddress!.port!)", "\(bytes)", folder],
            output: "/dev/null")
        defer { sender.end() }
        process.withLockedValue { $0 = Int(sender.id) }
        return try done.futureResult.wait()
    }

    private static func makeCredentials(in folder: String) throws -> Credentials {
        try Authority.create("one", in: folder + "/one", days: 10)
        try DocumentIO.createFolder(folder + "/trust")
        try FileManager.default.copyItem(atPath: folder + "/one/authority.pem", toPath: folder + "/trust/one.pem")
        try Authority(in: folder + "/one").issue(
            "node", certificateFile: folder + "/node.pem", keyFile: folder + "/node.key", days: 5)
        return try credentials(in: folder)
    }

    private static func credentials(in folder: String) throws -> Credentials {
        try Credentials(certificate: folder + "/node.pem", key: folder + "/node.key", trust: folder + "/trust")
    }

    /// The other process.
    static func send(_ bytes: Int, to port: Int, _ folder: String) throws {
        let credentials = try credentials(in: folder)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try ClientBootstrap(group: group)
            .channelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 1 << 20, high: 4 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(credentials.clientHandler { _ in })
                    try pipeline.addHandler(Sender(bytes))
                }
            }
            .connect(host: "127.0.0.1", port: port).wait()
        try channel.closeFuture.wait()
    }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let memory: UnsafeMutableRawBufferPointer
        /// The process; 0: it is being started.
        private let sender: NIOLockedValueBox<Int>
        private let done: EventLoopPromise<CopyCost>
        private let hashing = DispatchQueue(label: "digests")
        private var received = 0
        private var hashed = 0
        private let clock = ContinuousClock()
        private var (start, processor) = (ContinuousClock.now, 0)

        init(_ bytes: Int, from sender: NIOLockedValueBox<Int>, _ done: EventLoopPromise<CopyCost>) {
            memory = .allocate(byteCount: bytes, alignment: 4096)
            // As a state that is there before it is replaced.
            memory.initializeMemory(as: UInt8.self, repeating: 1)
            (self.sender, self.done) = (sender, done)
        }

        deinit { memory.deallocate() }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            // The handshake is done: the word to begin.
            while sender.withLockedValue({ $0 }) == 0 { usleep(100) }
            (start, processor) = (clock.now, processorTime)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [1])), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
                let room = UnsafeMutableRawBufferPointer(rebasing: memory[received...])
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(room.count)))
                received += bytes.count
            }
            while received - hashed >= piece || received >= memory.count && hashed < memory.count {
                let part = UnsafeRawBufferPointer(rebasing: memory[hashed..<min(memory.count, hashed + piece)])
                hashed += part.count
                nonisolated(unsafe) let bytes = part
                hashing.async { Self.hash(bytes) }
            }
            guard received >= memory.count else { return }
            // Its memory is read until then.
            nonisolated(unsafe) let receiver = self
            hashing.async { receiver.finish() }
        }

        /// Of both processes so far, in ns.
        private var processorTime: Int {
            ProcessorTime.ofThisProcess + (ProcessorTime.of(sender.withLockedValue { $0 }) ?? 0)
        }

        private func finish() {
            let (seconds, taken) = ((clock.now - start).seconds, processorTime - processor)
            let before = ProcessorTime.ofThisThread
            for offset in stride(from: 0, to: memory.count, by: piece) {
                Self.hash(UnsafeRawBufferPointer(rebasing: memory[offset..<min(memory.count, offset + piece)]))
            }
            let hashing = ProcessorTime.ofThisThread - before
            done.succeed(CopyCost(seconds: seconds, processor: Double(taken + hashing) / 1e9))
        }

        private static func hash(_ bytes: UnsafeRawBufferPointer) {
            var digest = ContentDigest()
            digest.update(bytes)
            keep(digest.bytes)
        }
    }

    private final class Sender: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var left: Int
        private let piece: ByteBuffer
        private var hasBegun = false

        init(_ bytes: Int) { (left, piece) = (bytes, ByteBuffer(repeating: 2, count: part)) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            hasBegun = true
            pump(context)
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) { pump(context) }

        private func pump(_ context: ChannelHandlerContext) {
            while hasBegun, left > 0, context.channel.isWritable {
                let count = min(left, part)
                left -= count
                context.writeAndFlush(wrapOutboundOut(piece.getSlice(at: 0, length: count)!), promise: nil)
            }
        }
    }
}
