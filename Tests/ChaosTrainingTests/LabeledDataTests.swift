import ChaosDocuments
import ChaosTesting
import Testing

@testable import ChaosTraining

@Suite struct LabeledDataTests {
    private func read(_ text: String) throws -> LabeledData {
        try LabeledData(csv: Array(text.utf8), file: "d.csv")
    }

    @Test func readsTheDigits() throws {
        let digits = try LabeledData(contentsOf: PackageRoot.url("Data/digits/digits.csv").path)
        #expect((digits.count, digits.features, digits.classes) == (1797, 64, 10))
        let first: [Float] = [0, 0, 5, 13, 9, 1, 0, 0]
        #expect(Array(digits.values[..<8]) == first.map { $0 / 16 })
        #expect(digits.labels[..<10] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(Set(digits.labels).count == 10)
    }

    /// The same rows as in Benchmarks/sklearn-digits, which prints them.
    @Test func splitIsFixed() throws {
        let digits = try LabeledData(contentsOf: PackageRoot.url("Data/digits/digits.csv").path)
        let (training, test) = digits.split()
        #expect((training.count, test.count) == (1438, 359))
        #expect(test.rows(0..<5) == digits.rows([1018, 1340, 1744, 800, 3]))
        let key = { (data: LabeledData) in
            (0..<data.count).map { data.rows([$0]) }.map { "\($0.values) \($0.labels)" }
        }
        #expect((key(training) + key(test)).sorted() == key(digits).sorted())
    }

    @Test(arguments: [
        ("", ["line 1"]), ("a,label\n", ["line 2"]), ("label\n1\n", ["line 1"]), ("a,b\n1,1\n", ["line 1"]),
        ("a,label\n17,1\n", ["line 2, column a"]), ("a,label\n1,10\n", ["line 2, column label"]),
        (
            "a,b,label\n1,,3\n-1,x,2.5\n",
            ["line 2, column b", "line 3, column a", "line 3, column b", "line 3, column label"]
        ),
        ("a,label\n1,2,3\n", ["line 2, column 3"]),
        ("a,label\n\"1,2\n", ["line 2, column 1", "line 2, column 2"]),
        ("a,label\n99999999999999999999,1\n", ["line 2, column a"]),
    ])
    func namesEveryFault(_ text: String, _ paths: [String]) {
        let invalid = #expect(throws: InvalidInput.self) { try read(text) }
        #expect(invalid?.file == "d.csv")
        #expect(invalid?.faults.map(\.path) == paths)
    }

    @Test func boundsWhatItReads() {
        #expect(throws: InvalidInput.self) {
            try LabeledData(csv: [UInt8](repeating: 0, count: LabeledData.mostBytes + 1), file: "")
        }
        // A device without an end.
        #expect(throws: FileError.self) { try LabeledData(contentsOf: "/dev/zero") }
        let missing = #expect(throws: FileError.self) { try LabeledData(contentsOf: "/nowhere/digits.csv") }
        #expect(missing?.isMissing == true)
    }
}
