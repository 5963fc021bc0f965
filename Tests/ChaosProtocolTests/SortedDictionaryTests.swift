import ChaosModel
import Testing

@testable import ChaosProtocol

struct SortedDictionaryTests {
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func doesWhatADictionaryDoes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sorted = SortedDictionary<Int, Int>()
        var hashed: [Int: Int] = [:]
        for step in 0..<100 {
            let key = random.int(0...20)
            let value = random.once(in: 3) ? nil : step
            sorted[key] = value
            hashed[key] = value
            if random.once(in: 20) {
                let modulus = random.int(1...5)
                sorted.removeAll { $0 % modulus != 0 }
                hashed = hashed.filter { $0.key % modulus != 0 }
            }
            for key in 0...20 { #expect(sorted[key] == hashed[key]) }
            #expect(sorted.keys == hashed.keys.sorted())
            #expect(sorted.values == hashed.sorted { $0.key < $1.key }.map(\.value))
        }
    }

    /// A key whose place among the others can be changed behind the back of the dictionary.
    private final class Key: Comparable, @unchecked Sendable {
        var value: Int

        init(_ value: Int) { self.value = value }

        static func == (a: Key, b: Key) -> Bool { a.value == b.value }
        static func < (a: Key, b: Key) -> Bool { a.value < b.value }
    }

    @Test func orderIsLookedAt() {
        var sorted = SortedDictionary<Key, Int>()
        let keys = (0..<4).map { Key($0) }
        for key in keys.reversed() { sorted[key] = key.value }
        #expect(sorted.brokenSentence == nil)
        keys[1].value = 5
        #expect(sorted.brokenSentence == "Keys ascend, each once.")
        keys[1].value = 2
        #expect(sorted.brokenSentence == "Keys ascend, each once.")
    }
}
