import ChaosControl
import ChaosDocuments
import Foundation
import NIOCore
import NIOPosix

/// Answers requests on the control socket, a line each. Confined to the event loop.
final class ControlServer: @unchecked Sendable {
    private unowned let node: Node
    private var channel: (any Channel)?
    private var path = ""

    init(_ node: Node) { self.node = node }

    /// Whether something is there that is no socket.
    static func isBlocked(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFSOCK
    }

    /// Removes a socket that nobody listens on any more.
    /// - Throws: if somebody does, or there is another kind of file.
    static func clear(_ path: String) throws {
        guard !isBlocked(path) else { throw Refused("\(path) is a file; allowed: a socket or nothing") }
        guard access(path, F_OK) == 0 else { return }
        if (try? ControlClient(path, timeout: 1)) != nil { throw Refused("\(path): a process listens there") }
        unlink(path)
    }

    func listen(_ path: String, on loop: any EventLoop) -> EventLoopFuture<Void> {
        self.path = path
        let socket: Int32
        // Whoever may write to it can make the node leave.
        do { socket = try ControlSocket.bound(to: path) } catch { return loop.makeFailedFuture(error) }
        return ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(self.node))
                }
            }
            .withBoundSocket(socket)
            .map { self.channel = $0 }
    }

    func stop() {
        guard let channel else { return }
        channel.close(promise: nil)
        unlink(path)
    }
}

/// Reads lines and answers them.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private unowned let node: Node
    private var pending = ByteBuffer()

    init(_ node: Node) { self.node = node }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        pending.writeBuffer(&buffer)
        while let end = pending.readableBytesView.firstIndex(of: 0x0A) {
            let line = pending.readBytes(length: end - pending.readerIndex) ?? []
            pending.moveReaderIndex(forwardBy: 1)
            let response: ControlResponse
            do throws(InvalidInput) {
                response = node.answer(try ControlRequest(line: line))
            } catch {
                response = .refused("\(error)")
            }
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: response.line)), promise: nil)
        }
        pending.discardReadBytes()
        if pending.readableBytes > ControlRequest.mostBytes {
            let line = ControlResponse.refused("a line of more than \(ControlRequest.mostBytes) bytes").line
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: line)), promise: nil)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
