import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosNode

@Suite struct RateTests {
    /// Whatever is booked and whenever: over any time no more goes out than the rate allows, but for the credit.
    @Test(arguments: 0..<50 as Range<UInt64>) func neverMoreThanTheRate(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rate = random.int(1000...1_000_000_000)
        var limit = RateLimit(rate: rate)
        var now = 0
        var sent: [(at: Int, bytes: Int)] = []
        for _ in 0..<200 {
            let bytes = random.int(1...200_000)
            now = max(now, limit.book(bytes, at: now)) + (random.int(0...3) == 0 ? random.int(0...50_000_000) : 0)
            sent.append((now, bytes))
        }
        for i in sent.indices {
            var bits = 0
            for j in i..<sent.count {
                bits += sent[j].bytes * 8
                // A piece is booked before it is sent, so that the first one takes its time before `at`.
                let time = sent[j].at - sent[i].at + 2_000_000 + sent[i].bytes * 8_000_000_000 / rate + 200
                // Lateness between booking and sending may be made up for once.
                #expect(Int128(bits) * 1_000_000_000 <= Int128(time + 50_000_000) * Int128(rate))
            }
        }
    }

    /// A link that is always busy is used to its full.
    @Test func usesTheRate() {
        var limit = RateLimit(rate: 8_000_000)
        var now = 0
        for _ in 0..<1000 { now = max(now, limit.book(1000, at: now)) }
        #expect((998_000_000...1_000_000_000).contains(now))
    }

    @Test func measuresWhatComes() throws {
        var meter = BandwidthMeter()
        var now = 1_000_000_000
        var duration: Int?
        // 1000 bytes a millisecond, from several connections.
        for _ in 0..<30 {
            meter.note(400, at: now)
            meter.note(600, at: now)
            now += 1_000_000
            duration = duration ?? meter.duration(of: 64_000, at: now)
        }
        let time = try #require(duration)
        #expect((60_000_000...66_000_000).contains(time))
        // What comes after a pause says nothing of it.
        now += 1_000_000_000
        meter.note(1000, at: now)
        #expect(meter.duration(of: 1000, at: now) == nil)
    }

    /// A line a minute, and none is forgotten.
    @Test func strangersAreToldOfOnceAMinute() {
        var complaints = StrangerComplaints()
        let second = 1_000_000_000
        let told = (0..<1000).compactMap { complaints.count(at: $0 * second / 4) }
        #expect(told == [1, 240, 240, 240, 240])
    }
}
