import ChaosModel

/// Checks certificates of mixed-integer linear programs in the VIPR format, versions 1.0 and 1.1, with the reasons `asm`,
/// `lin`, `rnd`, `uns` and `sol`, in exact arithmetic of any size. It knows nothing of shards: it is a second, independent
/// reader of what `SizeCertificate` writes, and reads any other program's certificates as well.
///
/// Accepted means: the text is a certificate; every solution is feasible; every derived constraint follows by its
/// reason; the last one rests on no assumption and proves the claimed bound (or that nothing is feasible); one solution
/// reaches the other claimed bound. Nothing else is taken on trust, in particular no name, and the program itself is
/// what the file says that it is.
///
/// Stricter than the text of the format in one place: a claim that a listed solution contradicts is refused. Laxer in
/// two, as SCIP 10 writes them: the bounds may stand anywhere among the constraints, and the word `global` may follow a
/// derivation's last index; neither is relied on. Of version 1.1 only complete derivations are checked: what a file leaves
/// to the checker to find (`weak`, `incomplete`) is refused.
///
/// Cost: linear in the length of the file times the length of its numbers; memory for the constraints that the file does
/// not yet let go. A source that claims huge sections without having them costs nothing.
public struct VIPRChecker {
    /// What was proved.
    public struct Proved: Sendable, Equatable {
        public enum Claim: Sendable, Equatable {
            /// No point is feasible.
            case infeasible
            /// The optimum lies in this range; nil: unbounded on that side.
            case range(Rational?, Rational?)
        }

        public let claim: Claim
        public let variables: Int
        public let constraints: Int
        public let solutions: Int
        public let derivations: Int
        /// The best objective value of the solutions; nil without one.
        public let bestObjective: Rational?
    }

    var words: VIPRWords
    var isInteger: [Bool] = []
    var isMinimisation = true
    var objective: [VIPRConstraint.Term] = []
    var store = VIPRStore()
    var claim = Proved.Claim.infeasible
    var bestObjective: Rational?
    /// Coefficients by variable, nil where nothing was added: scratch space of linear combinations.
    var sums: [Rational?] = []

    private init(_ source: @escaping VIPRWords.Source) { words = VIPRWords(source) }

    /// Checks a certificate that is read piece by piece.
    /// - Parameter source: fills the buffer from its start and returns the number of bytes, 0 at the end.
    /// - Throws: `VIPRFailure`, or what the source throws.
    public static func check(
        reading source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> Proved {
        var checker = VIPRChecker(source)
        return try checker.run()
    }

    /// Checks a certificate in memory.
    /// - Throws: `VIPRFailure`.
    public static func check(_ bytes: some Collection<UInt8>) throws -> Proved {
        var rest = bytes[...]
        return try check { buffer in
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }

    private mutating func run() throws -> Proved {
        try words.skipComments()
        _ = try words.choice("VER")
        _ = try words.choice("1.0", "1.1")
        _ = try words.choice("VAR")
        let variables = try words.integer("the number of variables", in: 0..<Int.max)
        for k in 0..<variables {
            _ = try words.text("the name of variable \(k)")
            isInteger.append(false)
        }
        sums = [Rational?](repeating: nil, count: variables)
        _ = try words.choice("INT")
        for _ in 0..<(try words.integer("the number of integer variables", in: 0..<Int.max)) {
            isInteger[try variableIndex()] = true
        }
        _ = try words.choice("OBJ")
        isMinimisation = try words.choice("min", "max") == "min"
        objective = try terms(count: try words.integer("the number of terms", in: 0..<Int.max))
        let constraints = try readConstraints()
        try readClaim()
        let solutions = try readSolutions(constraints: constraints)
        let derivations = try readDerivations()
        if try words.advance() { throw words.failure("found \(words.shown); allowed: nothing after the derivations") }
        return Proved(
            claim: claim, variables: variables, constraints: constraints, solutions: solutions,
            derivations: derivations, bestObjective: bestObjective)
    }

    private mutating func variableIndex() throws -> Int {
        try words.integer("the index of a variable", in: 0..<isInteger.count)
    }

    /// Reads pairs of variable and coefficient.
    private mutating func terms(count: Int) throws -> [VIPRConstraint.Term] {
        var terms: [VIPRConstraint.Term] = []
        var isAscending = true
        for _ in 0..<count {
            let variable = try variableIndex()
            let coefficient = try words.value("a coefficient")
            if let last = terms.last, last.variable >= variable { isAscending = false }
            terms.append(VIPRConstraint.Term(variable: variable, coefficient: coefficient))
        }
        if !isAscending {
            terms.sort { $0.variable < $1.variable }
            for (one, next) in zip(terms, terms.dropFirst()) where one.variable == next.variable {
                throw words.failure("variable \(one.variable) twice; allowed: one coefficient for a variable")
            }
        }
        if terms.contains(where: { $0.coefficient == 0 }) { terms.removeAll { $0.coefficient == 0 } }
        return terms
    }

    /// Reads a constraint in the constraint format.
    mutating func readConstraint() throws -> (name: String, VIPRConstraint) {
        let name = try words.text("the name of a constraint")
        let sense: VIPRConstraint.Sense =
            switch try words.choice("E", "L", "G") {
            case "E": .equal
            case "L": .atMost
            default: .atLeast
            }
        let bound = try words.value("the right-hand side")
        let count = try words.count("the number of terms", or: "OBJ")
        let terms = try count.map { try self.terms(count: $0) } ?? objective
        return (name, VIPRConstraint(sense: sense, bound: bound, terms: terms))
    }

    private mutating func readConstraints() throws -> Int {
        _ = try words.choice("CON")
        let count = try words.integer("the number of constraints", in: 0..<Int.max)
        let bounds = try words.integer("the number of bounds", in: 0..<Int.max)
        if bounds > count { throw words.failure("\(bounds) bounds; allowed: at most the \(count) constraints") }
        var single = 0
        for _ in 0..<count {
            let constraint = try readConstraint().1
            if constraint.terms.count == 1 { single += 1 }
            store.append(constraint)
        }
        // Which of them are the bounds nothing depends on; a wrong count shows a file that is not what its writer meant.
        if single < bounds {
            throw words.failure("\(single) constraints with a single variable; allowed: at least the \(bounds) bounds")
        }
        return count
    }

    private mutating func readClaim() throws {
        _ = try words.choice("RTP")
        if try words.choice("infeas", "range") == "infeas" {
            claim = .infeasible
            return
        }
        let lower = try words.value("the lower bound", or: "-inf")
        let upper = try words.value("the upper bound", or: "inf")
        if let lower, let upper, lower > upper {
            throw words.failure("the range \(lower) … \(upper) is empty; allowed: lower bound at most upper bound")
        }
        claim = .range(lower, upper)
    }

    private mutating func readSolutions(constraints: Int) throws -> Int {
        _ = try words.choice("SOL")
        let count = try words.integer("the number of solutions", in: 0..<Int.max)
        for _ in 0..<count {
            let name = try words.text("the name of a solution")
            let terms = try terms(count: try words.integer("the number of values", in: 0..<Int.max))
            var values = [Rational](repeating: 0, count: isInteger.count)
            for term in terms {
                values[term.variable] = term.coefficient
                if isInteger[term.variable], !term.coefficient.isWhole {
                    throw words.failure(
                        "solution \(name) gives the integer variable \(term.variable) the value \(term.coefficient)")
                }
            }
            for k in 0..<constraints {
                guard let constraint = try? store.constraint(k) else { continue }
                if !constraint.isSatisfied(at: values) {
                    throw words.failure("solution \(name) violates constraint \(k): \(constraint)")
                }
            }
            var value = Rational.zero
            for term in objective { value += term.coefficient * values[term.variable] }
            if bestObjective.map({ isMinimisation ? value < $0 : value > $0 }) ?? true { bestObjective = value }
        }
        guard case .range(let lower, let upper) = claim else {
            if count > 0 { throw words.failure("a feasible solution; allowed: none where infeasibility is claimed") }
            return count
        }
        try checkAgainstClaim(lower, upper)
        return count
    }

    /// The side of the claimed range that a solution proves, and the side that it may not contradict.
    private func checkAgainstClaim(_ lower: Rational?, _ upper: Rational?) throws {
        let (reached, proved) = isMinimisation ? (upper, lower) : (lower, upper)
        if let reached {
            guard let best = bestObjective else {
                throw words.failure("no solution; allowed: one with an objective as good as \(reached), as claimed")
            }
            if isMinimisation ? best > reached : best < reached {
                throw words.failure("the best solution has the objective \(best); claimed: \(reached)")
            }
        }
        if let proved, let best = bestObjective, isMinimisation ? best < proved : best > proved {
            throw words.failure("a solution has the objective \(best), beyond the claimed bound \(proved)")
        }
    }
}
