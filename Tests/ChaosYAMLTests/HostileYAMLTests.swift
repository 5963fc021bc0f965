import ChaosDocuments
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosYAML

/// Documents that mean harm: nothing crashes, hangs or grows beyond its bounds.
@Suite struct HostileYAMLTests {
    static func message(_ text: String) -> String { YAMLReadingTests.message(text) }

    /// Each level stands nine times in the next: ten levels would be 3 billion values.
    @Test(arguments: [("[", "]"), ("{a0: ", "}")]) func aliasBombs(opener: String, closer: String) {
        var text = "l0: &l0 x\n"
        for level in 1...10 {
            let parts = (0..<9).map { (opener == "[" || $0 == 0 ? "" : "a\($0): ") + "*l\(level - 1)" }
            text += "l\(level): &l\(level) \(opener)\(parts.joined(separator: ", "))\(closer)\n"
        }
        #expect(Self.message(text).contains("aliases that make the document too large"))
    }

    /// A key that is such a bomb is refused before anything is made of it.
    @Test func aBombAsAKey() {
        var text = "l0: &l0 [x]\n"
        for level in 1...60 { text += "l\(level): &l\(level) [*l\(level - 1), *l\(level - 1)]\n" }
        #expect(Self.message("\(text)? *l60\n: 1\n").contains("aliases that make the document too large"))
        #expect(Self.message("a: &a [&b [x, x]]\n? *a\n: 1\n").contains("as a key"))
    }

    @Test func oneLongTextManyTimes() {
        let text =
            "a: &a \(String(repeating: "x", count: 1 << 20))\nb: [\(String(repeating: "*a, ", count: 1 << 18))]\n"
        #expect(Self.message(text).contains("aliases that make the document too large"))
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "a:\n", "[{", "{? ", "&a [", "- ? "]) func deepNesting(opener: String) {
        for count in [200, 100_000] {
            var text = String(repeating: opener, count: count)
            if opener == "a:\n" {
                text = (0..<min(count, 2000)).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
            }
            let message = Self.message(text)
            #expect(message.contains("a value inside 100 others") || message.contains("no valid YAML"), "\(message)")
        }
    }

    @Test func sizes() {
        let spaces = String(repeating: " ", count: YAMLDocument.mostBytes)
        #expect(Self.message(spaces).contains("an empty document"))
        #expect(Self.message(spaces + " ").contains("more than 8388608 bytes"))
        #expect(
            Self.message("links: [" + String(repeating: "0,", count: 1 << 20) + "]").contains(
                "more than 1048576 values"))
        let long = String(repeating: "9", count: 1 << 20)
        #expect(Self.message("name: a\nat: \(long)\n").utf8.count < 1000)
        #expect(Self.message("name: \(long)\n").utf8.count < 1000)
    }

    @Test func bytesThatAreNoText() {
        for bytes: [UInt8] in [
            [0xFF], [0xC3], [0x80], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0x00], [0x01], [0x07], [0x0C], [0x1B], [0x7F], [0xC2, 0x80], [0xEF, 0xBF, 0xBF],
        ] {
            let message = YAMLReadingTests.message(Array("name: a\nat: 1\n# x".utf8) + bytes + Array("\n".utf8))
            #expect(message.hasPrefix("x.yaml: line 3, column "), "\(bytes): \(message)")
            #expect(message.hasSuffix("allowed: UTF-8 without control characters"))
        }
        // UTF-16 with and without its mark.
        let wide = "name: a".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        for bytes in [wide, [0xFF, 0xFE] + wide] { #expect(YAMLReadingTests.message(bytes).contains("no valid YAML")) }
    }

    @Test func randomMutationsNeverCrash() {
        let valid = Array(
            "name: &n \"a\\tb\" # c\nat: 1.5 s\nlinks: [1, 2, {a: *n}]\nx: |\n  y\n? z\n: >-\n  k\n".utf8)
        let alphabet = Array("[]{},:?-&*!|>'\"%@`# \n\t\\0a~".utf8)
        var random = SeededRandom(seed: 9)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0..<random.int(1...2) {
                let at = random.int(0...bytes.count - 1)
                switch random.int(0...3) {
                case 0: bytes[at] = UInt8(random.int(0...255))
                case 1: bytes[at] = alphabet[random.int(0...alphabet.count - 1)]
                case 2: bytes.remove(at: at)
                default: bytes.insert(alphabet[random.int(0...alphabet.count - 1)], at: at)
                }
            }
            do {
                let json = try YAMLDocument.json(of: bytes)
                accepted += 1
                // What is made is JSON, and what JSON is, is YAML that says the same; but YAML 1.1 has line breaks of its
                // own, which in quotes are spaces.
                let text = String(decoding: json, as: UTF8.self)
                if text.unicodeScalars.contains(where: { ["\u{85}", "\u{2028}", "\u{2029}"].contains($0) }) {
                    continue
                }
                #expect(try YAMLReadingTests.json(text) == text)
            } catch { #expect(error is InvalidInput) }
        }
        #expect(accepted > 2000)
    }
}
