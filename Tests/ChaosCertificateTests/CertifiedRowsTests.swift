import ChaosFormulation
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

@testable import ChaosCertificate

/// What a certificate states is the MILP of its size, to the letter: `FixedSizeRows` writes it without holding it, and
/// `FixedSizeReduction` derives it from the MINLP.
@Suite struct CertifiedRowsTests {
    /// The sections VAR, INT, OBJ and CON of a linear program.
    private static func statement(_ program: Program) -> [String] {
        func terms(_ expression: Expression) -> String {
            "\(expression.terms.count)" + expression.terms.map { " \($0.variable) \($0.coefficient)" }.joined()
        }
        let integers = program.variables.filter { $0.kind != .continuous }
        var bounds: [String] = []
        for variable in program.variables {
            let v = variable.index
            if let lower = variable.lower { bounds.append("lower\(v) G \(lower) 1 \(v) 1") }
            if let upper = variable.upper { bounds.append("upper\(v) L \(upper) 1 \(v) 1") }
        }
        let rows = program.constraints.map { row in
            let sense = row.sense == .atLeast ? "G" : row.sense == .atMost ? "L" : "E"
            return "\(row.name) \(sense) \(row.bound) \(terms(row.expression))"
        }
        return ["VAR \(program.variables.count)"] + program.variables.map(\.name) + ["INT \(integers.count)"]
            + integers.map { "\($0.index)" } + ["OBJ min", terms(program.objective)]
            + ["CON \(bounds.count + rows.count) \(bounds.count)"] + bounds + rows
    }

    private static func lines(_ certificate: SizeCertificate) -> [String] {
        String(decoding: certificate.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func theyAreThoseOfTheReduction() throws {
        var compared = 0
        for seed in 0..<300 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let original = ShardAssignmentProgram(instance)
            for certificate in try SizeCertificate.all(for: best, of: instance) {
                let reduction = FixedSizeReduction(original, shardSize: certificate.shardSize)
                let lines = Self.lines(certificate)
                let first = try #require(lines.firstIndex { $0.hasPrefix("VAR ") })
                let end = try #require(lines.firstIndex { $0.hasPrefix("RTP ") })
                #expect(Array(lines[first..<end]) == Self.statement(reduction.program), "seed \(seed)")
                guard certificate.shardSize == best.shardSize, !certificate.isInfeasible else { continue }
                let values = reduction.values(of: best).enumerated().filter { $0.element != 0 }
                let solution = values.map { " \($0.offset) \($0.element)" }.joined()
                #expect(lines[end + 2] == "plan \(values.count)\(solution)", "seed \(seed)")
                compared += 1
            }
        }
        #expect(compared > 150)
    }

    /// Counts and times that the program does not allow are refused by the names of the rows that they violate.
    @Test func theSameRowsAreViolated() throws {
        var refused = 0
        for seed in 0..<400 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            var random = SeededRandom(seed: seed)
            guard let best = try ChainSearch().solve(instance).best else { continue }
            var counts = best.counts
            let i = random.int(0...counts.count - 1)
            counts[i] = max(0, counts[i] + random.int(-2...2))
            let wrong = ShardAssignment(shardSize: best.shardSize, counts: counts, makespan: best.makespan)
            let reduction = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: best.shardSize)
            let violated = reduction.program.violations(at: reduction.values(of: wrong))
            guard !violated.isEmpty else { continue }
            #expect(throws: SizeCertificate.Refusal.notFeasible(rows: violated), "seed \(seed)") {
                try SizeCertificate(of: wrong, for: instance)
            }
            refused += 1
        }
        #expect(refused > 50)
    }

    /// Ids with signs that a word of the format cannot hold, some of which become the same.
    @Test func idsAreWordsUsedOnce() throws {
        let ids = ["a b", "a_b", "a\tb", "{", "%", "_", "ü", "ok", "a_b]#2"]
        let instance = try Instance(
            state: TrainingState(bytes: 100), shardSizes: [1],
            neighbors: ids.enumerated().map {
                Neighbor(id: $1, bandwidth: 8_000_000_000 + $0, group: $0 % 3 == 0 ? nil : $0 % 2)
            },
            groups: [
                CapacityGroup(id: "g h", bandwidth: 9_000_000_000), CapacityGroup(id: "g_h", bandwidth: 9_000_000_000),
            ])
        let best = try #require(try ChainSearch().solve(instance).best)
        let certificate = try SizeCertificate(of: best, for: instance)
        let lines = Self.lines(certificate)
        let first = try #require(lines.firstIndex { $0.hasPrefix("VAR ") })
        let names = lines[(first + 1)...].prefix(2 * (ids.count + 2) + 1)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.allSatisfy { (33...126).contains($0) } })
        #expect(names.contains("n[a_b]") && names.contains("n[a_b]#2") && names.contains("n[a_b]#3"))
        #expect(
            try VIPRChecker.check(certificate.bytes).claim == .range(Rational(best.makespan), Rational(best.makespan)))
    }
}
