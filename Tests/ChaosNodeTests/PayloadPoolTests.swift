import NIOCore
import Testing

@testable import ChaosNode

@Suite struct PayloadPoolTests {
    private static func place(_ buffer: inout ByteBuffer) -> UInt {
        buffer.withVeryUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test func memoryComesBack() {
        let pool = PayloadPool(most: 1)
        var (first, second) = (pool.take(5000), pool.take(5000))
        first.writeRepeatingByte(7, count: 5000)
        let place = Self.place(&first)
        pool.give(first)
        // Beyond what is kept.
        pool.give(second)
        first = ByteBuffer()
        second = pool.take(3000)
        #expect(Self.place(&second) == place && second.readableBytes == 0 && second.writableBytes >= 3000)
        pool.give(second)
        second = ByteBuffer()
        var greater = pool.take(1 << 20)
        #expect(greater.readableBytes == 0 && greater.writableBytes >= 1 << 20)
        greater.writeRepeatingByte(1, count: 1 << 20)
    }

    @Test func whatIsEmptiedKeepsNothing() {
        let pool = PayloadPool(most: 8)
        pool.give(pool.take(1 << 13))
        pool.empty()
        #expect(pool.take(0).capacity == 0)
        pool.give(pool.take(1 << 13))
        #expect(pool.take(0).capacity >= 1 << 13)
    }

    /// Of a payload that is still being sent, say.
    @Test func whoeverHasAPayloadKeepsIt() {
        let pool = PayloadPool(most: 4)
        var payload = pool.take(4)
        payload.writeInteger(UInt32(0xC4A05))
        pool.give(payload)
        var next = pool.take(4)
        next.writeInteger(UInt32(1))
        #expect(payload.getInteger(at: 0, as: UInt32.self) == 0xC4A05)
    }
}
