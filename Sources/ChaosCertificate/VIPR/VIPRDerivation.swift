import ChaosModel

/// The derivations of a certificate: each constraint must follow from earlier ones by its reason.
extension VIPRChecker {
    mutating func readDerivations() throws -> Int {
        _ = try words.choice("DER")
        let count = try words.integer("the number of derivations", in: 0..<Int.max)
        var last: (constraint: VIPRConstraint, assumptions: Set<Int>)?
        for k in 0..<count {
            let (name, constraint) = try readConstraint()
            let label = "constraint \(store.count) (\(name))"
            _ = try words.choice("{")
            let assumptions: Set<Int>
            switch try words.choice("asm", "lin", "rnd", "uns", "sol") {
            case "asm": assumptions = [store.count]
            case "lin": assumptions = try derive(constraint, label, isRounded: false)
            case "rnd": assumptions = try derive(constraint, label, isRounded: true)
            case "uns": assumptions = try joinBranches(constraint, label)
            default:
                try checkCutoff(constraint, label)
                assumptions = []
            }
            _ = try words.choice("}")
            let lastUse = try words.integer("the index after which \(label) may be forgotten", in: -1..<Int.max)
            // That it holds without assumptions; these are counted here anyhow.
            _ = try words.skip("global")
            if k == count - 1 { last = (constraint, assumptions) }
            store.append(constraint, assumptions, lastUse: lastUse, isLast: k == count - 1)
        }
        try conclude(from: last)
        return count
    }

    /// The last derived constraint must prove what is claimed.
    private func conclude(from last: (constraint: VIPRConstraint, assumptions: Set<Int>)?) throws {
        let goal: VIPRConstraint
        switch claim {
        case .infeasible: goal = VIPRConstraint(sense: .atLeast, bound: 1, terms: [])
        case .range(let lower, let upper):
            guard let bound = isMinimisation ? lower : upper else { return }
            goal = VIPRConstraint(sense: isMinimisation ? .atLeast : .atMost, bound: bound, terms: objective)
            if goal.isTrivial { return }
        }
        guard let last else { throw words.failure("no derivation; allowed: one that ends with \(goal)") }
        guard last.constraint.dominates(goal) else {
            throw words.failure("the last derivation proves \(last.constraint); claimed: \(goal)")
        }
        if let open = last.assumptions.min() {
            throw words.failure(
                "the last derivation rests on \(last.assumptions.count) assumptions, constraint \(open) the first; "
                    + "allowed: none")
        }
    }

    private mutating func constraintNumber() throws -> Int {
        try words.integer("the number of a constraint", in: 0..<store.count)
    }

    private func stored(_ number: Int) throws -> VIPRConstraint {
        do { return try store.constraint(number) } catch { throw forgotten(number) }
    }

    private mutating func consumeAssumptions(_ number: Int) throws -> Set<Int> {
        do { return try store.consumeAssumptions(number) } catch { throw forgotten(number) }
    }

    private func storedAssumptions(_ number: Int) throws -> Set<Int> {
        do { return try store.assumptions(number) } catch { throw forgotten(number) }
    }

    private func forgotten(_ number: Int) -> VIPRFailure {
        words.failure("constraint \(number) is used again; allowed: not after the certificate let it go")
    }

    /// `lin` and `rnd`: a suitable linear combination, rounded or not, that dominates the constraint.
    private mutating func derive(_ goal: VIPRConstraint, _ label: String, isRounded: Bool) throws -> Set<Int> {
        for unfinished in ["weak", "incomplete"] where try words.skip(unfinished) {
            throw words.failure(
                "\(label) is \(unfinished): what it follows from is left to be found; allowed: every multiplier")
        }
        let count = try words.integer("the number of multipliers", in: 0..<Int.max)
        var used: Set<Int> = []
        var touched: [Int] = []
        // So that the scratch space is clean also after a failure that a caller would catch.
        defer { for variable in touched { sums[variable] = nil } }
        var bound = Rational.zero
        var sense = VIPRConstraint.Sense.equal
        var assumptions: Set<Int> = []
        for _ in 0..<count {
            let number = try constraintNumber()
            let multiplier = try words.value("a multiplier")
            guard used.insert(number).inserted else {
                throw words.failure("\(label) uses constraint \(number) twice; allowed: distinct constraints")
            }
            let constraint = try stored(number)
            // The format counts the assumptions of every constraint that is named, whatever its multiplier.
            assumptions.unite(with: try consumeAssumptions(number))
            if multiplier == 0 { continue }
            let sign = (multiplier < 0 ? -1 : 1) * constraint.sense.rawValue
            if sign != 0 {
                guard sense == .equal || sense.rawValue == sign else {
                    throw words.failure(
                        "\(label) multiplies constraint \(number) by \(multiplier); "
                            + "allowed: multipliers whose signs make all constraints point one way")
                }
                sense = sign < 0 ? .atMost : .atLeast
            }
            for term in constraint.terms {
                let product = multiplier == 1 ? term.coefficient : multiplier * term.coefficient
                if let sum = sums[term.variable] {
                    sums[term.variable] = sum + product
                } else {
                    sums[term.variable] = product
                    touched.append(term.variable)
                }
            }
            bound += multiplier == 1 ? constraint.bound : multiplier * constraint.bound
        }
        touched.sort()
        var terms: [VIPRConstraint.Term] = []
        for variable in touched {
            if let sum = sums[variable], sum != 0 {
                terms.append(VIPRConstraint.Term(variable: variable, coefficient: sum))
            }
        }
        if isRounded { bound = try rounded(bound, sense, terms, label) }
        let derived = VIPRConstraint(sense: sense, bound: bound, terms: terms)
        guard derived.dominates(goal) else {
            throw words.failure("\(label) claims \(goal), which does not follow from its combination \(derived)")
        }
        return assumptions
    }

    private func rounded(
        _ bound: Rational, _ sense: VIPRConstraint.Sense, _ terms: [VIPRConstraint.Term], _ label: String
    ) throws -> Rational {
        if let term = terms.first(where: { !isInteger[$0.variable] || !$0.coefficient.isWhole }) {
            throw words.failure(
                "\(label) rounds with \(term.coefficient) x\(term.variable); "
                    + "allowed: whole coefficients of integer variables")
        }
        switch sense {
        case .atLeast: return Rational(bound.ceiling)
        case .atMost: return Rational(bound.floor)
        case .equal: throw words.failure("\(label) rounds an equation; allowed: an inequality")
        }
    }

    /// `uns`: both branches of an integer disjunction imply the constraint.
    private mutating func joinBranches(_ goal: VIPRConstraint, _ label: String) throws -> Set<Int> {
        var pairs: [(proof: Int, branch: Int)] = []
        for _ in 0..<2 { pairs.append((try constraintNumber(), try constraintNumber())) }
        var branches: [VIPRConstraint] = []
        for (proof, branch) in pairs {
            let constraint = try stored(proof)
            guard constraint.dominates(goal) else {
                throw words.failure("\(label) claims \(goal), which does not follow from \(proof): \(constraint)")
            }
            branches.append(try stored(branch))
        }
        let isOrdered = branches[0].sense == .atMost
        let (below, above) = (branches[isOrdered ? 0 : 1], branches[isOrdered ? 1 : 0])
        guard below.sense == .atMost, above.sense == .atLeast, below.terms == above.terms,
            below.bound.isWhole, above.bound == below.bound + 1,
            below.terms.allSatisfy({ isInteger[$0.variable] && $0.coefficient.isWhole })
        else {
            throw words.failure(
                "\(label) joins \(below) and \(above); allowed: x <= k and x >= k + 1, k and x whole")
        }
        // Assumptions may be handed over once only, and one proof may serve both branches.
        let isShared = pairs[0].proof == pairs[1].proof
        var assumptions = isShared ? try storedAssumptions(pairs[0].proof) : try consumeAssumptions(pairs[0].proof)
        assumptions.remove(pairs[0].branch)
        var others = try consumeAssumptions(pairs[1].proof)
        others.remove(pairs[1].branch)
        assumptions.unite(with: others)
        return assumptions
    }

    /// `sol`: only points that could be better than the best listed solution are looked at any more. Sound because a
    /// claim beyond that solution's objective has been refused.
    private func checkCutoff(_ goal: VIPRConstraint, _ label: String) throws {
        guard let best = bestObjective else {
            throw words.failure("\(label) refers to solutions; allowed: only with a solution in the certificate")
        }
        let isWhole = objective.allSatisfy { isInteger[$0.variable] && $0.coefficient.isWhole }
        let step: Rational = isWhole ? 1 : 0
        let cutoff = VIPRConstraint(
            sense: isMinimisation ? .atMost : .atLeast, bound: isMinimisation ? best - step : best + step,
            terms: objective)
        guard cutoff.dominates(goal) else {
            throw words.failure("\(label) claims \(goal); allowed by the best solution: \(cutoff)")
        }
    }
}
