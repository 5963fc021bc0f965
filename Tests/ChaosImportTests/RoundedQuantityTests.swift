import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

@Suite struct RoundedQuantityTests {
    @Test(arguments: [
        ("248.762", 1_000_000, 2, 124_381_000), ("0.5", 1, 1, 1), ("0.4999999999999999999999999", 1, 1, 0),
        ("3", 1, 2, 2), ("5", 1, 2, 3), ("1.2e9", 1, 1, 1_200_000_000), ("0.79", 1_000_000_000, 1, 790_000_000),
        // A Double rounds these two to others.
        ("9007199254740993", 1, 1, 9_007_199_254_740_993), ("4503599627370497.5", 1, 1, 4_503_599_627_370_498),
        ("0", 1, 1, 0), ("0.0000", 1_000_000, 2, 0),
    ])
    func convertsExactlyAndRoundsHalvesUp(_ text: String, _ unit: Int, _ divisor: Int, _ expected: Int) {
        #expect(Quantity.time.rounded(text, unit: unit, dividedBy: divisor) == expected)
    }

    @Test(arguments: [
        "", " ", "-1", "1/2", "abc", "1.2.3", "nan", "inf", "0x10", "1,5", "1e400", "4611686018427387905",
        String(repeating: "1", count: 65),
    ])
    func refusesWhatIsNoDecimalOrTooLarge(_ text: String) {
        #expect(Quantity.time.rounded(text, unit: 1) == nil)
    }

    /// Against integer arithmetic on the digits.
    @Test func agreesWithIntegersOnRandomDecimals() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            let decimals = random.int(0...6)
            let digits = random.anyLength(upTo: 1 << 50)
            let unit = random.element(of: [1, 8, 1000, 1_000_000])
            let divisor = random.int(1...2)
            var scale: Int128 = 1
            for _ in 0..<decimals { scale *= 10 }
            let padded = String(repeating: "0", count: max(0, decimals + 1 - "\(digits)".count)) + "\(digits)"
            let text = padded.dropLast(decimals) + (decimals > 0 ? "." : "") + padded.suffix(decimals)
            let below = scale * Int128(divisor)
            let expected = (2 * Int128(digits) * Int128(unit) + below) / (2 * below)
            let found = Quantity.bytes.rounded(text, unit: unit, dividedBy: divisor)
            #expect(
                found.map { Int128($0) } == (expected <= 1 << 62 ? expected : nil), "\(text) · \(unit) / \(divisor)")
        }
    }

    @Test func readsSettingsWithAndWithoutSpace() throws {
        #expect(try Quantity.bytes.parse(setting: "64KiB") == 65536)
        #expect(try Quantity.bytes.parse(setting: "1.5 GiB") == 3 << 29)
        #expect(try Quantity.time.parse(setting: "250") == 250)
        #expect(throws: SettingRefusal.self) { try Quantity.time.parse(setting: "5 KiB") }
        #expect(throws: SettingRefusal.self) { try Quantity.time.parse(setting: "-5") }
        #expect(throws: SettingRefusal.self) { try Quantity.time.parse(setting: "0.5ns") }
    }
}
