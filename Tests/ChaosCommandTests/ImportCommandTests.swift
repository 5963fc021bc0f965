import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// `chaos import` as people call it.
@Suite struct ImportCommandTests {
    private static let group = PackageRoot.url("Tests/Inputs/import/group-pattern.csv").path

    private func matrix(_ options: [String], table: String = Self.group) throws -> (
        status: Command.Ending, output: String, errors: String
    ) {
        let line = (["import", "matrix", "--joiner", "J", "--state", "1GB", "--bandwidth-table", table] + options)
            .map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        let result = try Chaos.runInShell("'\(Chaos.executable)' \(line)")
        return (result.ending, result.output.text, result.errors.text)
    }

    @Test func theOrderOfGroupsDoesNotMatter() throws {
        let figures = ["--bandwidth", "bw:Mbps", "--rtt", "rtt:ms"]
        let groups = ["--group", "h*=600Mbps", "--group", "h3=1Mbps"]
        let one = try matrix(figures + groups)
        let other = try matrix(figures + groups[2...] + groups[..<2])
        #expect(one.output == other.output && one.output.contains("\"h3\"") && one.errors.isEmpty, "\(one.errors)")
        let refused = try matrix(figures + ["--group", "h*=1bps", "--group", "*3=2bps"])
        #expect(refused.status == .exited(5))
        #expect(
            refused.errors.contains("neighbor h3: both --group '*3=2bps' and --group 'h*=1bps' match"), "\(refused)")
    }

    @Test func tablesOfAnotherForm() throws {
        try Chaos.withFolder { folder in
            let table = folder + "/t.csv"
            try "source\tdestination\tbw\trtt\nh1\tJ\t0,5\t10\nh2\tJ\t-\t1\nh3\tJ\t NA\t1\nh4\tJ\t2\t-1\n"
                .write(toFile: table, atomically: true, encoding: .utf8)
            let form = ["--separator", "tab", "--decimal-comma", "--trim-spaces"]
            let figures = ["--bandwidth", "bw:Gbps", "--rtt", "rtt:ms"]
            let result = try matrix(
                form + figures + ["--missing", "NA", "--missing", "-", "--missing", "-1"], table: table)
            #expect(result.status == .exited(0), "\(result.errors)")
            #expect(result.output.contains("500000000") && !result.output.contains("\"h4\""))
            #expect(
                result.errors
                    == "note: left out, without a bandwidth: h2, h3\nnote: left out, without a round trip: h4\n")
            let strict = try matrix(["--separator", "tab"] + figures, table: table)
            #expect(strict.status == .exited(5) && strict.errors.contains("line 2, column bw: \"0,5\""), "\(strict)")
            let wrong = try matrix(["--separator", "ab"] + figures, table: table)
            #expect(wrong.status == .exited(64) && wrong.errors.contains("no separator"), "\(wrong)")
        }
    }

    @Test func mapsAndHosts() throws {
        func path(_ name: String) -> String { PackageRoot.url("Tests/Inputs/import/\(name)").path }
        let hosts = try Chaos.run("import", "gml", path("directed.gml"), "--joiner", "a", "--state", "1MB")
        #expect(hosts.output.text.contains("\"latency\": 10000000,"), "\(hosts.output.text)")
        let named = try Chaos.run("import", "gml", path("networkx.gml"), "--joiner", "Zürich", "--state", "1MB")
        #expect(named.ending == .exited(0), "\(named.errors.text)")
        let refused = try Chaos.run("import", "gml", path("zero-up.gml"), "--joiner", "a", "--state", "1MB")
        #expect(
            refused.ending == .exited(5)
                && refused.errors.text.contains("zero-up.gml: line 8: an edge from 0 to 7"))
        let map = try Chaos.run("import", "topology", path("default.graphml"), "--joiner", "J", "--state", "1MB")
        #expect(map.output.text.contains("A & Co") && map.output.text.contains("1000000"), "\(map.errors.text)")
    }
}
