import ChaosMILPWorker
import ChaosModel
import ChaosSolver

/// What a crosscheck of one instance found.
public struct CrosscheckReport: Sendable, Equatable {
    /// The name of the solver under validation.
    public let solver: String
    /// One for each size that was looked at, smallest first.
    public let sizes: [Size]

    /// What was found at one size.
    public struct Size: Sendable, Equatable {
        public let shardSize: Int
        /// K(s).
        public let shards: Int
        /// The result under validation.
        public let result: FixedSizeResult
        /// Its makespan as computed again from its counts; nil without a usable plan.
        public let makespan: ExactTime?
        /// What is wrong with the result by itself, or other than the twin's, in a sentence each.
        public let defects: [String]
        /// One for each worker and form; none where there is nothing to compare with: the result is no plan, or the
        /// optimum is beyond the range of times.
        public let entries: [Entry]
    }

    /// What one worker made of one form.
    public struct Entry: Sendable, Equatable {
        public let backEnd: MILPBackEnd
        public let form: MILPForm
        public let verdict: Verdict
        /// The seconds of the solve, as the worker measured them; nil without an answer.
        public let seconds: Double?
    }

    public var entries: [Entry] { sizes.flatMap(\.entries) }

    /// True if the solver under validation is wrong, or differs from its twin.
    public var hasDefect: Bool {
        sizes.contains { !$0.defects.isEmpty }
            || entries.contains { if case .beaten = $0.verdict { true } else { false } }
    }
}
