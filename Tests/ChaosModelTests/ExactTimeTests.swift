import BigInt
import ChaosTesting
import Testing

@testable import ChaosModel

/// `ExactTime` against fractions of big integers.
@Suite struct ExactTimeTests {
    /// Times of every length, at the ends of the ranges, and near ties of each other.
    private static func times(seed: UInt64, count: Int, wholeBits: Int = 104) -> [ExactTime] {
        var random = SeededRandom(seed: seed)
        var times: [ExactTime] = []
        for _ in 0..<count {
            let denominator = UInt64(random.anyLength(upTo: ModelRange.mostBandwidth))
            let bits = random.int(0...wholeBits)
            let whole =
                bits == 0 ? 0 : Int128(1) << (bits - 1) | Int128.random(in: 0..<Int128(1) << (bits - 1), using: &random)
            let remainder = UInt64.random(in: 0..<denominator, using: &random)
            times.append(ExactTime(nanoseconds: whole, remainder: remainder, denominator: denominator))
            // The next nanosecond, which a Double of the whole part cannot tell beyond 2^53.
            if whole + 1 < Int128(1) << wholeBits {
                times.append(ExactTime(nanoseconds: whole + 1, remainder: remainder, denominator: denominator))
            }
            // Equal value, another denominator; and the nearest fraction with a denominator one less or one more.
            let factor = UInt64(random.int(1...1000))
            if denominator * factor <= 1 << 50 {
                times.append(
                    ExactTime(nanoseconds: whole, remainder: remainder * factor, denominator: denominator * factor))
            }
            if denominator > 2, remainder > 0 {
                times.append(
                    ExactTime(nanoseconds: whole, remainder: remainder - 1, denominator: denominator - 1))
            }
            if remainder + 1 < denominator {
                times.append(ExactTime(nanoseconds: whole, remainder: remainder + 1, denominator: denominator))
            }
        }
        return times
    }

    @Test func orderIsThatOfTheRationalNumbers() {
        for seed in 0..<20 as Range<UInt64> {
            let times = Self.times(seed: seed, count: 40)
            let oracle = times.map(BigTime.init)
            for i in times.indices {
                for j in max(0, i - 12)..<min(times.count, i + 12) {
                    #expect((times[i] < times[j]) == (oracle[i] < oracle[j]))
                    #expect((times[i] == times[j]) == (oracle[i] == oracle[j]))
                    #expect((times[i] <= times[j]) == (oracle[i] <= oracle[j]))
                }
            }
            #expect(times.sorted().map(BigTime.init) == oracle.sorted())
        }
    }

    /// Completion times that differ by less than a Double can tell: it calls some of them equal and turns others round.
    @Test func nearTiesAreDecidedWhereADoubleIsWrong() {
        var random = SeededRandom(seed: 7)
        var (wrong, compared) = (0, 0)
        func double(_ time: ExactTime) -> Double {
            Double(time.nanoseconds) + Double(time.remainder) / Double(time.denominator)
        }
        for _ in 0..<4000 {
            let size = random.anyLength(upTo: 1 << 20)
            let (b, c) = (random.int(1 << 30...1 << 50), random.int(1 << 30...1 << 50))
            let n = random.int(1...1 << 30)
            // The count at c whose completion comes closest to that of n shards at b.
            let m = Int((Int128(n) * Int128(c) + Int128(b) / 2) / Int128(b))
            guard m > 0, m < 1 << 33 else { continue }
            let left = CompletionTime.affine(n, size, start: 0, overhead: 0, bandwidth: b)
            for start in [0, 1, random.int(0...1 << 50)] {
                let shifted = CompletionTime.affine(n, size, start: start, overhead: 0, bandwidth: b)
                let right = CompletionTime.affine(m, size, start: start, overhead: 0, bandwidth: c)
                // n·b and (n·b ± 1)/(b ± 1)-like neighbours of the same value.
                let near = ExactTime(
                    nanoseconds: shifted.nanoseconds, remainder: shifted.remainder > 0 ? shifted.remainder - 1 : 0,
                    denominator: max(1, shifted.denominator - (shifted.remainder > 0 ? 1 : 0)))
                for (x, y) in [(shifted, right), (shifted, near), (left, shifted)] {
                    compared += 1
                    #expect((x < y) == (BigTime(x) < BigTime(y)))
                    #expect((y < x) == (BigTime(y) < BigTime(x)))
                    #expect((x == y) == (BigTime(x) == BigTime(y)))
                    if (double(x) < double(y)) != (x < y) || (double(y) < double(x)) != (y < x) { wrong += 1 }
                }
            }
        }
        #expect(compared > 10_000)
        #expect(wrong > 1000, "a Double decided \(wrong) of \(compared) wrongly")
    }

    @Test func completionTimesAreThoseOfTheModel() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<5000 {
            let size = random.anyLength(upTo: ModelRange.mostBytes)
            let count = random.int(0...1) * random.anyLength(upTo: max(1, (1 << 54) / size))
            let bandwidth = random.anyLength(upTo: ModelRange.mostBandwidth)
            let start = random.int(0...1) * random.anyLength(upTo: 2 << 50)
            let overhead = random.int(0...1) * random.anyLength(upTo: ModelRange.mostNanoseconds)
            let time = CompletionTime.affine(count, size, start: start, overhead: overhead, bandwidth: bandwidth)
            let expected = BigTime.completion(
                of: count, size: size, start: start, overhead: overhead, bandwidth: bandwidth)
            #expect(BigTime(time) == expected)
        }
    }

    @Test func fractionIsInLowestTermsAndReadsBack() throws {
        for seed in 100..<120 as Range<UInt64> {
            for time in Self.times(seed: seed, count: 60, wholeBits: 76) {
                let (p, q) = time.fraction
                #expect(BigTime(BigInt(p), over: BigInt(q)) == BigTime(time))
                #expect(BigInt(p).greatestCommonDivisor(with: BigInt(q)) == 1)
                #expect(time.description == (q == 1 ? "\(p)" : "\(p)/\(q)"))
                let back = try #require(ExactTime(time.description))
                #expect(back == time)
                #expect(back.description == time.description)
            }
        }
    }

    /// A plan that is far from optimal has completion times beyond 2^77 ns: they are printed all the same.
    @Test func timesBeyondAnyMakespanArePrinted() {
        for seed in 200..<220 as Range<UInt64> {
            for time in Self.times(seed: seed, count: 30) {
                let exact = BigTime(time)
                let divisor = exact.numerator.greatestCommonDivisor(with: exact.denominator)
                let (p, q) = (exact.numerator / divisor, exact.denominator / divisor)
                #expect(time.description == (q == 1 ? "\(p)" : "\(p)/\(q)"))
            }
        }
    }

    @Test(arguments: [
        "0", "7", "1", "8648023441/7", "1/1125899906842624", "1125899906842623/1125899906842624",
        "75557863725914323419136", "85070591730234615865843651857942052863/1125899906842624",
    ])
    func readsBackAsWritten(text: String) {
        #expect(ExactTime(text)?.description == text)
    }

    @Test(arguments: [
        "", "07", "2/4", "4/2", "7/1", "1/0", "0/5", "-1", "+1", "1.5", " 1", "1 ", "1/", "/1", "/", "1/2/3", "1e3",
        "0x1",
        "1/07", "00", "1/-2", "١", "1/\u{301}2", "1/1125899906842625", "75557863725914323419137",
        "528905046081400263933953/7", "170141183460469231731687303715884105728",
        "85070591730234615865843651857942052865/1125899906842624",
        "99999999999999999999999999999999999999999999999999999999",
    ])
    func refusesOtherForms(text: String) {
        #expect(ExactTime(text) == nil)
    }

    /// Ten digits after the point, half up, checked in big integers.
    @Test func decimalSecondsAreRoundedHalfUp() {
        for seed in 300..<310 as Range<UInt64> {
            for time in Self.times(seed: seed, count: 60, wholeBits: 100) {
                let exact = BigTime(time)
                let tenths = (exact.numerator * 20 + exact.denominator) / (exact.denominator * 2)
                let (whole, rest) = tenths.quotientAndRemainder(dividingBy: 10_000_000_000)
                var digits = String(String(BigInt(10_000_000_000) + rest).dropFirst())
                while digits.hasSuffix("0") { digits.removeLast() }
                #expect(time.decimalSeconds == "\(whole)" + (digits.isEmpty ? "" : "." + digits))
            }
        }
        #expect(ExactTime(nanoseconds: 0, remainder: 1, denominator: 20).decimalSeconds == "0.0000000001")
        #expect(ExactTime(nanoseconds: 0, remainder: 1, denominator: 21).decimalSeconds == "0")
        #expect(ExactTime(nanoseconds: 999_999_999, remainder: 19, denominator: 20).decimalSeconds == "1")
        #expect(ExactTime.zero.decimalSeconds == "0")
    }

    @Test(arguments: [
        ("0", "0 s"), ("1", "1 ns"), ("1/3", "0.333333 ns"), ("2/3", "0.666667 ns"),
        ("1/1125899906842624", "8.88178e-16 ns"),
        ("999", "999 ns"), ("1000", "1 µs"), ("1500", "1.5 µs"), ("1234567", "1.23457 ms"), ("123456789", "123.457 ms"),
        ("999999499", "999.999 ms"), ("999999500", "1 s"), ("999999999", "1 s"), ("1235431920", "1.23543 s"),
        ("12345678901", "12.3457 s"),
        ("59999949999", "59.9999 s"), ("59999950000", "1 min 0.0 s"), ("60000000000", "1 min 0.0 s"),
        ("192500000000", "3 min 12.5 s"),
        ("3599940000000", "59 min 59.9 s"), ("3599950000000", "1 h 0 min"), ("7260000000000", "2 h 1 min"),
        ("172800000000000", "2 d 0 h"), ("75557863725914323419136", "2394284 years"),
    ])
    func readableTimesHaveSixDigitsAtMost(exact: String, expected: String) throws {
        #expect(try #require(ExactTime(exact)).readable == expected)
    }
}
