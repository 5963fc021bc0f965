import ChaosModel

/// A derived constraint of a certificate in the making.
struct VIPRLine {
    enum Reason {
        case assumption
        /// Numbers of constraints and their multipliers.
        case combination([(Int, Rational)])
        case rounding([(Int, Rational)])
        /// A proof and the branch that it assumes, twice.
        case join(Int, Int, Int, Int)
    }

    enum Left {
        case objective
        case terms([(variable: Int, coefficient: Rational)])
        /// Terms with the coefficient 1.
        case sum([Int])
    }

    let name: String
    let sense: String
    let bound: Rational
    let left: Left
    let reason: Reason

    /// Calls `body` with each constraint that the reason refers to.
    func forEachReference(_ body: (Int) -> Void) {
        switch reason {
        case .assumption: break
        case .combination(let multipliers), .rounding(let multipliers): for (number, _) in multipliers { body(number) }
        case .join(let a, let b, let c, let d): for number in [a, b, c, d] { body(number) }
        }
    }

    /// Writes all but the number of its last use.
    func write(to text: inout VIPRText) throws {
        text.append(name, " ", sense, " ", bound, " ")
        switch left {
        case .objective: text.append("OBJ")
        case .terms(let terms):
            text.append(terms.count)
            for (variable, coefficient) in terms { text.append(" ", variable, " ", coefficient) }
        case .sum(let variables):
            text.append(variables.count)
            for variable in variables { try text.term(variable) }
        }
        switch reason {
        case .assumption: text.append(" { asm }")
        case .combination(let multipliers): try write("lin", multipliers, to: &text)
        case .rounding(let multipliers): try write("rnd", multipliers, to: &text)
        case .join(let a, let b, let c, let d): text.append(" { uns ", a, " ", b, " ", c, " ", d, " }")
        }
    }

    private func write(_ word: String, _ multipliers: [(Int, Rational)], to text: inout VIPRText) throws {
        text.append(" { ", word, " ", multipliers.count)
        for (number, multiplier) in multipliers {
            text.append(" ", number, " ", multiplier)
            try text.handOver()
        }
        text.append(" }")
    }
}
