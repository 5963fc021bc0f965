import BigInt
import ChaosFormulation
import ChaosMILPWorker
import ChaosModel
import ChaosTesting
import Testing

@Suite struct WorkerFormatTests {
    @Test func answersComeBackAsTheyWere() throws {
        let answers = [
            MILPWorkerAnswer(
                .optimal, solver: "x 1", objective: 0.1, bound: 1e-300, seconds: 12,
                values: [("n[\"\\]", 3), ("m", 2.9999999999999996), ("k", -1e22)]),
            MILPWorkerAnswer(.timeLimit, solver: "x", bound: -5),
            MILPWorkerAnswer(.error, solver: "x", message: "two\nlines"),
            MILPWorkerAnswer(.infeasible, solver: "x", objective: .infinity, bound: -.infinity, values: [("n", .nan)]),
        ]
        for answer in answers {
            let bytes = try written(answer)
            #expect(!bytes.contains(0x0A))
            #expect(try MILPWorkerAnswer(bytes) == answer)
        }
        #expect(answers[3].objective == nil && answers[3].bound == nil && answers[3].values.isEmpty)
    }

    private func written(_ answer: MILPWorkerAnswer) throws -> [UInt8] {
        nonisolated(unsafe) var bytes: [UInt8] = []
        try answer.write { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Against the standard library's own correctly rounded reading of decimal numbers.
    @Test func nearestDoubles() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<1000 {
            let digits = "\(random.anyLength(upTo: .max))\(random.anyLength(upTo: .max))".prefix(random.int(1...30))
            let text = (random.once(in: 2) ? "-" : "") + digits + "e\(random.int(-300...270))"
            #expect(Double(nearest: try #require(Rational(text))) == Double(text), "\(text)")
        }
        let half = BigInt(1) << 53
        // Halfway between two Doubles: to the even one, and a trace more than halfway up.
        #expect(Double(nearest: Rational(half + 1)) == 0x1p53)
        #expect(Double(nearest: Rational(half + 3)) == 0x1p53 + 4)
        #expect(Double(nearest: Rational(half + 1) + Rational(1, BigInt(10).power(80))) == 0x1p53 + 2)
        #expect(Double(nearest: 0) == 0)
        #expect(Double(nearest: Rational(BigInt(10).power(400))) == .infinity)
    }

    @Test func modelsInDoubles() throws {
        let model = try LinearModel(SamplePrograms.division())
        #expect(model.columns.map(\.isInteger) == [false, true, true])
        #expect(model.columns.map(\.cost) == [1, 0, 0])
        #expect(model.columns.map(\.upper) == [.infinity, 10, 10])
        #expect(model.rows.map(\.lower) == [-.infinity, -.infinity, 10])
        #expect(model.rows.map(\.upper) == [0, 0, .infinity])
        #expect(model.entries.map { $0.map(\.row) } == [[0, 1], [0, 2], [1, 2]])
        #expect(model.entries[1].map(\.value) == [0.3, 1])
        var bilinear = Program(name: "bilinear")
        let x = bilinear.add("x", .continuous)
        bilinear.objective.add(1, x, x)
        #expect(throws: UnsuitableModel.self) { try LinearModel(bilinear) }
        var huge = Program(name: "huge")
        huge.objective.add(Rational(BigInt(10).power(400)), huge.add("x", .continuous))
        #expect(throws: UnsuitableModel.self) { try LinearModel(huge) }
    }
}
