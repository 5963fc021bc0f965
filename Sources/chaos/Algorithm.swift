import ArgumentParser
import ChaosSolver

/// The algorithms that `--algorithm` names.
enum Algorithm: String, CaseIterable, ExpressibleByArgument {
    case threshold
    case greedy
    case brute

    var solver: any FixedSizeSolver {
        switch self {
        case .threshold: Threshold()
        case .greedy: Greedy()
        case .brute: BruteForce()
        }
    }
}
