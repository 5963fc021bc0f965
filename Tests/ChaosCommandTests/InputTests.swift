import Foundation
import Testing

/// Which inputs are taken, and what is said of those that are not.
@Suite struct InputTests {
    @Test func anInstanceIsFoundInAFolderWhateverStandsFirst() throws {
        try Chaos.withFolder { folder in
            let comment = "\"comment\":\"\(String(repeating: "x", count: 10_000))\","
            let late = "{" + comment + Sample.solvable.dropFirst()
            try late.write(toFile: folder + "/late.json", atomically: true, encoding: .utf8)
            try "{\"format\":\"something else\"}".write(
                toFile: folder + "/other.json", atomically: true, encoding: .utf8)
            let result = try Chaos.run("solve", "--format", "json", folder)
            #expect(result.ending == .exited(0), "\(result.errors.text)")
            #expect(result.output.text.split(separator: "\n").count == 1)
        }
    }

    @Test func aFolderWithoutInstancesIsInvalidInput() throws {
        try Chaos.withFolder { folder in
            let result = try Chaos.run("solve", folder)
            #expect(result.ending == .exited(5))
            #expect(result.errors.text.contains("\(folder): no instance below this folder; allowed: "))
        }
    }

    @Test func errorsNameTheFileOnce() throws {
        let greedy = try Chaos.run("solve", "--algorithm", "greedy", "-", input: Sample.manyShards)
        #expect(
            greedy.errors.text == """
                error: standard input: 9007199254740992 shards of 1 bytes are too many for greedy; \
                allowed: at most 50000000 shards; use threshold, whose cost does not depend on the number of shards

                """)
        let brute = try Chaos.run("solve", "--algorithm", "brute", "-", input: Sample.manyShards)
        #expect(brute.ending == .exited(4))
        #expect(
            brute.errors.text == """
                error: standard input: 9007199254740992 shards over 2 neighbors are too many for brute; \
                allowed: at most 2000000 assignments; use greedy or threshold

                """)
        let folder = try Chaos.runInShell("\(Chaos.executable) solve - < /")
        #expect(folder.ending == .exited(5))
        #expect(folder.errors.text == "error: standard input: Is a directory\n")
        let infeasible = try Chaos.run("solve", "-", input: Sample.infeasible)
        #expect(infeasible.errors.text.hasPrefix("error: standard input: infeasible: at shard size 1 "))
    }

    @Test func aNumberOutOfRangeIsToldTheRange() throws {
        let huge = "1" + String(repeating: "0", count: 30)
        let cases = [
            ("\"bytes\":1000", "\"bytes\":\(huge)", "1 … 2^53 bytes"),
            ("\"bandwidth\":8000000000", "\"bandwidth\":\(huge)", "1 … 2^50 bit/s"),
            ("\"latency\":5", "\"latency\":\(huge)", "0 … 2^50 ns"),
            ("\"latency\":5", "\"latency\":\"\(huge) ns\"", "0 … 2^50 ns"),
            ("\"latency\":5", "\"latency\":\"\(huge) h\"", "0 … 2^50 ns"),
        ]
        for (old, new, range) in cases {
            let result = try Chaos.run("solve", "-", input: Sample.solvable.replacing(old, with: new))
            #expect(result.ending == .exited(5))
            #expect(result.errors.text.contains(range), "\(result.errors.text)")
        }
    }

    @Test(arguments: [
        "solve - -", "crosscheck - -", "certify --check - -", "certify --check c.vipr --output x",
        "certify --check c.vipr --output -", "certify --check c.vipr --all-sizes",
        "solve --output - --format json -", "solve --output - a.json b.json",
    ])
    func whatExcludesEachOtherIsRefused(line: String) throws {
        let result = try Chaos.runInShell("\(Chaos.executable) \(line) < /dev/null")
        #expect(result.ending == .exited(64), "\(result.errors.text)")
        #expect(result.output.bytes.isEmpty)
    }

    @Test func everyInputHasALineOfJSON() throws {
        try Chaos.withFolder { folder in
            let texts = [
                ("a", Sample.solvable), ("b", Sample.invalid), ("c", Sample.manyShards), ("d", Sample.infeasible),
            ]
            for (name, text) in texts {
                try text.write(toFile: "\(folder)/\(name).json", atomically: true, encoding: .utf8)
            }
            func statuses(_ command: String) throws -> [[String: Any]] {
                let result = try Chaos.runInShell(
                    "\(Chaos.executable) \(command) --algorithm greedy --format json \(folder) \(folder)/missing.json")
                return try result.output.text.split(separator: "\n").map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                }
            }
            let solved = try statuses("solve")
            try #require(solved.count == 5)
            #expect(
                solved.map { $0["status"] as? String } == ["optimal", "invalid", "too-large", "infeasible", "invalid"])
            #expect(
                (solved[1]["faults"] as? [[String: String]])?.map { $0["path"] }.contains("neighbors[1].id") == true)
            #expect(solved[1]["fault_count"] as? Int == 2)
            #expect((solved[4]["error"] as? String)?.contains("missing.json") == true)
            let checked = try statuses("crosscheck --solver cbc")
            #expect(
                checked.map { $0["status"] as? String } == ["checked", "invalid", "too-large", "checked", "invalid"])
            #expect(checked.allSatisfy { $0["format"] as? String == "chaos-crosscheck" })
        }
    }
}
