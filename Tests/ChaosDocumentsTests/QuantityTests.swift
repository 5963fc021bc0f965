import BigInt
import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosModel

/// Quantities with units, against big rational numbers.
@Suite struct QuantityTests {
    @Test func everyUnitIsConvertedExactlyOrRefused() {
        var random = SeededRandom(seed: 21)
        var (converted, refused) = (0, 0)
        for quantity in Quantity.allCases {
            for (unit, factor) in quantity.units {
                for _ in 0..<150 {
                    // Half of them are made from a whole number of base units, written out in the unit.
                    var text: String
                    if random.once(in: 2) {
                        let value = random.anyLength(upTo: 1 << 62)
                        let (whole, rest) = value.quotientAndRemainder(dividingBy: factor)
                        text = "\(whole)"
                        if rest > 0 {
                            // Powers of two have 50 decimals at most; 60 s and 3600 s need not end at all.
                            let scaled = BigInt(rest) * BigInt(10).power(50) / BigInt(factor)
                            text += "." + String(String(BigInt(10).power(50) + scaled).dropFirst())
                        }
                    } else {
                        text = "\(random.int(0...99999))"
                        if random.once(in: 2) {
                            text +=
                                "."
                                + String(
                                    (0..<random.int(1...60)).map { _ in "0123456789".randomElement(using: &random)! })
                        }
                    }
                    let number = text.split(separator: ".")
                    let decimals = number.count == 2 ? number[1].count : 0
                    let exact = Rational(
                        BigInt(number.joined(), radix: 10)! * BigInt(factor), BigInt(10).power(decimals))
                    let value = try? quantity.parse("\(text) \(unit)")
                    if exact.isWhole, exact.numerator <= 1 << 62 {
                        #expect(value.map { BigInt($0) } == exact.numerator, "\(text) \(unit)")
                        converted += 1
                    } else {
                        #expect(value == nil, "\(text) \(unit)")
                        refused += 1
                    }
                }
            }
        }
        #expect(converted > 1000 && refused > 1000)
    }

    @Test func oneByteInLargeUnits() throws {
        #expect(try Quantity.bytes.parse("0.00000095367431640625 MiB") == 1)
        #expect(try Quantity.bytes.parse("0.00000000000000088817841970012523233890533447265625 PiB") == 1)
        #expect(
            try Quantity.bytes.parse("1.000000000000000000000000000000000000000000000000000000000000000 kB") == 1000)
    }

    @Test func bothMicroSigns() throws {
        #expect(try Quantity.time.parse("1.5 \u{B5}s") == 1500)
        #expect(try Quantity.time.parse("1.5 \u{3BC}s") == 1500)
    }

    @Test(arguments: [
        "", " ", "1", "ms", "1ms", "1  ", "-1 ms", "+1 ms", "1. ms", ".5 ms", "1.5.5 ms", "1,5 ms", "1e3 ms", "0x1 ms",
        "١ ms", "1 m s",
        "1\u{A0}ms", "1\tms", "NaN ms", "inf ms",
    ])
    func otherFormsAreMalformed(text: String) {
        #expect(throws: Quantity.Refusal.malformed) { try Quantity.time.parse(text) }
    }

    @Test func refusalsSayWhy() {
        #expect(throws: Quantity.Refusal.unknownUnit("MB")) { try Quantity.time.parse("1 MB") }
        #expect(throws: Quantity.Refusal.unknownUnit("MS")) { try Quantity.time.parse("1 MS") }
        #expect(throws: Quantity.Refusal.notWhole) { try Quantity.time.parse("0.1 ns") }
        #expect(throws: Quantity.Refusal.notWhole) { try Quantity.bytes.parse("1.39 GiB") }
        #expect(throws: Quantity.Refusal.tooLarge) { try Quantity.bytes.parse("4097 PiB") }
        #expect(throws: Quantity.Refusal.tooLarge) {
            try Quantity.bytes.parse(String(repeating: "9", count: 10_000) + " B")
        }
        #expect(throws: Quantity.Refusal.notWhole) {
            try Quantity.bytes.parse("0." + String(repeating: "1", count: 10_000) + " B")
        }
        for quantity in Quantity.allCases {
            for refusal in [Quantity.Refusal.malformed, .unknownUnit("x"), .notWhole, .tooLarge] {
                let (why, allowed) = quantity.explanation(of: refusal)
                #expect(!why.isEmpty && !allowed.isEmpty)
            }
        }
    }
}
