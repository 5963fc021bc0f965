import ChaosIdentity
import ChaosProtocol
import ChaosWire
import NIOCore
import NIOSSL
import NIOTLS

/// Gives a connection the messages that a `FrameDecoder` finds in its bytes. What a message allows is looked at before its
/// payload is awaited.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Of an introduction, without the claim in it: whoever has not said who it is gets no memory.
    private static let mostIntroduction = 1024

    private let connection: Connection
    private var decoder = FrameDecoder()
    /// How long the payload is of the frame at hand.
    private var length = 0
    /// Whose payload has not come yet.
    private var message: WireMessage?
    /// What has come of it.
    private var payload: ByteBuffer?

    init(_ connection: Connection) { self.connection = connection }

    func channelActive(context: ChannelHandlerContext) { connection.onActive() }

    func channelInactive(context: ChannelHandlerContext) {
        connection.onInactive(isInsideFrame: decoder.isInsideFrame)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.pump() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name)? = event as? TLSUserEvent {
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self)
            connection.onHandshake(with: handler.flatMap(ShownIdentity.init), protocol: name)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.onError(error) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        connection.noteReceived(buffer.readableBytes)
        var bytes = buffer.readableBytesView
        defer { connection.noteHeld(decoder.heldBytes) }
        do {
            try connection.receiveTogether {
                while connection.isOpen, let part = try decoder.next(from: &bytes) { try handle(part) }
            }
        } catch {
            connection.close(because: "\(error)", isFault: true)
        }
    }

    private func handle(_ part: FrameDecoder.Part<ByteBufferView>) throws {
        switch part {
        case .prefix(let prefix):
            let claim = connection.identity == nil ? 0 : MessageLimits.claim
            guard connection.isIntroduced || prefix.header <= Self.mostIntroduction + claim else {
                throw FrameFault.header(prefix.header)
            }
            length = prefix.payload
        case .header(let bytes):
            let found = try WireMessage(header: bytes, payload: length)
            try connection.check(found, payload: length)
            if length == 0 { connection.receive(found, nil) } else { message = found }
        case .payload(let piece, let missing):
            connection.notePayload(piece.count, at: Clock.now)
            var payload = payload.take() ?? connection.room(forPayload: length)
            var bytes = ByteBuffer(piece)
            payload.writeBuffer(&bytes)
            if missing == 0 { end(with: payload) } else { self.payload = payload }
        }
    }

    private func end(with payload: ByteBuffer) {
        if let message = message.take() { connection.receive(message, payload) }
    }
}
