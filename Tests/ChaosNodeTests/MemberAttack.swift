import ChaosIdentity
import ChaosProtocol
import ChaosWire
import NIOCore
import NIOPosix
import Synchronization

@testable import ChaosNode

/// Somebody with certificates that a node trusts, who says to it what no correct node would.
final class MemberAttack: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel
    private let heard = Mutex<[WireMessage]>([])

    /// - Throws: if the handshake fails.
    init(_ credentials: Credentials, at endpoint: Endpoint) throws {
        let ears = Ears()
        channel = try ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(credentials.clientHandler { _ in })
                    try channel.pipeline.syncOperations.addHandler(ears)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port).wait()
        ears.onMessage.withLock { $0 = { [weak self] message in self?.heard.withLock { $0.append(message) } } }
    }

    /// What the node has said.
    /// Those that came together one by one.
    var messages: [WireMessage] {
        heard.withLock { $0 }.flatMap { message in
            if case .message(.bundle(let parts)) = message { parts.map(WireMessage.message) } else { [message] }
        }
    }

    var hasEnded: Bool { !channel.isActive }

    func send(_ message: WireMessage) throws {
        channel.writeAndFlush(try Connection.frame(message, payload: 0), promise: nil)
    }

    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func end() {
        _ = try? channel.close().wait()
        try? group.syncShutdownGracefully()
    }

    private final class Ears: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let onMessage = Mutex<(@Sendable (WireMessage) -> Void)?>(nil)
        private let decoder = Mutex(FrameDecoder())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data).readableBytesView
            while let part = try? decoder.withLock({ try $0.next(from: &bytes) }) {
                guard case .header(let header) = part, let message = try? WireMessage(header: header) else { continue }
                onMessage.withLock { $0 }?(message)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
