import ChaosFormulation
import ChaosModel
import Testing

/// The files of one small instance, to the letter: what changes in them is to be seen.
struct WriterTests {
    private static func minlp() throws -> ShardAssignmentProgram {
        ShardAssignmentProgram(
            try Instance(
                name: "two homes", state: TrainingState(bytes: 1000), shardSizes: [10, 30],
                neighbors: [
                    Neighbor(id: "home:1", bandwidth: 7_000_000_000, latency: 5, overhead: 2, limit: 600, group: 0),
                    Neighbor(id: "home:2", bandwidth: 8_000_000_000, ready: 3),
                ],
                groups: [CapacityGroup(id: "line", bandwidth: 4_000_000_000)]))
    }

    @Test func bilinearLP() throws {
        #expect(
            LPWriter.text(try Self.minlp().program) == """
                \\ two homes
                \\ 1 of 27 numbers are rounded to 17 significant digits
                Minimize
                 cost: T
                Subject To
                 size: s - 10 z_10 - 30 z_30 = 0
                 one_size: z_10 + z_30 = 1
                 covered: [ s * n_home_1 + s * n_home_2 ] >= 1000
                 done_home_1: 5 y_home_1 + 2 n_home_1 - T + [ 1.1428571428571429 s * n_home_1 ] <= 0
                 limit_home_1: [ s * n_home_1 ] <= 600
                 serves_home_1: n_home_1 - 100 y_home_1 <= 0
                 done_home_2: 3 y_home_2 - T + [ s * n_home_2 ] <= 0
                 serves_home_2: n_home_2 - 100 y_home_2 <= 0
                 passes_home_1: y_home_1 - w_line <= 0
                 group_done_line: 5 w_line - T + [ 2 s * m_line ] <= 0
                 sum_line: n_home_1 - m_line = 0
                Bounds
                 10 <= s <= 30
                 0 <= n_home_1 <= 100
                 0 <= n_home_2 <= 100
                Generals
                 n_home_1 n_home_2 m_line
                Binaries
                 z_10 z_30 y_home_1 y_home_2 w_line
                End

                """)
    }

    @Test func polynomial() throws {
        let lines = PIPWriter.text(try Self.minlp().program).split(separator: "\n")
        #expect(lines.contains(" covered: s n_home_1 + s n_home_2 >= 1000"))
        #expect(lines.contains(" group_done_line: 5 w_line - T + 2 s m_line <= 0"))
    }

    /// The MILP at the larger size: products gone, rows of integers divided, K(30) = 34 and ⌊600/30⌋ = 20 as bounds.
    @Test func linearLP() throws {
        #expect(
            LPWriter.text(FixedSizeReduction(try Self.minlp(), shardSize: 30).program) == """
                \\ two homes at 30
                \\ 1 of 20 numbers are rounded to 17 significant digits
                Minimize
                 cost: T
                Subject To
                 covered: n_home_1 + n_home_2 >= 34
                 done_home_1: 5 y_home_1 + 36.285714285714286 n_home_1 - T <= 0
                 serves_home_1: n_home_1 - 20 y_home_1 <= 0
                 done_home_2: 3 y_home_2 - T + 30 n_home_2 <= 0
                 serves_home_2: n_home_2 - 34 y_home_2 <= 0
                 passes_home_1: y_home_1 - w_line <= 0
                 group_done_line: 5 w_line - T + 60 m_line <= 0
                 sum_line: n_home_1 - m_line = 0
                Bounds
                 0 <= n_home_1 <= 20
                 0 <= n_home_2 <= 34
                Generals
                 n_home_1 n_home_2 m_line
                Binaries
                 y_home_1 y_home_2 w_line
                End

                """)
    }

    /// Variables in products first, continuous before integer ones; rows with products first.
    @Test func nl() throws {
        let form = try Self.minlp()
        let best = ShardAssignment(
            shardSize: 10, counts: [40, 60], makespan: form.instance.makespan(of: [40, 60], shardsOf: 10))
        let file = NLFile(form.program, start: form.values(of: best))
        #expect(
            file.columns.split(separator: "\n") == [
                "s", "n[home:1]", "n[home:2]", "m[line]", "T", "z[10]", "z[30]", "y[home:1]", "y[home:2]", "w[line]",
            ])
        #expect(
            file.rows.split(separator: "\n") == [
                "covered", "done[home:1]", "limit[home:1]", "done[home:2]", "group_done[line]", "size", "one_size",
                "serves[home:1]", "serves[home:2]", "passes[home:1]", "sum[line]", "cost",
            ])
        let lines = file.text.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(10).map { $0.prefix { $0 != "\t" } } == [
                "g3 1 1 0", " 10 11 1 0 3", " 5 0", " 0 0", " 4 0 0", " 0 0 0 1", " 5 0 0 3 0", " 30 1", " 16 9",
                " 0 0 0 0 0",
            ])
        #expect(lines[0].contains("two homes; 1 of "))
        let covered = ["C0", "o0", "o2", "v0", "v1", "o2", "v0", "v2"]
        #expect(Array(lines.dropFirst(10).prefix(8)) == covered)
        let start = ["x10", "0 10", "1 40", "2 60", "3 40", "4 805", "5 1", "6 0", "7 1", "8 1", "9 1", "r"]
        let x = try #require(lines.firstIndex(of: "x10"))
        #expect(Array(lines.dropFirst(x).prefix(start.count)) == start)
        #expect(
            file.variableOrder.map { form.program.variables[$0].name }
                == file.columns.split(separator: "\n").map(String.init))
    }
}
