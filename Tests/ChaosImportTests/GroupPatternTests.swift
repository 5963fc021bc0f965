import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

/// Which pattern comes first: a matter of the patterns alone, and not of their order.
@Suite struct GroupPatternTests {
    private func patterns(_ texts: [String]) throws -> [GroupPattern] { try texts.map { try GroupPattern($0) } }

    private func instance(_ names: [String], _ groups: [GroupPattern]) throws -> ImportedInstance {
        var recipe = InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10])
        recipe.groups = groups
        let candidates = names.enumerated().map { Candidate(id: $1, bandwidth: 100 + $0, latency: 1) }
        return try recipe.instance(joiner: "J", candidates: candidates, file: "x", derivation: ["x"])
    }

    /// The instance, its notes, or the refusal, as text.
    private func outcome(_ names: [String], _ groups: [GroupPattern]) throws -> String {
        do {
            let imported = try instance(names, groups)
            return imported.instance.jsonText + imported.notes.joined(separator: "\n")
        } catch let invalid as InvalidInput {
            return invalid.description
        }
    }

    @Test func aNameIsInsideAPatternWhateverTheirLengthAndOrder() throws {
        let file = PackageRoot.url("Tests/Inputs/import/group-pattern.csv").path
        let table = try CSVTable(csv: try DocumentIO.read(file), file: file)
        let source = MatrixImport(
            bandwidth: FigureColumn("bw", unit: "Mbit/s"), of: table, rows: LinkRows(),
            roundTrip: FigureColumn("rtt", unit: "ms"))
        var recipe = InstanceRecipe(state: TrainingState(bytes: 1_000_000_000), shardSizes: [65536])
        for texts in [["h*=600Mbit/s", "h3=1Mbit/s"], ["h3=1Mbit/s", "h*=600Mbit/s"]] {
            recipe.groups = try patterns(texts)
            let imported = try source.instance(joiner: "J", recipe: recipe)
            #expect(
                imported.instance.groups == [
                    CapacityGroup(id: "h*", bandwidth: 600_000_000),
                    CapacityGroup(id: "h3", bandwidth: 1_000_000, parent: 0),
                ])
            #expect(imported.instance.neighbors.map(\.group) == [0, 0, 1])
            #expect(imported.notes == [])
        }
    }

    @Test func conflictsAreRefusedWithBothOptions() throws {
        let names = ["aws:eu", "gcp:eu"]
        let cutting = try #require(faults { _ = try instance(names, try patterns(["aws:*=1%", "*:eu=2%"])) })
        #expect(
            cutting.description
                == "x: neighbor aws:eu: both --group '*:eu=2%' and --group 'aws:*=1%' match; "
                + "allowed: patterns of which one matches all that the other does, or none of it")
        let equal = try #require(faults { _ = try instance(names, try patterns(["a**=1%", "a*=1%"])) })
        #expect(equal.faults[0].found == "--group 'a*=1%' and --group 'a**=1%' match the same names")
        // Patterns that could meet, and do not, are no conflict.
        #expect(try instance(["aws:us", "gcp:eu"], try patterns(["aws:*=1%", "*:eu=2%"])).instance.groups.count == 2)
    }

    /// Names over two letters and patterns over these and the star: all orders give one outcome, and neighbours are where
    /// the rule says.
    @Test func allOrdersOfPatternsGiveTheSame() throws {
        var random = SeededRandom(seed: 11)
        func word(_ letters: [String], _ lengths: ClosedRange<Int>) -> String {
            (0..<random.int(lengths)).map { _ in letters[random.int(0...letters.count - 1)] }.joined()
        }
        var (taken, refused) = (0, 0)
        for _ in 0..<600 {
            let names = Array(Set((0..<random.int(1...6)).map { _ in word(["a", "b"], 1...4) })).sorted()
            var groups = try (0..<random.int(1...4)).map { _ in
                try GroupPattern(
                    "\(word(["a", "b", "*", "*"], 1...3))=\(random.int(1...300))\(random.int(0...1) == 0 ? "%" : "")")
            }
            let first = try outcome(names, groups)
            for _ in 0..<6 {
                for i in groups.indices.reversed() { groups.swapAt(i, random.int(0...i)) }
                #expect(try outcome(names, groups) == first)
            }
            guard let imported = try? instance(names, groups) else {
                refused += 1
                continue
            }
            taken += 1
            try holdsTheRule(imported.instance, groups)
        }
        #expect(taken > 100 && refused > 100, "\(taken) taken, \(refused) refused")
    }

    private func holdsTheRule(_ instance: Instance, _ groups: [GroupPattern]) throws {
        for neighbor in instance.neighbors {
            let matching = Set(groups.filter { $0.matches(neighbor.id) }.map(\.pattern))
            var (around, group) = ([String](), neighbor.group)
            while let place = group {
                around.append(instance.groups[place].id)
                group = instance.groups[place].parent
            }
            #expect(Set(around) == matching && around.count == matching.count)
            for (inner, outer) in zip(around, around.dropFirst()) {
                #expect(try GroupPattern("\(outer)=1%").covers(try GroupPattern("\(inner)=1%")))
            }
        }
    }

    /// One pattern is inside another exactly if no name tells otherwise; of names up to six letters, one of which stands
    /// in no pattern, some would.
    @Test func coversExactlyWhatTheOtherMatches() throws {
        func words(_ letters: [String], upTo length: Int) -> [String] {
            var (all, last) = ([""], [""])
            for _ in 0..<length {
                last = last.flatMap { word in letters.map { word + $0 } }
                all += last
            }
            return all
        }
        let patterns = try words(["a", "b", "*"], upTo: 3).dropFirst().map { try GroupPattern("\($0)=1%") }
        let names = words(["a", "b", "c"], upTo: 6)
        let matched = patterns.map { pattern in Set(names.indices.filter { pattern.matches(names[$0]) }) }
        for (i, one) in patterns.enumerated() {
            for (k, other) in patterns.enumerated() {
                #expect(one.covers(other) == matched[k].isSubset(of: matched[i]), "\(one.pattern) \(other.pattern)")
            }
        }
    }

    // MARK: With shared links of a map

    /// The link km1 – j has km1, ka1 and kb2 behind it, and ka1 – km1 the last two of them; c2 is apart.
    private func map(_ groups: [String]) throws -> ImportedInstance {
        func node(_ id: String, _ x: Int) -> String {
            "<node id=\"\(id)\"><data key=\"x\">\(x)</data><data key=\"y\">0</data></node>"
        }
        let edges = [("j", "km1", 100), ("km1", "ka1", 90), ("ka1", "kb2", 80), ("j", "c2", 70)].map {
            "<edge source=\"\($0)\" target=\"\($1)\"><data key=\"s\">\($2)</data></edge>"
        }
        let text =
            "<graphml><key id=\"s\" attr.name=\"LinkSpeedRaw\"/><key id=\"x\" attr.name=\"Longitude\"/>"
            + "<key id=\"y\" attr.name=\"Latitude\"/><graph>"
            + zip(["j", "km1", "ka1", "kb2", "c2"], [0, 1, 2, 3, -1]).map(node).joined() + edges.joined()
            + "</graph></graphml>"
        var recipe = InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10])
        recipe.groups = try patterns(groups)
        let graph = try TopologyGraph(graphML: Array(text.utf8), file: "x")
        return try TopologyImport(graph, sharing: .tree).instance(joiner: "j", recipe: recipe)
    }

    @Test func patternsGoRoundAndInsideTheLinksOfAMap() throws {
        let imported = try map(["kb2=1bit/s", "*=50%"])
        #expect(
            imported.instance.groups == [
                CapacityGroup(id: "km1 – j", bandwidth: 100, parent: 2),
                CapacityGroup(id: "ka1 – km1", bandwidth: 90, parent: 0), CapacityGroup(id: "*", bandwidth: 170),
                CapacityGroup(id: "kb2", bandwidth: 1, parent: 1),
            ])
        #expect(imported.instance.neighbors.map(\.id) == ["c2", "ka1", "kb2", "km1"])
        #expect(imported.instance.neighbors.map(\.group) == [2, 1, 3, 0])
        #expect(imported.notes == [])
        // The pattern that matches just what is behind a link is round it.
        #expect(try map(["k*=1%", "km1=7bit/s"]).instance.groups.map(\.parent) == [2, 0, nil, 0])
    }

    @Test func aPatternThatCutsThroughALinkIsRefused() throws {
        let invalid = try #require(faults { _ = try map(["*2=1%"]) })
        #expect(invalid.faults.map(\.path) == ["group km1 – j", "group ka1 – km1"])
        #expect(
            invalid.faults.allSatisfy {
                $0.found == "--group '*2=1%' matches some of its neighbors, and others beside them"
            })
    }
}
