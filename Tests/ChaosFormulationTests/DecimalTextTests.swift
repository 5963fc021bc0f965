import BigInt
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosFormulation

struct DecimalTextTests {
    @Test(arguments: [
        ("0", "0", true), ("-1", "-1", true), ("1/8", "0.125", true), ("-5/2", "-2.5", true),
        ("99999999999999999", "99999999999999999", true), ("100000000000000000", "1e17", true),
        ("100000000000000001", "1e17", false), ("123456789012345678", "1.2345678901234568e17", false),
        ("1/3", "0.33333333333333333", false), ("2/3", "0.66666666666666667", false),
        ("-2000/3", "-666.66666666666667", false), ("1/1000", "0.001", true), ("1/100000", "1e-5", true),
        ("1/1024", "0.0009765625", true), ("1152921504606846976", "1.152921504606847e18", false),
        // Rounding carries into a digit more.
        ("999999999999999999/1000000000000000000", "1", false), ("9999999999999999999", "1e19", false),
        // A tie goes to the even digit.
        ("100000000000000005/10", "10000000000000000", false), ("100000000000000015/10", "10000000000000002", false),
    ])
    func examples(fraction: String, text: String, isExact: Bool) throws {
        let decimal = DecimalText(try #require(Rational(fraction)))
        #expect(decimal.text == text)
        #expect(decimal.isExact == isExact)
    }

    /// Read back, the text is the number if it says so, and else within half a unit of the 17th digit.
    @Test func readsBack() throws {
        var random = SeededRandom(seed: 5)
        for round in 0..<3000 {
            let p = BigInt(random.anyLength(upTo: .max)) * BigInt(random.anyLength(upTo: .max))
            let q = BigInt(random.anyLength(upTo: .max)) * (round % 3 == 0 ? BigInt(random.anyLength(upTo: .max)) : 1)
            let value = Rational(round % 2 == 0 ? p : -p, round % 5 == 0 ? BigInt(10).power(random.int(0...40)) : q)
            let decimal = DecimalText(value)
            let read = try #require(Rational(decimal.text))
            #expect(decimal.isExact == (read == value))
            #expect((read - value).magnitude <= value.magnitude * Rational(1, 20_000_000_000_000_000))
            let digits = decimal.text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
            #expect(digits.count <= 17 || digits.dropFirst(17).allSatisfy { $0 == "0" })
        }
    }
}
