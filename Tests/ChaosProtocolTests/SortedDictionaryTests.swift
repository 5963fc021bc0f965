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
}
