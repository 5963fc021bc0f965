import ChaosModel

/// A linear constraint of a VIPR certificate.
struct VIPRConstraint: Equatable {
    /// The signs of the format: a `G` constraint counts positive, `L` negative, `E` neither.
    enum Sense: Int {
        case atMost = -1
        case equal = 0
        case atLeast = 1
    }

    struct Term: Equatable {
        let variable: Int
        let coefficient: Rational
    }

    let sense: Sense
    let bound: Rational
    /// By ascending variable; no coefficient 0.
    let terms: [Term]

    /// No point satisfies it: 0 ≥ β > 0, 0 ≤ β < 0 or 0 = β ≠ 0.
    var isAbsurd: Bool {
        guard terms.isEmpty else { return false }
        return switch sense {
        case .atLeast: bound > 0
        case .atMost: bound < 0
        case .equal: bound != 0
        }
    }

    /// Every point satisfies it.
    var isTrivial: Bool {
        guard terms.isEmpty else { return false }
        return switch sense {
        case .atLeast: bound <= 0
        case .atMost: bound >= 0
        case .equal: bound == 0
        }
    }

    /// The restricted domination of the format: an absurd constraint dominates all; otherwise the left sides are the
    /// same, the sense is the same or this one is an equation, and the bound is at least as strict.
    func dominates(_ other: VIPRConstraint) -> Bool {
        if isAbsurd { return true }
        guard sense == .equal || sense == other.sense, terms == other.terms else { return false }
        return switch other.sense {
        case .atLeast: bound >= other.bound
        case .atMost: bound <= other.bound
        case .equal: bound == other.bound
        }
    }

    func isSatisfied(at values: [Rational]) -> Bool {
        var sum = Rational.zero
        for term in terms where values[term.variable] != 0 { sum += term.coefficient * values[term.variable] }
        return switch sense {
        case .atMost: sum <= bound
        case .equal: sum == bound
        case .atLeast: sum >= bound
        }
    }
}

extension VIPRConstraint: CustomStringConvertible {
    /// For messages; a long sum is cut.
    var description: String {
        let most = 6
        var parts = terms.prefix(most).map { "\($0.coefficient) x\($0.variable)" }
        if terms.count > most { parts.append("… (\(terms.count) terms)") }
        if parts.isEmpty { parts = ["0"] }
        let symbol =
            switch sense {
            case .atMost: "<="
            case .equal: "="
            case .atLeast: ">="
            }
        return "\(parts.joined(separator: " + ")) \(symbol) \(bound)"
    }
}
