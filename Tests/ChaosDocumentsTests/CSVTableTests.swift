import ChaosTesting
import Testing

@testable import ChaosDocuments

@Suite struct CSVTableTests {
    private func read(_ text: String) throws -> CSVTable { try CSVTable(csv: Array(text.utf8), file: "t.csv") }

    @Test func readsQuotesLineBreaksAndEmptyLines() throws {
        let table = try read("\u{FEFF}a,b\r\n1,\"x,\"\"y\"\"\nz\"\r\n\n3,\n\"\",5")
        #expect(table.columns == ["a", "b"])
        #expect(table.rows.map(\.fields) == [["1", "x,\"y\"\nz"], ["3", ""], ["", "5"]])
        #expect(table.rows.map(\.line) == [2, 5, 6])
    }

    @Test func keepsSpacesAndLoneCarriageReturns() throws {
        #expect(try read("a,b\n x ,y\rz\n").rows[0].fields == [" x ", "y\rz"])
    }

    @Test(arguments: [
        ("a,b\n1\n1,2,3\n", ["line 2, column 2: 1 fields", "line 3, column 3: 3 fields"]),
        ("a,b\n1,\"2\n3,4\n", ["line 2, column 2: a quote that is not closed"]),
        ("a,b\n1,2\"3\n", ["line 2, column 2: a quote inside an unquoted field"]),
        ("a,b\n1,\"2\"3\n", ["line 2, column 2: text behind a closing quote"]),
        ("a,b,a\n", ["line 1, column 3: the column \"a\" a second time"]),
        ("", ["line 1: an empty file"]),
        ("a,b\n1,\"2\"\rx\n", ["line 2, column 2: text behind a closing quote"]),
        ("\n\na,a\n", ["line 3, column 2: the column \"a\" a second time"]),
    ])
    func namesEachFaultWithItsLine(_ text: String, _ expected: [String]) throws {
        let invalid = try #require(faults { _ = try read(text) })
        #expect(invalid.file == "t.csv")
        let found = invalid.faults.map { "\($0.path): \($0.found)" }
        #expect(found == expected)
    }

    @Test func refusesBytesThatAreNoText() throws {
        let invalid = try #require(faults { _ = try CSVTable(csv: [0x61, 0x0A, 0xFF, 0x0A], file: "t.csv") })
        #expect(invalid.faults.map(\.path) == ["line 2, column 1"])
    }

    @Test func aFieldOfQuotesAloneIsNoEmptyLine() throws {
        #expect(try read("a\n\"\"\n\nx\n\"\"").rows.map(\.fields) == [[""], ["x"], [""]])
    }

    @Test func otherSeparatorsAndSpaces() throws {
        var dialect = CSVTable.Dialect()
        dialect.separator = UInt8(ascii: ";")
        let text = "a;b\n1,5; x \n\"y;\"; \n"
        func fields() throws -> [[String]] {
            try CSVTable(csv: Array(text.utf8), file: "t.csv", dialect: dialect).rows.map(\.fields)
        }
        #expect(try fields() == [["1,5", " x "], ["y;", " "]])
        dialect.trimsSpaces = true
        #expect(try fields() == [["1,5", "x"], ["y;", ""]])
        dialect.separator = UInt8(ascii: "\t")
        let tabbed = "  a \t \"b \" \n \n 1\t 2 3 \n"
        let table = try CSVTable(csv: Array(tabbed.utf8), file: "t.csv", dialect: dialect)
        #expect(table.columns == ["a", "b "] && table.rows.map(\.fields) == [["1", "2 3"]])
    }

    @Test func listsTheCellsOfAMatrix() throws {
        let list = try read("from,x,y\na,1,2\nb,3,4\n").listOfPairs
        #expect(list.rows.map(\.fields) == [["a", "x", "1"], ["a", "y", "2"], ["b", "x", "3"], ["b", "y", "4"]])
        #expect(list.rows.map(\.line) == [2, 2, 3, 3])
        #expect(list.rows.map(\.column) == ["x", "y", "x", "y"])
    }
}
