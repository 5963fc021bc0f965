import CUpdate
import ChaosDocuments
import ChaosModel
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

@testable import ChaosTraining

@Suite struct UpdateRuleTests {
    private static let optimizers: [Optimizer] = [
        .sgd(rate: 0.1), .sgd(rate: 0.1, momentum: 0.9), .sgd(rate: 0.1, momentum: 0.75, nesterov: true),
        .adam(rate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6), .adamW(rate: 0.01),
    ]

    /// A number of any size that squares well, or 0 of either sign.
    private static func number(_ random: inout SeededRandom) -> Float {
        guard !random.once(in: 20) else { return random.once(in: 2) ? 0 : -0.0 }
        return Float(random.int(-1000...1000)) * Float(sign: .plus, exponent: random.int(-140...10), significand: 1)
    }

    /// The formulas of `Optimizer` once more, a number at a time, each operation rounded by itself. Powers of β and the norm
    /// are formed in another order, whose roundings in Float64 are lost when the factors are rounded to Float32.
    private static func next(
        _ state: (p: Float, m: Float, v: Float), _ sum: Float, scale: Float, decay: Float, _ optimizer: Optimizer,
        update: Int
    ) -> (p: Float, m: Float, v: Float) {
        var (p, m, v) = state
        let mean = scale * sum
        func isAdam(_ rate: Float, _ beta1: Float, _ beta2: Float, _ epsilon: Float, _ g: Float, _ keep: Float) {
            var (power1, power2) = (1.0, 1.0)
            for _ in 0..<update { (power1, power2) = (power1 * Double(beta1), power2 * Double(beta2)) }
            let grown = beta1 * m
            m = grown + (1 - beta1) * g
            let spread = beta2 * v
            v = spread + (1 - beta2) * (g * g)
            let denominator = v.squareRoot() * Float(1 / (1 - power2).squareRoot()) + epsilon
            let step = Float(Double(rate) / (1 - power1)) * m
            let kept = keep * p
            p = kept - step / denominator
        }
        switch optimizer {
        case .sgd(let rate, let momentum, let nesterov):
            let g = mean + decay * p
            let old = momentum * m
            m = momentum == 0 ? 0 : old + g
            if momentum == 0 {
                p -= rate * g
            } else if nesterov {
                let ahead = momentum * m
                p -= rate * (g + ahead)
            } else {
                p -= rate * m
            }
        case .adam(let rate, let beta1, let beta2, let epsilon):
            isAdam(rate, beta1, beta2, epsilon, mean + decay * p, 1)
        case .adamW(let rate, let beta1, let beta2, let epsilon):
            isAdam(rate, beta1, beta2, epsilon, mean, Float(1 - Double(rate) * Double(decay)))
        }
        return (p, m, v)
    }

    /// Against the oracle, to the bit: two groups whose ranges lie between each other, with vectors of every remainder.
    @Test(arguments: optimizers.indices, [nil, 0.5, 1e9] as [Float?])
    func computesWhatIsWritten(_ k: Int, _ maxNorm: Float?) throws {
        let optimizer = Self.optimizers[k]
        var random = SeededRandom(seed: UInt64(k))
        for count in [1, 2, 7, 8, 9, 31, 64, 100, 333] {
            let cut = random.int(1...count)
            let end = random.int(cut...count)
            let groups = [
                ParameterGroup([0..<cut, end..<count].filter { !$0.isEmpty }, optimizer, decay: 0.03),
                ParameterGroup([cut..<end], optimizer),
            ].filter { !$0.ranges.allSatisfy(\.isEmpty) }
            let rule = try UpdateRule(groups: groups, parameters: count, maxNorm: maxNorm)
            var values = (0..<count).map { _ in Self.number(&random) }
            values += [Float](repeating: 0, count: rule.moments.count * count)
            var oracle = values.prefix(count).map { (p: $0, m: Float(0), v: Float(0)) }
            for update in 1...12 {
                let sum = (0..<count).map { _ in Self.number(&random) }
                let samples = random.int(1...100)
                let scale = Self.scale(sum, samples, maxNorm)
                for i in 0..<count {
                    oracle[i] = Self.next(
                        oracle[i], sum[i], scale: scale, decay: (cut..<end).contains(i) ? 0 : 0.03, optimizer,
                        update: update)
                }
                #expect(rule.update(&values, by: sum, samples: samples, after: update - 1)?.isFinite == true)
            }
            var expected = oracle.map(\.p)
            if rule.moments.count > 0 { expected += oracle.map(\.m) }
            if rule.moments.count > 1 { expected += oracle.map(\.v) }
            #expect(values.map(\.bitPattern) == expected.map(\.bitPattern), "\(count) parameters")
        }
    }

    /// The number by which a sum is multiplied, with the squares added one by one.
    private static func scale(_ sum: [Float], _ samples: Int, _ maxNorm: Float?) -> Float {
        let norm = sum.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() / Double(samples)
        let coefficient = maxNorm.map { min(1, Double($0) / (norm + 1e-6)) } ?? 1
        return Float(coefficient / Double(samples))
    }

    /// What PyTorch's optimizers make of the same gradients, with weight decay on nine of thirteen parameters, and with the
    /// mean shortened or not; see Benchmarks/torch-update.
    @Test func takesTheStepsOfTorch() throws {
        let url = PackageRoot.url("Tests/ChaosTrainingTests/Reference/torch-steps.csv")
        var rows: [String: [[Float]]] = [:]
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: ",")
            rows[String(fields[0]), default: []].append(fields.dropFirst().compactMap { Float($0) })
        }
        let optimizers: [String: (Optimizer, Float)] = [
            "sgd": (.sgd(rate: 0.1), 0), "sgd decay": (.sgd(rate: 0.1), 0.05),
            "momentum": (.sgd(rate: 0.1, momentum: 0.9), 0.05),
            "nesterov": (.sgd(rate: 0.1, momentum: 0.9, nesterov: true), 0.05),
            "adam": (.adam(rate: 0.02), 0.05), "adamw": (.adamW(rate: 0.02), 0.05),
        ]
        #expect(rows.count == 2 * optimizers.count)
        for (name, (optimizer, decay)) in optimizers {
            for clips in [false, true] {
                let steps = try #require(rows[name + (clips ? " clipped" : "")])
                try #require(steps.count == 7 && steps.allSatisfy { $0.count == 13 })
                let rule = try UpdateRule(
                    groups: [ParameterGroup([0..<9], optimizer, decay: decay), ParameterGroup([9..<13], optimizer)],
                    parameters: 13, maxNorm: clips ? 2.5 : nil)
                var values = steps[0] + [Float](repeating: 0, count: 13 * rule.moments.count)
                for (k, mean) in steps[1...5].enumerated() {
                    // As a sum over four samples, which is exact.
                    let sum = mean.map { 4 * $0 }
                    #expect(rule.update(&values, by: sum, samples: 4, after: k)?.isFinite == true)
                }
                for (found, expected) in zip(values, steps[6]) {
                    #expect(abs(found - expected) <= 2e-6, "\(name) \(clips)")
                }
            }
        }
    }

    /// However it is compiled, and for whatever processor.
    @Test func hasTheSameBitsOnEveryProcessor() throws {
        let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        var builds = [
            ["clang", "-O0"], ["clang", "-O3"], ["clang", "-O3", "-DWIDE="], ["gcc", "-O0", "-ffp-contract=off"],
            ["gcc", "-O3", "-ffp-contract=off"],
        ]
        if flags.contains(" avx2 "), flags.contains(" fma ") {
            builds += [["clang", "-O3", "-mavx2", "-mfma"], ["gcc", "-O3", "-ffp-contract=off", "-mavx2", "-mfma"]]
        }
        if flags.contains(" avx512f ") { builds += [["clang", "-O3", "-march=native"]] }
        let sources = PackageRoot.url("Sources/CUpdate")
        let program = FileManager.default.temporaryDirectory.appending(path: "chaos-update-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: program) }
        for build in builds {
            let compiler = try ExecutableSearch(ExecutableSearch.path).find(build[0])
            let files = [
                sources.appending(path: "CUpdate.c").path,
                PackageRoot.url("Tests/ChaosTrainingTests/UpdateDigest/main.c").path,
            ]
            let made = try Command(
                compiler,
                Array(build[1...]) + ["-Wall", "-Werror", "-I", sources.appending(path: "include").path]
                    + files + ["-lm", "-o", program], timeLimit: .hanging
            ).run()
            #expect(made.isSuccess, "\(build): \(made.errors.text)")
            let result = try Command(program, timeLimit: .hanging).run()
            #expect(result.isSuccess)
            #expect(result.output.text == "cd7f5bc9d584b2cb\n", "\(build)")
        }
    }

    /// Threads, each with some of the numbers, make what one makes.
    @Test(arguments: optimizers) func piecesHaveTheSameBits(_ optimizer: Optimizer) throws {
        let count = 3 * UpdateRule.pieceSize + 17
        let cut = UpdateRule.pieceSize + 5
        let rule = try UpdateRule(
            groups: [ParameterGroup([0..<cut], optimizer, decay: 0.03), ParameterGroup([cut..<count], optimizer)],
            parameters: count, maxNorm: 3)
        var random = SeededRandom(seed: 11)
        let sum = (0..<count).map { _ in Self.number(&random) }
        var values = (0..<count * (1 + rule.moments.count)).map { _ in abs(Self.number(&random)) }
        let old = values
        let greatest = try #require(rule.update(&values, by: sum, samples: 7, after: 4))
        let squares = sum.withUnsafeBufferPointer { chaos_sum_of_squares($0.baseAddress!, $0.count) }
        let scale = Float(min(1, 3 / (squares.squareRoot() / 7 + 1e-6)) / 7)
        let kernels = rule.groups.map { UpdateKernel($0, scale: scale, factor: 1, update: 5) }
        var expected = old
        var found = Magnitude.zero
        expected.withUnsafeMutableBufferPointer { expected in
            sum.withUnsafeBufferPointer { sum in
                for (kernel, range) in zip(kernels, [0..<cut, cut..<count]) {
                    found = max(found, kernel.run(expected.baseAddress!, sum.baseAddress!, range, of: count))
                }
            }
        }
        #expect(values.map(\.bitPattern) == expected.map(\.bitPattern) && values != old)
        #expect(greatest == found)
    }

    /// Numbers that are changed where they are must not become infinite.
    @Test func whatIsTameStaysFinite() throws {
        var random = SeededRandom(seed: 7)
        var tame = 0
        for _ in 0..<20_000 {
            func power(_ most: Int, from least: Int) -> Float {
                Float(sign: .plus, exponent: random.int(least...most), significand: 1)
            }
            let (rate, decay) = (power(21, from: -3), power(21, from: -3))
            let (beta1, beta2) = (1 - power(-1, from: -20), 1 - power(-1, from: -24))
            let optimizer: Optimizer =
                switch random.int(0...3) {
                case 0: .sgd(rate: rate)
                case 1: .sgd(rate: rate, momentum: beta1, nesterov: random.once(in: 2))
                case 2: .adam(rate: rate, beta1: beta1, beta2: beta2, epsilon: power(0, from: -31))
                default: .adamW(rate: rate, beta1: beta1, beta2: beta2, epsilon: power(0, from: -31))
                }
            let rule = try UpdateRule(
                groups: [ParameterGroup([0..<8], optimizer, decay: decay)], parameters: 8,
                maxNorm: random.once(in: 4) ? power(20, from: 0) : nil)
            let most = PreparedUpdate.tame.exponent + (random.once(in: 3) ? 1 : -1)
            func number() -> Float { (random.once(in: 2) ? 1 : -1) * power(most, from: most - 10) }
            // Second moments are not negative, and often too small for a gradient.
            var values = (0..<8 * min(2, 1 + rule.moments.count)).map { _ in number() }
            if rule.moments.count == 2 {
                values += (0..<8).map { _ in random.once(in: 2) ? 0 : power(most, from: -60) }
            }
            let sum = (0..<8).map { _ in number() }
            let magnitude = values.withUnsafeBufferPointer { Magnitude(of: $0) }
            let (isTame, found) = values.withUnsafeMutableBufferPointer { values in
                sum.withUnsafeBufferPointer {
                    let update = rule.prepare($0, samples: random.int(1...3), after: random.int(0...100))!
                    return (update.isTame(with: magnitude), update.run(on: values))
                }
            }
            tame += isTame ? 1 : 0
            #expect(!isTame || found.isFinite, "\(rule)")
        }
        #expect(tame > 2000)
    }

    @Test func magnitudesBoundNumbers() {
        for (numbers, exponent) in [
            ([], -126), ([0, -0.0], -126), ([1, -0.5], 1), ([0.99], 0), ([-2, 1.5], 2), ([0x1p-127], -126),
            ([.greatestFiniteMagnitude], 128),
        ] as [([Float], Int)] {
            let magnitude = numbers.withUnsafeBufferPointer { Magnitude(of: $0) }
            #expect(magnitude.exponent == exponent && magnitude.isFinite)
        }
        for bad in [Float.nan, .infinity, -.infinity] {
            #expect([1, bad].withUnsafeBufferPointer { !Magnitude(of: $0).isFinite })
        }
        for exponent in -200...200 {
            let root = 1.75 * Double(sign: .plus, exponent: exponent, significand: 1)
            let magnitude = Magnitude(ofNumbersWithSquares: root * root)
            #expect(root < Double(sign: .plus, exponent: magnitude.exponent, significand: 1))
            #expect(magnitude.exponent <= exponent + 3)
        }
        #expect(!Magnitude(ofNumbersWithSquares: .nan).isFinite && Magnitude(ofNumbersWithSquares: 0) == .zero)
    }

    @Test func shortensWhatIsTooLong() throws {
        let rule = try UpdateRule(
            groups: [ParameterGroup([0..<3], .sgd(rate: 1))], parameters: 3, maxNorm: 1)
        for (sum, expected) in [
            ([6, 0, 8] as [Float], [-0.6, 0, -0.8] as [Float]), ([0.6, 0, 0.2], [-0.3, 0, -0.1]),
        ] {
            var values: [Float] = [0, 0, 0]
            _ = rule.update(&values, by: sum, samples: 2, after: 0)
            for (x, y) in zip(values, expected) { #expect(abs(x - y) < 1e-6) }
        }
    }

    @Test func powersAreExact() {
        for (x, n) in [(0.9, 0), (0.9, 1), (0.999, 1000), (0.5, 1074), (0.999_999, 123_456_789)] {
            let expected = pow(x, Double(n))
            #expect(abs(UpdateRule.power(x, n) - expected) <= 1e-9 * expected)
        }
        #expect(UpdateRule.power(0.5, 60) == 0x1p-60)
        #expect(UpdateRule.power(0, 1 << 62) == 0)
    }

    @Test func refusesWhatIsOutOfRange() {
        func refuses(
            _ groups: [ParameterGroup], parameters: Int = 10, maxNorm: Float? = nil, _ paths: [String],
            _ location: SourceLocation = #_sourceLocation
        ) {
            let invalid = #expect(throws: InvalidInput.self, sourceLocation: location) {
                try UpdateRule(groups: groups, parameters: parameters, maxNorm: maxNorm)
            }
            #expect(invalid?.faults.map(\.path) == paths, sourceLocation: location)
        }
        let plain = Optimizer.sgd(rate: 0.1)
        refuses([], ["groups", "groups"])
        refuses([ParameterGroup([0..<10], plain, decay: -1)], ["groups[0].decay"])
        refuses([ParameterGroup([0..<10], plain)], maxNorm: 0, ["maxNorm"])
        refuses([ParameterGroup([0..<10], plain)], maxNorm: .nan, ["maxNorm"])
        refuses([ParameterGroup([0..<9], plain)], ["groups"])
        refuses([ParameterGroup([0..<11], plain)], ["groups[0].ranges[0]"])
        refuses([ParameterGroup([0..<6], plain), ParameterGroup([5..<10], plain)], ["groups[1].ranges[0]"])
        refuses([ParameterGroup([0..<4, 5..<10], plain)], ["groups[0].ranges[1]"])
        refuses([ParameterGroup([0..<10, 10..<10], plain)], ["groups[0].ranges[1]"])
        refuses(
            [ParameterGroup([0..<6], plain), ParameterGroup([6..<10], .adam(rate: -1))],
            ["groups[1].optimizer.rate", "groups[1].optimizer"])
        refuses(
            [ParameterGroup([0..<10], .sgd(rate: 1, momentum: 0, nesterov: true))], ["groups[0].optimizer.momentum"])
    }

    /// Steps whose gradient is not finite are counted, and leave everything else as it was.
    @Test func leavesOutWhatIsNotFinite() throws {
        let data = TrainingParts.data(rows: 40, features: 6, classes: 3, seed: 3)
        func trainer() throws -> NetworkTrainer {
            try NetworkTrainer(
                training: data, test: data, hidden: [5], optimizer: .adamW(rate: 0.01), mostSkipped: 2, seed: 3)
        }
        var (one, other) = (try trainer(), try trainer())
        var spoiled = Gradient(count: one.gradientCount)
        spoiled.values[7] = .infinity
        try one.train(on: [1, 2, 3])
        try other.train(on: [1, 2, 3])
        for k in 1...2 {
            try other.apply(spoiled, samples: 3)
            #expect(other.skippedInARow == k)
            #expect(other.step == 1 + k)
            #expect(try other.numbers() == one.numbers())
        }
        // A joiner knows how many it were.
        var joiner = try trainer()
        try joiner.replaceState(by: other.readState(0..<other.stateBytes), step: 3)
        for var trainer in [other, joiner] {
            let invalid = #expect(throws: InvalidInput.self) { try trainer.apply(spoiled, samples: 3) }
            #expect(invalid?.faults.map(\.path) == ["gradient[7]"])
            #expect(trainer.step == 3)
            try trainer.train(on: [4, 5])
            #expect(trainer.skippedInARow == 0)
            var alone = one
            try alone.train(on: [4, 5])
            #expect(try trainer.numbers().map(\.bitPattern) == alone.numbers().map(\.bitPattern))
        }
    }
}

extension UpdateRule {
    /// One update.
    /// - Returns: how great the numbers are; nil: the gradient was not finite.
    func update(
        _ values: inout [Float], by sum: [Float], samples: Int, after count: Int, factor: Double = 1
    ) -> Magnitude? {
        values.withUnsafeMutableBufferPointer { values in
            sum.withUnsafeBufferPointer {
                prepare($0, samples: samples, after: count, factor: factor)?.run(on: values)
            }
        }
    }
}
