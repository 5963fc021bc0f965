import NIOCore

/// What comes before TLS has looked at it. Whoever has not shown a certificate gets little memory: what it sends while that
/// is being verified waits here in this process.
final class HandshakeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Of a handshake with certificates at both ends, several times over.
    static let mostBytes = 128 << 10

    private let connection: Connection
    private var bytes = 0

    init(_ connection: Connection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.noteArrival(at: Clock.now)
        if connection.institution == nil {
            bytes += unwrapInboundIn(data).readableBytes
            guard bytes <= Self.mostBytes else {
                return connection.close(
                    because: "more than \(Self.mostBytes) bytes before a handshake was done", isFault: true)
            }
        }
        context.fireChannelRead(data)
    }
}
