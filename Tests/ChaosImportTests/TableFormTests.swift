import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

/// Tables that are not CSV by rights: other separators, decimal commas, words for what was not measured.
@Suite struct TableFormTests {
    private static let text = """
        source;destination;rate;rtt;cost
        a;j;1,5;10;1
        b;j; 0,25 ;3,000001;2
        c;j;NA;3;3
        d;j;-;3;4
        e;j;2;NA;5
        """

    private func source(
        _ text: String, separator: String = ";", missing: [String] = ["NA", "-"], trims: Bool = true,
        comma: Bool = true,
        unit: String = "Mbps", wide: Bool = false
    ) throws -> MatrixImport {
        var form = TableForm()
        form.dialect.separator = try TableForm.separator(separator)
        form.dialect.trimsSpaces = trims
        (form.hasDecimalComma, form.missing) = (comma, missing)
        var table = try CSVTable(csv: Array(text.utf8), file: "t.csv", dialect: form.dialect)
        if wide { table = table.listOfPairs }
        var source = MatrixImport(
            bandwidth: FigureColumn(wide ? "value" : "rate", unit: unit), of: table, rows: LinkRows(),
            roundTrip: wide ? nil : FigureColumn("rtt", unit: "ms"))
        source.form = form
        return source
    }

    private var recipe: InstanceRecipe { InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10]) }

    @Test(arguments: [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|"), (" ", " ")])
    func readsOtherForms(_ option: String, _ separator: String) throws {
        let text = Self.text.replacing(" 0,25 ", with: separator == " " ? "0,25" : " 0,25 ")
            .replacing(";", with: separator)
        let imported = try source(text, separator: option).instance(joiner: "j", recipe: recipe)
        #expect(
            imported.instance.neighbors == [
                Neighbor(id: "a", bandwidth: 1_500_000, latency: 5_000_000),
                Neighbor(id: "b", bandwidth: 250_000, latency: 1_500_001),
            ])
        #expect(imported.notes == ["left out, without a bandwidth: c, d", "left out, without a round trip: e"])
    }

    @Test func whatTheFormDoesNotSayIsRefusedWithLineAndColumn() throws {
        func found(_ make: () throws -> MatrixImport) throws -> [String] {
            let invalid = faults { _ = try make().instance(joiner: "j", recipe: recipe) }
            return try #require(invalid).faults.map { "\($0.path): \($0.found); \($0.allowed)" }
        }
        let number = "a decimal number of Mbps from 0, or nothing where nothing was measured"
        #expect(
            try found { try source(Self.text, missing: [], trims: false, comma: false) } == [
                "line 2, column rate: \"1,5\"; \(number)", "line 3, column rate: \" 0,25 \"; \(number)",
                "line 4, column rate: \"NA\"; \(number)", "line 5, column rate: \"-\"; \(number)",
            ])
        let commas =
            "a decimal number with a comma of Mbps from 0, or nothing or \"NA\" or \"-\" where nothing was measured"
        #expect(
            try found { try source(Self.text.replacing("1,5", with: "1.5").replacing("0,25", with: "0,2,5")) } == [
                "line 2, column rate: \"1.5\"; \(commas)", "line 3, column rate: \"0,2,5\"; \(commas)",
            ])
        // In a matrix the column is that of the file.
        #expect(
            try found { try source("from;x;j\na;1;2\nb;7;fast", wide: true) }
                == ["line 3, column j: \"fast\"; \(commas)"])
    }

    @Test func aDecimalCommaInQuotesGoesWithCommasBetweenFields() throws {
        let text = "source,destination,rate,rtt\na,j,\"1,5\",\"0,5\"\n"
        let instance = try source(text, separator: ",").instance(joiner: "j", recipe: recipe).instance
        #expect(instance.neighbors == [Neighbor(id: "a", bandwidth: 1_500_000, latency: 250_000)])
    }

    @Test(arguments: [
        ("bps", 1), ("kbps", 1000), ("Mbps", 1_000_000), ("Gbps", 1_000_000_000), ("Tbps", 1_000_000_000_000),
    ])
    func spokenUnitsAreDecimalMultiplesOfBitsPerSecond(_ unit: String, _ size: Int) throws {
        #expect(try Quantity.bandwidth.unit(named: unit) == size)
        #expect(try Quantity.bandwidth.parse(setting: "3\(unit)") == 3 * size)
        #expect(try Quantity.bandwidth.parse(setting: "3 \(unit)") == 3 * size)
        #expect(try CapacitySetting("3\(unit)") == .fixed(3 * size))
        // A file of the model has one name for each unit.
        #expect(throws: Quantity.Refusal.unknownUnit(unit)) { try Quantity.bandwidth.parse("3 \(unit)") }
        #expect(throws: SettingRefusal.self) { try Quantity.time.unit(named: unit) }
    }

    @Test(arguments: ["MBps", "mbps", "Kbps", "Mibps", "Mbit"]) func otherUnitsAreRefused(_ unit: String) {
        #expect(throws: SettingRefusal.self) { try Quantity.bandwidth.unit(named: unit) }
        do {
            _ = try Quantity.bandwidth.parse(setting: "1\(unit)")
            Issue.record("taken")
        } catch {
            #expect(error.description.contains("GiB/s, bps, kbps, Mbps, Gbps, Tbps"), "\(error)")
        }
    }

    @Test(arguments: ["", ";;", "a", "1", "\"", "\n", "ü", "\r"]) func otherSeparatorsAreRefused(_ text: String) {
        #expect(throws: SettingRefusal.self) { try TableForm.separator(text) }
    }
}
