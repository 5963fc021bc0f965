import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

@Suite struct MatrixImportTests {
    private static let links = """
        from,to,tier,gbit,note
        a,j,P,1.5,x
        a,j,P,2.5,x
        a,j,P,0.5,x
        a,j,S,9,x
        b,j,P,0.25,x
        c,j,P,4,
        d,j,P,,x
        e,j,P,1,x
        f,j,P,0,x
        j,g,P,7,x
        j,j,P,100,x
        a,b,P,8,x
        """
    private static let times = """
        from,to,ms
        a,j,10.000001
        j,b,3
        c,j,2.5
        j,c,99
        d,j,1
        f,j,1
        """

    private func table(_ text: String, _ file: String = "links.csv") throws -> CSVTable {
        try CSVTable(csv: Array(text.utf8), file: file)
    }

    private func source(filters: [String] = ["tier=P"], symmetric: Bool = false, _ duplicates: DuplicateRule = .median)
        throws -> MatrixImport
    {
        let rows = LinkRows(
            source: "from", destination: "to", filters: try filters.map { try ColumnFilter($0) },
            isSymmetric: symmetric, duplicates: duplicates)
        return MatrixImport(
            bandwidth: FigureColumn("gbit", unit: "Gbit/s"), of: try table(Self.links), rows: rows,
            roundTrip: FigureColumn("ms", unit: "ms"), of: try table(Self.times, "times.csv"),
            rows: LinkRows(source: "from", destination: "to"))
    }

    private var recipe: InstanceRecipe { InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10]) }

    @Test func takesBandwidthTowardsTheJoinerAndHalfTheRoundTrip() throws {
        let imported = try source().instance(joiner: "j", recipe: recipe)
        #expect(
            imported.instance.neighbors == [
                Neighbor(id: "a", bandwidth: 1_500_000_000, latency: 5_000_001),
                Neighbor(id: "b", bandwidth: 250_000_000, latency: 1_500_000),
                Neighbor(id: "c", bandwidth: 4_000_000_000, latency: 1_250_000),
            ])
        #expect(imported.instance.joiner == "j")
        #expect(
            imported.notes == ["left out, without a bandwidth: d, f", "left out, without a round trip: e"])
    }

    @Test(arguments: [
        (DuplicateRule.median, 1_500_000_000), (.first, 1_500_000_000), (.last, 500_000_000), (.least, 500_000_000),
        (.greatest, 2_500_000_000),
    ])
    func choosesAmongRepeatedRows(_ rule: DuplicateRule, _ expected: Int) throws {
        let instance = try source(rule).instance(joiner: "j", recipe: recipe).instance
        #expect(instance.neighbors[0].bandwidth == expected)
    }

    @Test func medianOfAnEvenNumberIsTheLowerMiddle() {
        #expect(DuplicateRule.median.choose([4, 1, 3, 2]) == 2)
        #expect(DuplicateRule.median.choose([7]) == 7)
    }

    @Test func filtersCompareWholeTextsAndBeginnings() throws {
        func first(_ filter: String) throws -> Int {
            try source(filters: [filter], .greatest).instance(joiner: "j", recipe: recipe).instance.neighbors[0]
                .bandwidth
        }
        #expect(try first("tier=S") == 9_000_000_000)
        #expect(try first("tier!=S") == 2_500_000_000)
        #expect(try first("gbit^=1.") == 1_500_000_000)
        #expect(faults { _ = try first("gbit^=.5") } != nil)
        #expect(throws: SettingRefusal.self) { try ColumnFilter("tier") }
        #expect(throws: SettingRefusal.self) { try ColumnFilter("=x") }
        #expect(throws: SettingRefusal.self) { try ColumnFilter("^=x") }
    }

    @Test func symmetricRowsHoldForBothDirections() throws {
        var source = try source(symmetric: true)
        source.roundTrip = nil
        let instance = try source.instance(joiner: "j", recipe: recipe).instance
        #expect(instance.neighbors.map(\.id) == ["a", "b", "c", "e", "g"])
        #expect(instance.neighbors[4].bandwidth == 7_000_000_000)
        #expect(instance.neighbors.allSatisfy { $0.latency == 0 })
    }

    @Test(arguments: [
        (NeighborSelection.nearest, ["b", "c"]), (.fastest, ["a", "c"]), (.slowest, ["a", "b"]),
    ])
    func selectsByFigures(_ selection: NeighborSelection, _ expected: [String]) throws {
        var recipe = recipe
        (recipe.selection, recipe.neighbors) = (selection, 2)
        #expect(try source().instance(joiner: "j", recipe: recipe).instance.neighbors.map(\.id) == expected)
    }

    @Test func equalFiguresGoByName() {
        let candidates = ["d", "b", "a", "c"].map { Candidate(id: $0, bandwidth: 1, latency: 1) }
        for selection in [NeighborSelection.nearest, .fastest, .slowest] {
            #expect(selection.choose(2, of: candidates, seed: 0).map(\.id) == ["a", "b"])
        }
    }

    @Test func randomSelectionDependsOnTheSeedAlone() {
        let names = (0..<30).map { "n\($0)" }
        func chosen(_ names: [String], _ seed: UInt64) -> [String] {
            NeighborSelection.random.choose(
                5, of: names.map { Candidate(id: $0, bandwidth: 1, latency: 1) }, seed: seed
            ).map(\.id)
        }
        #expect(chosen(names, 1) == chosen(names.reversed(), 1))
        #expect(Set(chosen(names, 1)).count == 5)
        #expect(Set((0..<20).map { chosen(names, $0) }).count > 15)
    }

    @Test func settingsAndGroupsShapeTheInstance() throws {
        var recipe = recipe
        recipe.settings = [
            .overhead: try NeighborSetting("rtt", for: .overhead), .ready: try NeighborSetting("1ms..2ms", for: .ready),
            .limit: try NeighborSetting("50%", for: .limit),
        ]
        recipe.groups = [
            try GroupPattern("*=90%"), try GroupPattern("a*=1Gbit/s"), try GroupPattern("zzz=1Gbit/s"),
        ]
        recipe.ingress = try CapacitySetting("2Gbit/s")
        let imported = try source().instance(joiner: "j", recipe: recipe)
        let instance = imported.instance
        #expect(instance.neighbors.map(\.overhead) == [10_000_001, 3_000_000, 2_500_000])
        #expect(instance.neighbors.allSatisfy { (1_000_000...2_000_000).contains($0.ready) && $0.limit == 500 })
        #expect(
            instance.groups == [
                CapacityGroup(id: "*", bandwidth: 5_175_000_000, parent: 2),
                CapacityGroup(id: "a*", bandwidth: 1_000_000_000, parent: 0),
                CapacityGroup(id: "ingress", bandwidth: 2_000_000_000),
            ])
        #expect(instance.neighbors.map(\.group) == [1, 0, 0])
        #expect(imported.notes.contains("the group zzz matches no chosen neighbor and is left out"))
        let comment = try #require(instance.comment)
        #expect(comment.contains("group ") && !comment.contains("zzz"), "\(comment)")
    }

    @Test func readsFiguresOfNeighborsFromColumns() throws {
        let text = "source,destination,bw,cost\na,j,1,250\nb,j,2,0.5\n"
        var recipe = recipe
        recipe.settings = [.overhead: try NeighborSetting("column:cost:us", for: .overhead)]
        let source = MatrixImport(
            bandwidth: FigureColumn("bw", unit: "Mbit/s"), of: try table(text), rows: LinkRows())
        #expect(try source.instance(joiner: "j", recipe: recipe).instance.neighbors.map(\.overhead) == [250_000, 500])
    }

    @Test(arguments: [
        ("aws:*", "aws:eu", true), ("aws:*", "gcp:eu", false), ("*_gcp", "x_gcp", true), ("*_gcp", "x_gcp2", false),
        ("a*b*c", "aXbYc", true), ("a*b*c", "abc", true), ("a*b*c", "acb", false), ("abc", "abc", true),
        ("abc", "abcd", false), ("*", "", true), ("a*a", "a", false),
    ])
    func patternsMatch(_ pattern: String, _ name: String, _ expected: Bool) throws {
        #expect(try GroupPattern("\(pattern)=1%").matches(name) == expected)
    }

    @Test(arguments: ["5", "5%", "-1ms", "3ms..1ms", "1ms..", "column:x", "column:x:parsec", "rttt"])
    func refusesSettings(_ text: String) throws {
        if text == "5" {
            #expect(try NeighborSetting(text, for: .ready) == .constant(5))
        } else {
            #expect(throws: SettingRefusal.self) { try NeighborSetting(text, for: .ready) }
        }
    }

    @Test func faultsNameFileLineAndColumn() throws {
        var source = try source()
        source.bandwidthTable = try table("from,to,tier,gbit\na,j,P,1\nb,j,P,fast\nc,j,P,-3\n")
        let invalid = try #require(faults { _ = try source.instance(joiner: "j", recipe: recipe) })
        #expect(
            invalid.description.split(separator: "\n").map { $0.prefix(46) }
                == [
                    "links.csv: line 3, column gbit: \"fast\"; allowed",
                    "links.csv: line 4, column gbit: \"-3\"; allowed: ",
                ].map { $0.prefix(46) })
    }

    @Test func unknownJoinerColumnsAndNumbersAreRefused() throws {
        var source = try source()
        #expect(
            faults { _ = try source.instance(joiner: "x", recipe: recipe) }?.faults.first?.allowed
                == "one of 3 names: b, g, j")
        source.bandwidth.name = "bw"
        #expect(
            faults { _ = try source.instance(joiner: "j", recipe: recipe) }?.faults.first?.allowed
                == "the columns from, to, tier, gbit, note")
        source.bandwidth.name = "gbit"
        var many = recipe
        (many.selection, many.neighbors) = (.fastest, 4)
        #expect(
            faults { _ = try source.instance(joiner: "j", recipe: many) }?.faults.first?.allowed
                == "1 … 3, those with figures")
        source.roundTrip = nil
        (many.selection, many.neighbors) = (.nearest, 2)
        #expect(throws: SettingRefusal.self) { try source.instance(joiner: "j", recipe: many) }
    }

    @Test func shardSizesAsListOrChain() throws {
        #expect(try InstanceRecipe.shardSizes("64KiB,262144") == [65536, 262_144])
        #expect(try InstanceRecipe.shardSizes("smallest=1kB,factor=3,count=3") == [1000, 3000, 9000])
        for text in ["", "64KiB,", "smallest=1", "smallest=1,factor=1,count=2", "smallest=1,factor=2,count=99", "x=1"] {
            #expect(throws: SettingRefusal.self, "\(text)") { try InstanceRecipe.shardSizes(text) }
        }
    }
}
