import Testing

@testable import ChaosFormulation

struct LegalNamesTests {
    private static func names(_ names: [String]) -> [String] {
        var program = Program(name: "names")
        for name in names { _ = program.add(name, .continuous) }
        let legal = LPWriter.variableNames(program)
        #expect(legal == PIPWriter.variableNames(program))
        return legal
    }

    @Test func illegalCharactersAndBeginnings() {
        #expect(
            Self.names(["n[aws:eu-west-1]", "Zürich", "1st", ".5", "e", "E12", "e1x", "Free", "st", "", "[]", "T"])
                == [
                    "n_aws_eu_west_1", "Z_rich", "_1st", "_.5", "_e", "_E12", "e1x", "_Free", "_st", "_", "__2", "T",
                ])
    }

    /// Equal names, also those that become equal with a suffix that stands in the list already.
    @Test func collisions() {
        #expect(
            Self.names(["a_2", "a", "a", "a", "a_2", "a b", "a_b", "a-b_2"])
                == ["a_2", "a", "a_3", "a_4", "a_2_2", "a_b", "a_b_2", "a_b_2_2"])
    }

    @Test func lengths() {
        let long = (0..<1200).map { _ in String(repeating: "x", count: 300) }
        let legal = Self.names(long)
        #expect(Set(legal).count == 1200)
        #expect(legal.allSatisfy { $0.utf8.count <= 96 })
    }

    /// Whatever the bytes, the names are unique and hold only what may stand in them.
    @Test func anyBytes() {
        let names = Self.names((0..<256).map { "n[\(Character(UnicodeScalar(UInt8($0))))]" })
        #expect(Set(names).count == 256)
        #expect(names.allSatisfy { $0.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == 95 || $0 == 46 } })
    }
}
