import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosFormulation

struct MPSTests {
    /// Written and read, a program is the same but for its names, if every number has at most 17 digits.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let instance = seed % 3 == 2 ? RandomInstance.wide(seed: seed) : RandomInstance.small(seed: seed)
        let minlp = ShardAssignmentProgram(instance)
        for size in instance.shardSizes.sizes {
            let program = FixedSizeReduction(minlp, shardSize: size).program
            let text = try MPSWriter.text(program)
            let read = try MPSReader.program(text)
            #expect(read.variables.map(\.kind) == program.variables.map(\.kind))
            #expect(read.variables.map(\.lower) == program.variables.map(\.lower))
            #expect(read.variables.map(\.upper) == program.variables.map(\.upper))
            #expect(read.variables.map(\.name) == MPSWriter.columnNames(program))
            #expect(read.objective == program.objective)
            #expect(read.constraints.map(\.sense) == program.constraints.map(\.sense))
            let isExact = text.contains("numbers are exact")
            for (one, other) in zip(read.constraints, program.constraints) {
                #expect(one.bound == other.bound)
                let others = Dictionary(
                    uniqueKeysWithValues: other.expression.terms.map { ($0.variable, $0.coefficient) })
                #expect(one.expression.terms.count == others.count)
                for term in one.expression.terms {
                    let exact = try #require(others[term.variable])
                    // Half a unit in the 17th digit.
                    #expect(
                        (term.coefficient - exact).magnitude
                            <= (isExact ? 0 : exact.magnitude * Rational(1, 10_000_000_000_000_000)))
                }
            }
            #expect(try MPSReader.program(MPSWriter.text(read)) == read)
        }
    }

    @Test func everyKindOfBoundAndRow() throws {
        var program = Program(name: "all kinds; with * and $")
        let x = [
            program.add("free", .continuous, lower: nil), program.add("at most", .continuous, lower: nil, upper: -2),
            program.add("negative", .continuous, lower: -5, upper: -3),
            program.add("fixed", .integer, lower: 4, upper: 4),
            program.add("zero", .integer, lower: 0, upper: 0), program.add("count", .integer),
            program.add("below zero", .integer, lower: -7, upper: nil), program.add("yes", .binary, upper: 1),
            program.add("never", .binary, upper: 0), program.add("below 0", .continuous, upper: -1),
            program.add("unused", .continuous), program.add("last", .integer, upper: 1),
        ]
        program.objective.add(Rational("-1.25")!, x[0])
        for (name, sense) in [("COST", Constraint.Sense.atMost), ("eq", .equal), ("eq", .atLeast)] {
            var row = Expression()
            for (k, variable) in x.dropLast(2).enumerated() { row.add(Rational(k + 1) * Rational(1, 8), variable) }
            program.add(name, row, sense, Rational("-0.5")!)
        }
        program.add("nothing", Expression(), .atLeast, 1)
        let text = try MPSWriter.text(program)
        let read = try MPSReader.program(text)
        #expect(read.constraints.map(\.name) == ["COST_2", "eq", "eq_2", "nothing"])
        #expect(read.variables.map(\.lower) == program.variables.map(\.lower))
        #expect(read.variables.map(\.upper) == program.variables.map(\.upper))
        #expect(
            zip(read.constraints, program.constraints).allSatisfy {
                $0.expression == $1.expression && $0.bound == $1.bound
            })
        #expect(read.objective == program.objective)
        #expect(text.contains("numbers are exact"))
    }

    @Test func productsAreRefused() throws {
        let instance = RandomInstance.small(seed: 1)
        #expect(throws: UnwritableProgram.self) { try MPSWriter.text(ShardAssignmentProgram(instance).program) }
    }

    @Test(arguments: [
        ("ROWS\n N c\nCOLUMNS\n x r 1\nENDATA\n", "line 4: row \"r\"; allowed: a name of the section ROWS"),
        ("ROWS\n N c\nCOLUMNS\n x c 1/3\nENDATA\n", "line 4: \"1/3\"; allowed: a decimal number"),
        (
            "ROWS\n N c\nCOLUMNS\n x c 1\n x c 2\nENDATA\n",
            "line 5: a second entry of column \"x\" in row \"c\"; allowed: one"
        ),
        ("ROWS\n N c\n N d\n", "line 3: a second row N; allowed: one objective"),
        ("ROWS\n L c\nCOLUMNS\n", "line 3: no objective row; allowed: a row N"),
        ("ROWS\n N c\nCOLUMNS\n x c 1\n", "line 6: the end of the text; allowed: ENDATA before it"),
        ("ROWS\n N c\nRANGES\n", "line 3: \"RANGES\"; allowed: COLUMNS"),
        ("ROWS\n N c\nCOLUMNS\n x c nan\n", "line 4: \"nan\"; allowed: a decimal number"),
        (
            "ROWS\n N c\nCOLUMNS\n x c 1\n y c 1\n x c 1\n",
            "line 6: column \"x\" again; allowed: its entries one after the other"
        ),
        (
            "ROWS\n N c\nCOLUMNS\n x c 1\nBOUNDS\n UP B x\n",
            "line 6: 3 fields; allowed: a kind, a set's name, a column and a number"
        ),
        (
            "ROWS\n N c\nCOLUMNS\n x c 1\nBOUNDS\n SC B x 3\n",
            "line 6: bound \"SC\"; allowed: UP, LO, FX, FR, MI, PL, BV, LI or UI"
        ),
        ("ROWS\n N c\nCOLUMNS\n x c 1\nENDATA\nROWS\n", "line 6: text after ENDATA; allowed: nothing"),
        ("", "line 2: the end of the text; allowed: ENDATA before it"),
    ])
    func faultsAreNamed(text: String, message: String) {
        do {
            _ = try MPSReader.program(text)
            Issue.record("accepted")
        } catch {
            #expect(error.description == message)
        }
    }
}
