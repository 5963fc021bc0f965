import ChaosProtocol
import ChaosWire
import NIOCore

/// Makes messages of the bytes of a connection. Sizes are checked before memory is taken for them, and against what the
/// message allows before its payload is awaited.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Of an introduction: whoever has not said who it is gets no memory.
    private static let mostIntroduction = 1024

    private let connection: Connection
    private var pending = ByteBuffer()
    private var prefix: FramePrefix?
    private var message: WireMessage?
    private var payload: ByteBuffer?

    init(_ connection: Connection) { self.connection = connection }

    func channelActive(context: ChannelHandlerContext) { connection.onActive() }

    func channelInactive(context: ChannelHandlerContext) {
        connection.onInactive(isInsideFrame: prefix != nil || pending.readableBytes > 0)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.pump() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.close(because: "\(error)", isFault: false)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        connection.noteReceived(buffer.readableBytes)
        do {
            try connection.takeTogether {
                while buffer.readableBytes > 0, connection.isOpen { try take(&buffer) }
            }
        } catch {
            connection.close(because: "\(error)", isFault: true)
        }
    }

    /// Takes bytes up to the end of a prefix, a header or a payload.
    private func take(_ buffer: inout ByteBuffer) throws {
        guard let prefix else {
            guard gather(FramePrefix.length, from: &buffer) else { return }
            let found = try FramePrefix(bytes: pending.readableBytesView)
            if !connection.isIntroduced, found.header > Self.mostIntroduction {
                throw FrameFault.header(found.header)
            }
            pending.clear()
            self.prefix = found
            return
        }
        guard let message else {
            guard gather(prefix.header, from: &buffer) else { return }
            let found = try WireMessage(header: pending.readableBytesView)
            guard found.payloadBytes.contains(prefix.payload) else {
                throw Refused(
                    "a payload of \(prefix.payload) bytes; allowed: \(found.payloadBytes.lowerBound) … "
                        + "\(found.payloadBytes.upperBound)")
            }
            try connection.check(found, payload: prefix.payload)
            pending = ByteBuffer()
            if prefix.payload == 0 { return end(found, nil) }
            self.message = found
            return
        }
        let now = Clock.now
        if payload == nil, buffer.readableBytes >= prefix.payload, connection.lane == .shards {
            // All of it is here, and will not be kept for long.
            let whole = buffer.readSlice(length: prefix.payload)
            connection.notePayload(prefix.payload, at: now)
            return end(message, whole)
        }
        var payload = payload.take() ?? connection.channel.allocator.buffer(capacity: prefix.payload)
        let missing = prefix.payload - payload.readableBytes
        if var piece = buffer.readSlice(length: min(missing, buffer.readableBytes)) {
            connection.notePayload(piece.readableBytes, at: now)
            payload.writeBuffer(&piece)
        }
        if payload.readableBytes == prefix.payload { end(message, payload) } else { self.payload = payload }
    }

    /// Whether `pending` has so many bytes now.
    private func gather(_ count: Int, from buffer: inout ByteBuffer) -> Bool {
        if var piece = buffer.readSlice(length: min(count - pending.readableBytes, buffer.readableBytes)) {
            pending.writeBuffer(&piece)
        }
        return pending.readableBytes == count
    }

    private func end(_ message: WireMessage, _ payload: ByteBuffer?) {
        (prefix, self.message, self.payload) = (nil, nil, nil)
        connection.take(message, payload)
    }
}
