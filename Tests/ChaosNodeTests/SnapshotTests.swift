import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import ChaosNode

/// What is served from: it is no copy, and nothing is hashed twice. Counted, not timed.
@Suite(.timeLimit(.minutes(5))) struct SnapshotTests {
    /// A synthetic replica that counts how many bytes of its state are read.
    private struct Counting: Replica {
        var inner: SyntheticTrainer
        let read = NIOLockedValueBox(0)

        init(_ bytes: Int, isResident: Bool = false) throws {
            inner = try SyntheticTrainer(
                seed: 1, stateBytes: bytes, gradientCount: 4, samples: 100, isResident: isResident)
        }

        var configuration: String { inner.configuration }
        var stateBytes: Int { inner.stateBytes }
        var tensors: [Tensor] { inner.tensors }
        var gradientCount: Int { inner.gradientCount }
        var samples: Int { inner.samples }
        var step: Int { inner.step }
        var missing: RangeSet<Int>? { inner.missing }
        var bytesRead: Int { read.withLockedValue { $0 } }

        func readState(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(InvalidInput) {
            read.withLockedValue { $0 += bytes.count }
            try inner.readState(at: offset, into: bytes)
        }
        mutating func beginState(ofStep step: Int) throws(InvalidInput) { try inner.beginState(ofStep: step) }
        mutating func writeState(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(InvalidInput) {
            try inner.writeState(bytes, at: offset)
        }
        mutating func endState() throws(InvalidInput) { try inner.endState() }
        mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput) {
            try inner.apply(sum, samples: samples)
        }
    }

    private static func digest(_ bytes: [UInt8]) -> Digest { Digest(of: ByteBuffer(bytes: bytes)) }

    private static func read(_ snapshot: Snapshot, _ shard: Int, _ size: Int, lies: Bool = false) throws -> [UInt8] {
        var reader = ShardReader(snapshot, try #require(snapshot.range(ofShard: shard, size: size)), lies: lies)
        var (bytes, buffers): ([UInt8], ReusedBuffers) = ([], ReusedBuffers(most: 2))
        while let piece = reader.next(atMost: 300, in: &buffers) {
            #expect(piece.readableBytes <= 300)
            bytes += piece.readableBytesView
        }
        #expect(reader.rest.isEmpty)
        return bytes
    }

    private static func updated(_ replica: Counting) throws -> Counting {
        var (next, gradient) = (replica, Gradient(count: 4))
        _ = try replica.inner.addGradient(of: [0], to: &gradient)
        try next.apply(gradient, samples: 1)
        return next
    }

    @Test(arguments: [false, true]) func isTheStateBeforeTheUpdate(_ isResident: Bool) throws {
        var replica = try Counting(5000, isResident: isResident)
        let state = try replica.inner.readState(0..<5000)
        let snapshot = Snapshot(of: replica)
        #expect(replica.bytesRead == 0, "it is no copy")
        replica = try Self.updated(replica)
        for (shard, range) in [(0, 0..<2000), (1, 2000..<4000), (2, 4000..<5000)] {
            #expect(try Self.read(snapshot, shard, 2000) == Array(state[range]))
            #expect(snapshot.digest(ofShard: shard, size: 2000) == Self.digest(Array(state[range])))
        }
        #expect(snapshot.range(ofShard: 3, size: 2000) == nil && snapshot.digest(ofShard: 3, size: 2000) == nil)
        #expect(snapshot.range(ofShard: -1, size: 2000) == nil && snapshot.range(ofShard: 0, size: 0) == nil)
        #expect(try replica.inner.readState(0..<5000) != state)
    }

    /// The digest fits what is sent, and neither is that of the state.
    @Test func liesAsItSays() throws {
        let snapshot = Snapshot(of: try Counting(5000))
        let right = try Self.read(snapshot, 1, 2000)
        let wrong = try Self.read(snapshot, 1, 2000, lies: true)
        #expect(wrong == [~right[0]] + right[1...])
        #expect(snapshot.digest(ofShard: 1, size: 2000, lies: true) == Self.digest(wrong))
        #expect(snapshot.digest(ofShard: 1, size: 2000) == Self.digest(right))
    }

    /// However many ask at once, of as many snapshots of one state as there are.
    @Test func aShardIsHashedOnce() throws {
        let replica = try Counting(1 << 20)
        let digests = StateDigests()
        let snapshots = (0..<3).map { _ in Snapshot(of: replica, digests: digests) }
        let threads = WorkerThreads("test", threads: 6)
        for snapshot in snapshots {
            for first in 0..<2 {
                threads.async {
                    for shard in stride(from: first, to: 256, by: 2) {
                        _ = snapshot.digest(ofShard: shard, size: 1 << 12)
                        _ = snapshot.digest(ofShard: 255 - shard, size: 1 << 12)
                    }
                }
            }
        }
        threads.finish()
        #expect(replica.bytesRead == 1 << 20)
        // Of another size they are others.
        _ = snapshots[0].digest(ofShard: 0, size: 1 << 13)
        #expect(replica.bytesRead == 1 << 20 + 1 << 13)
    }

    /// Offsets beyond 32 bits.
    @Test func reachesTheEndOf16GiB() throws {
        let bytes = 16 << 30 + 5
        let replica = try SyntheticTrainer(seed: 1, stateBytes: bytes, gradientCount: 4, samples: 100)
        let snapshot = Snapshot(of: replica)
        for size in [1 << 20, 64 << 20] {
            let last = (bytes - 1) / size
            #expect(snapshot.range(ofShard: last, size: size) == 16 << 30..<bytes)
            #expect(try Self.read(snapshot, last, size) == replica.readState(16 << 30..<bytes))
            #expect(snapshot.range(ofShard: last + 1, size: size) == nil)
        }
    }

    // MARK: Through the engine

    private final class Heard: Sendable {
        let events = NIOLockedValueBox<[EngineEvent]>([])

        var snapshots: [Snapshot] {
            events.withLockedValue { $0.compactMap { if case .snapshot(let snapshot) = $0 { snapshot } else { nil } } }
        }
    }

    private func engine(_ replica: Counting, _ heard: Heard) throws -> TrainerEngine {
        TrainerEngine(
            replica: replica, schedule: try SampleSchedule(seed: 1, samples: 100, batch: 1), chunks: 1, wire: .float32,
            observation: TrainerEngine.Observation(), journal: nil
        ) { events in heard.events.withLockedValue { $0 += events } }
    }

    /// What is hashed is kept for the next one who joins, as long as the state does not change.
    @Test func digestsAreThoseOfTheStateAtHand() throws {
        let (replica, heard) = (try Counting(4096), Heard())
        let engine = try engine(replica, heard)
        func takeSnapshot(_ step: Int) throws -> Snapshot {
            let before = heard.snapshots.count
            engine.perform(EngineBatch([.takeSnapshot(step: step)]))
            engine.queue.finish()
            return try #require(heard.snapshots.dropFirst(before).first)
        }
        for _ in 1...3 {
            let snapshot = try takeSnapshot(0)
            for shard in 0..<4 { _ = snapshot.digest(ofShard: shard, size: 1024) }
            #expect(replica.bytesRead == 4096)
        }
        var gradient = Gradient(count: 4)
        _ = try replica.inner.addGradient(of: [0], to: &gradient)
        var batch = EngineBatch()
        batch.append(.store(step: 0, chunk: 0), payload: gradient.values.withUnsafeBytes { ByteBuffer(bytes: $0) })
        batch.append(.apply(step: 0, samples: 1))
        engine.perform(batch)
        let next = try takeSnapshot(1)
        engine.observing.finish()
        let before = replica.bytesRead
        let digest = next.digest(ofShard: 0, size: 1024)
        #expect(replica.bytesRead == before + 1024)
        #expect(digest == Self.digest(try Self.updated(replica).inner.readState(0..<1024)))
        engine.end()
    }

    /// The digest of the whole, however many views begin with one state.
    @Test func theWholeIsHashedOnce() throws {
        let (replica, heard) = (try Counting(4096), Heard())
        let engine = try engine(replica, heard)
        for view in 1...3 {
            engine.perform(EngineBatch([.begun(view: view, step: 0)]))
            engine.queue.finish()
            engine.observing.finish()
        }
        let told = heard.events.withLockedValue {
            $0.compactMap { if case .digest(let step, let digest) = $0 { [step: digest] } else { nil } }
        }
        #expect(told.count == 3 && Set(told).count == 1)
        #expect(replica.bytesRead == 4096)
        engine.end()
    }

    /// What has been written is given back, all of a batch at once.
    @Test func writtenShardsComeBack() throws {
        let (replica, heard) = (try Counting(4096), Heard())
        let engine = try engine(replica, heard)
        var batch = EngineBatch([.makeRoom(step: 0, stateBytes: 4096)])
        for shard in 0..<4 {
            batch.append(
                .write(shard: shard, shardSize: 1024, bytes: 1024),
                payload: ByteBuffer(bytes: try replica.inner.readState(1024 * shard..<1024 * shard + 1024)))
        }
        batch.append(.complete(step: 0))
        engine.perform(batch)
        engine.queue.finish()
        let given = heard.events.withLockedValue {
            $0.compactMap { if case .written(let payloads) = $0 { payloads.map(\.readableBytes) } else { nil } }
        }
        #expect(given == [[1024, 1024, 1024, 1024]])
        engine.end()
    }

    // MARK: Memory and threads

    /// What somebody still has is left alone.
    @Test func buffersAreReused() {
        var buffers = ReusedBuffers(most: 2)
        func take(_ value: UInt8) -> ByteBuffer { buffers.take { $0.writeRepeatingByte(value, count: 5000) } }
        func place(_ buffer: ByteBuffer) -> UInt {
            buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        }
        var held = take(1)
        var places: Set<UInt> = []
        for value in UInt8(2)...9 {
            let other = take(value)
            #expect(Array(other.readableBytesView) == Array(repeating: value, count: 5000))
            places.insert(place(other))
        }
        #expect(places.count == 1 && !places.contains(place(held)))
        #expect(Array(held.readableBytesView) == Array(repeating: 1, count: 5000))
        held = take(10)
        let third = take(11)
        #expect(place(third) != place(held))
    }

    @Test func threadsWorkAtOnce() {
        let threads = WorkerThreads("test", threads: 2)
        let (first, second) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let met = NIOLockedValueBox(0)
        for (mine, other) in [(first, second), (second, first)] {
            threads.async {
                mine.signal()
                if other.wait(timeout: .now() + 30) == .success { met.withLockedValue { $0 += 1 } }
            }
        }
        threads.finish()
        #expect(met.withLockedValue { $0 } == 2)
    }
}
