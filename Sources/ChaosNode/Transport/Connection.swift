import ChaosIdentity
import ChaosProtocol
import ChaosWire
import Foundation
import NIOCore
import NIOSSL

/// What a connection needs of a transport. All calls are on the event loop.
protocol ConnectionOwner: AnyObject {
    var introduction: Introduction { get }
    var payloads: PayloadPool { get }
    var shardPayloads: PayloadPool { get }
    /// Whether connections of an institution are to be kept.
    func trusts(_ institution: Institution) -> Bool
    /// After which a connection is closed that has not introduced itself, in ns.
    var introductionTime: Int { get }
    /// Whether the link to this node was removed.
    func isRemoved(_ node: NodeID) -> Bool
    /// The peer has said who it is.
    /// - Throws: `Refused` if it may not be here.
    func introduced(_ connection: Connection, _ introduction: Introduction) throws
    func closed(_ connection: Connection, because reason: String, isFault: Bool)
    /// The header of a frame has come.
    /// - Throws: if its payload cannot be what the message says.
    func check(_ message: Message, payload: Int, on connection: Connection) throws
    func receive(_ message: Message, _ payload: ByteBuffer?, on connection: Connection)
    /// - Parameter body: receives all messages that have come at once.
    func receiveTogether(_ body: () throws -> Void) rethrows
    /// By how many bytes the headers have grown that are not complete.
    /// - Returns: whether there is room for them.
    func noteHeld(_ change: Int) -> Bool
    /// The next piece that this connection is to send, if one may be sent now.
    func nextPiece(for connection: Connection) -> [ByteBuffer]?
}

/// Why a connection is closed, in words.
struct Refused: Error, CustomStringConvertible {
    let description: String
    /// Whether the peer does what it should not.
    let isFault: Bool

    init(_ description: String, isFault: Bool = true) { (self.description, self.isFault) = (description, isFault) }
}

/// A connection to a peer. Confined to the event loop.
final class Connection: @unchecked Sendable {
    let channel: any Channel
    /// Whom this node has dialled; nil: it was dialled.
    let dialled: Dialled?
    /// Of the other end, without its port; empty: it is not known.
    let address: String
    /// When it was made, on `Clock.now`.
    let begun = Clock.now
    private(set) var lane: Introduction.Lane
    private(set) var peer: NodeID?
    private(set) var isOpen = true
    private unowned let owner: any ConnectionOwner
    /// Closes the connection if no introduction comes.
    private var introductionTimer: Scheduled<Void>?
    private var isPumping = false

    /// Whose node the peer is; nil: that is not asked, or the handshake is not done.
    private(set) var identity: ShownIdentity?
    /// When its certificates have to be looked at again; nil: there are none.
    var expiry: Date?
    /// Why its certificate was not taken.
    private var refusal: String?

    // What is being sent; kept by the transport.
    /// What goes next of a shard.
    var piece: ByteBuffer?
    /// The rest of the shard.
    var reader: ShardReader?
    /// When the piece may be sent; nil: that is not booked yet.
    var bookedAt: Int?
    var timer: Scheduled<Void>?
    var bytesSent = 0
    var bytesReceived = 0
    private var heldBytes = 0
    var onPayload: ((Int, Int) -> Void)?
    var onArrival: ((Int) -> Void)?

    init(_ channel: any Channel, to dialled: Dialled?, lane: Introduction.Lane, owner: any ConnectionOwner) {
        self.channel = channel
        address = channel.remoteAddress?.ipAddress ?? ""
        self.dialled = dialled
        self.lane = lane
        self.owner = owner
    }

    var isIntroduced: Bool { peer != nil }

    var institution: Institution? { identity?.institution }

    /// Who has dialled.
    var initiator: NodeID? { dialled == nil ? peer : owner.introduction.node }

    // MARK: From the channel

    func onActive() {
        tune()
        if dialled != nil { introduce() }
        introductionTimer = channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(owner.introductionTime))) {
            [weak self] in
            self?.close(because: "no introduction in time", isFault: true)
        }
    }

    /// The handshake of TLS is done.
    func onHandshake(with identity: ShownIdentity?, protocol name: String?) {
        guard name == Credentials.applicationProtocol else {
            return close(because: "TLS for another protocol", isFault: true)
        }
        guard let identity else { return close(because: "a resumed session, which proves nothing", isFault: true) }
        // It may have been withdrawn since the handshake began.
        guard owner.trusts(identity.institution) else {
            return close(because: "\(identity.institution) is not trusted any more", isFault: true)
        }
        (self.identity, expiry) = (identity, identity.expiry)
    }

    /// The certificate of the peer is not taken.
    func onRefusal(_ reason: String) { refusal = reason }

    func onError(_ error: any Error) {
        // The end of the connection is told next.
        if HandshakeFailure.isClosing(error) { return }
        let failure = refusal ?? HandshakeFailure.words(of: error)
        close(because: failure ?? "\(error)", isFault: failure != nil)
    }

    func onInactive(isInsideFrame: Bool) {
        close(because: isInsideFrame ? "closed by the peer within a frame" : "closed by the peer", isFault: false)
    }

    /// For a payload of so many bytes that is about to come.
    func room(forPayload bytes: Int) -> ByteBuffer {
        // Those of shards are of other sizes.
        (lane == .control ? owner.payloads : owner.shardPayloads).take(bytes)
    }

    func noteReceived(_ bytes: Int) { bytesReceived += bytes }

    /// So many bytes of a header wait for the rest of it.
    func noteHeld(_ bytes: Int) {
        let bytes = isOpen ? bytes : 0
        let change = bytes - heldBytes
        heldBytes = bytes
        guard change != 0, !owner.noteHeld(change), isOpen else { return }
        close(because: "headers that are not complete hold too much memory", isFault: true)
    }

    /// Something has come, which may be a part of a record of TLS and not be read yet.
    func noteArrival(at now: Int) { onArrival?(now) }

    func notePayload(_ bytes: Int, at now: Int) { onPayload?(bytes, now) }

    func check(_ message: WireMessage, payload: Int) throws {
        switch message {
        case .introduction:
            if isIntroduced { throw Refused("a second introduction; allowed: one, and then messages") }
        case .message(let message):
            guard isIntroduced else { throw Refused("a message before the introduction; allowed: an introduction") }
            var isShard = false
            if case .replication(.shard) = message { isShard = true }
            guard isShard == (lane == .shards) else {
                throw Refused(
                    "\(isShard ? "a shard" : "another message than a shard") on a connection for \(lane)")
            }
            try owner.check(message, payload: payload, on: self)
        }
    }

    func receiveTogether(_ body: () throws -> Void) rethrows { try owner.receiveTogether(body) }

    func receive(_ message: WireMessage, _ payload: ByteBuffer?) {
        switch message {
        case .introduction(let introduction):
            do {
                if dialled == nil {
                    lane = introduction.lane
                } else if introduction.lane != lane {
                    throw Refused("an answer for lane \(introduction.lane), not \(lane)")
                }
                peer = introduction.node
                introductionTimer?.cancel()
                if dialled == nil {
                    // Whoever gets no answer waits longer from time to time before it dials again.
                    guard !owner.isRemoved(introduction.node) else {
                        throw Refused("node \(introduction.node), whose link was removed")
                    }
                    introduce()
                }
                try owner.introduced(self, introduction)
                tuneLane()
                pump()
            } catch {
                close(because: "\(error)", isFault: (error as? Refused)?.isFault ?? true)
            }
        case .message(let message): owner.receive(message, payload, on: self)
        }
    }

    // MARK: To the channel

    private func introduce() {
        var mine = owner.introduction
        mine.lane = lane
        // Within the bounds of its fields no header is too long.
        guard let bytes = try? Self.frame(.introduction(mine), payload: 0) else { return }
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// Prefix and header of a frame.
    static func frame(_ message: WireMessage, payload: Int) throws -> ByteBuffer {
        let header = try message.header()
        let prefix = try FramePrefix(header: header.count, payload: payload)
        var buffer = ByteBufferAllocator().buffer(capacity: FramePrefix.length + header.count)
        buffer.writeBytes(prefix.bytes)
        buffer.writeBytes(header)
        return buffer
    }

    /// Writes as long as there is something to be written and room for it. Writing may call back before it returns, so it
    /// is not entered twice.
    func pump() {
        guard isOpen, isIntroduced, !isPumping else { return }
        isPumping = true
        var unflushed = 0
        while isOpen, channel.isWritable, let buffers = owner.nextPiece(for: self) {
            for buffer in buffers {
                bytesSent += buffer.readableBytes
                // What is to be encrypted is not counted as waiting before it is flushed, and is encrypted all at once then,
                // in memory that the connection keeps.
                for part in institution == nil ? [buffer] : buffer.cut(to: Self.mostUnflushed) {
                    unflushed += part.readableBytes
                    channel.write(part, promise: nil)
                    guard institution != nil, unflushed >= Self.mostUnflushed else { continue }
                    channel.flush()
                    unflushed = 0
                }
            }
            if !channel.isWritable {
                channel.flush()
                unflushed = 0
            }
        }
        if unflushed > 0 { channel.flush() }
        isPumping = false
    }

    private static let mostUnflushed = 128 << 10

    func setReading(_ reads: Bool) {
        _ = channel.setOption(.autoRead, value: reads)
        if reads { channel.read() }
    }

    func close(because reason: String, isFault: Bool) {
        guard isOpen else { return }
        isOpen = false
        noteHeld(0)
        introductionTimer?.cancel()
        timer?.cancel()
        (piece, reader) = (nil, nil)
        // Not by way of TLS, which would first send all that waits, and wait for the peer's answer.
        if let below = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
            below.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
        owner.closed(self, because: reason, isFault: isFault)
    }

    // MARK: Sockets

    private func tune() {
        guard let provider = channel as? any SocketOptionProvider else { return }
        // The default may be BBR, which costs up to half of the throughput of a fast path. Where cubic may not be chosen,
        // what there is stays.
        let cubic: (UInt8, UInt8, UInt8, UInt8, UInt8) = (0x63, 0x75, 0x62, 0x69, 0x63)
        _ = provider.unsafeSetSocketOption(
            level: SocketOptionLevel(IPPROTO_TCP), name: SocketOptionName(Self.congestion), value: cubic)
    }

    private func tuneLane() {
        switch lane {
        case .control:
            // What waits in the kernel can be overtaken by nothing.
            _ = channel.setOption(.tcpOption(.init(rawValue: Self.notSentLowWater)), value: 256 << 10)
            _ = channel.setOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10))
        case .shards:
            _ = channel.setOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            // No more than a processor's cache holds until the kernel has it.
            _ = channel.setOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20))
        }
    }

    #if os(Linux)
        private static let congestion: CInt = 13
        private static let notSentLowWater: CInt = 25
    #else
        private static let congestion: CInt = 32
        private static let notSentLowWater: CInt = 513
    #endif
}
