import NIOCore

/// What comes before TLS has looked at it. Whoever has not shown a certificate gets little memory: what it sends while that
/// is being verified waits here in this process.
final class HandshakeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: Connection
    private let mostBytes: Int
    private var bytes = 0

    init(_ connection: Connection, most mostBytes: Int) { (self.connection, self.mostBytes) = (connection, mostBytes) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.noteArrival(at: Clock.now)
        if connection.institution == nil {
            bytes += unwrapInboundIn(data).readableBytes
            guard bytes <= mostBytes else {
                return connection.close(
                    because: "more than \(mostBytes) bytes before a handshake was done", isFault: true)
            }
        }
        context.fireChannelRead(data)
    }
}
