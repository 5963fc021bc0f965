import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosProtocol

struct ShardSetTests {
    @Test func setIsASet() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            let capacity = random.int(0...300)
            var set = ShardSet(capacity: capacity)
            var oracle: Set<Int> = []
            for _ in 0..<(capacity == 0 ? 0 : random.int(0...500)) {
                let shard = random.int(0...capacity - 1)
                if random.once(in: 4) {
                    set.remove(shard)
                    oracle.remove(shard)
                } else {
                    set.insert(shard)
                    oracle.insert(shard)
                }
            }
            #expect(set.count == oracle.count)
            #expect((0..<capacity).allSatisfy { set.contains($0) == oracle.contains($0) })
            #expect(set.gaps.flatMap { $0 } == (0..<capacity).filter { !oracle.contains($0) })
            #expect(set.isFull == (oracle.count == capacity))
        }
    }

    @Test func shardsAreDealtInTheirOrder() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<200 {
            let shards = (0..<random.int(0...50)).filter { _ in random.once(in: 2) }
            var set = ShardSet(capacity: 50)
            for shard in 0..<50 where !shards.contains(shard) { set.insert(shard) }
            var left = shards.count
            let counts = (0..<random.int(0...5)).map { _ in
                let count = random.int(0...left)
                left -= count
                return count
            }
            var dealt: [Int] = []
            for (count, queue) in zip(counts, ShardQueue.deal(set.gaps, counts: counts)) {
                var queue = queue
                #expect(queue.count == count)
                while let shard = queue.popFirst() { dealt.append(shard) }
                #expect(queue.count == 0)
            }
            #expect(dealt == Array(shards.prefix(shards.count - left)))
        }
    }
}
