import ChaosModel

/// Questions to `chaos-oracle`, the program extracted from the proofs, in the plain text that it reads, and its answers.
/// The grammar is described beside the oracle, in Proofs/oracle/README.md. This is text only: who asks runs the program.
///
/// Any number of instances, with any number of questions each, make one input; the answers come in the same order, one
/// line each.
public struct OracleQuery: Sendable {
    /// The whole input so far.
    public private(set) var text = ""
    /// What has been asked, in order; `read` needs it to know how an answer is to be read.
    public private(set) var questions: [Question] = []

    public enum Question: Sendable, Equatable {
        /// The greedy's plan at a size.
        case greedy(size: Int, neighbors: Int)
        /// The best plan over the chain.
        case solve(neighbors: Int)
        /// What is to be said of an assignment.
        case check
    }

    public enum Answer: Sendable, Equatable {
        case plan(ShardAssignment)
        case infeasible
        /// A plan whose makespan is beyond 2^76 ns, to which times are computed here.
        case beyondRange
        case optimal
        case feasible
        case wrong(Reason)
    }

    /// Why the oracle calls an assignment wrong: the first reason that applies, in this order.
    public enum Reason: String, Sendable, CaseIterable {
        case sizeNotInChain = "the size is not in the chain"
        case totalNotK = "the counts do not add up to the number of shards"
        case limitPassed = "a limit is passed"
        case makespanNotExact = "the makespan is not exact"
    }

    /// What the oracle wrote in the place of an answer.
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The number of the line, from 1.
        public let line: Int
        public let found: String
        public let allowed: String
        /// The oracle's own words if it refused the question, as for an instance beyond its limits.
        public var refusal: String?

        public var description: String {
            refusal.map { "the oracle refuses: \($0)" }
                ?? "answer \(line) of chaos-oracle: \(found); allowed: \(allowed)"
        }
    }

    public init() {}

    /// Adds an instance and the questions about it.
    /// - Parameters:
    ///   - instance: what is asked about.
    ///   - ask: is given a questioner for the instance.
    public mutating func add(_ instance: Instance, ask: (inout Questioner) -> Void) {
        var questioner = Questioner(neighbors: instance.neighbors.count)
        text += "instance \(instance.state.bytes)\n"
        text += "sizes \(instance.shardSizes.sizes.count)"
        for size in instance.shardSizes.sizes { text += " \(size)" }
        text += "\ngroups \(instance.groups.count)\n"
        for group in instance.groups { text += "\(group.bandwidth) \(group.parent ?? -1)\n" }
        text += "neighbors \(instance.neighbors.count)\n"
        for neighbor in instance.neighbors {
            text += "\(neighbor.bandwidth) \(neighbor.latency) \(neighbor.ready) \(neighbor.overhead) "
            text += "\(neighbor.limit ?? -1) \(neighbor.group ?? -1)\n"
        }
        ask(&questioner)
        text += questioner.text + "end\n"
        questions += questioner.questions
    }

    /// Questions about one instance.
    public struct Questioner {
        fileprivate let neighbors: Int
        fileprivate var text = ""
        fileprivate var questions: [Question] = []

        /// Asks for the greedy's plan. - Precondition: the size is one of the chain.
        public mutating func greedy(size: Int) {
            text += "greedy \(size)\n"
            questions.append(.greedy(size: size, neighbors: neighbors))
        }

        /// Asks for the best plan over the chain.
        public mutating func solve() {
            text += "solve\n"
            questions.append(.solve(neighbors: neighbors))
        }

        /// Asks what is to be said of an assignment.
        /// - Precondition: it has a count for each neighbour, and nothing in it is negative.
        public mutating func check(_ assignment: ShardAssignment) {
            precondition(assignment.counts.count == neighbors, "one count for each neighbor")
            precondition(assignment.shardSize >= 0 && assignment.counts.allSatisfy { $0 >= 0 })
            let makespan = Rational(assignment.makespan)
            text += "check \(assignment.shardSize) \(makespan.numerator) \(makespan.denominator)"
            for count in assignment.counts { text += " \(count)" }
            text += " done\n"
            questions.append(.check)
        }
    }

    /// Reads the answers to all questions.
    /// - Parameter output: what the oracle wrote.
    /// - Throws: `Failure` for the first line that is no answer, the oracle's own complaint among them, and for too few or
    ///   too many answers.
    public func read(_ output: String) throws(Failure) -> [Answer] {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        var answers: [Answer] = []
        for (k, question) in questions.enumerated() {
            guard k < lines.count, !lines[k].isEmpty else {
                throw Failure(line: k + 1, found: "nothing", allowed: "\(questions.count) answers")
            }
            answers.append(try Self.read(lines[k], to: question, line: k + 1))
        }
        if lines.count > questions.count + 1 || lines.last?.isEmpty == false && lines.count > questions.count {
            throw Failure(
                line: questions.count + 1, found: "\"\(lines[questions.count])\"",
                allowed: "\(questions.count) answers")
        }
        return answers
    }

    private static func read(_ line: Substring, to question: Question, line number: Int) throws(Failure) -> Answer {
        let words = line.split(separator: " ")
        func failure(_ allowed: String) -> Failure {
            Failure(line: number, found: "\"\(line.prefix(200))\"", allowed: allowed)
        }
        if words.first == "error" {
            // "error LINE: reason"; the line is one of the question as it was sent, which nobody sees.
            let reason = line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
            var refused = failure("an answer")
            refused.refusal = String(reason.isEmpty ? line : reason)
            throw refused
        }
        switch question {
        case .check:
            switch words.first {
            case "optimal" where words.count == 1: return .optimal
            case "feasible" where words.count == 1: return .feasible
            case "wrong":
                guard let reason = Reason(rawValue: words.dropFirst().joined(separator: " ")) else { break }
                return .wrong(reason)
            default: break
            }
            throw failure("\"optimal\", \"feasible\" or \"wrong\" and a reason")
        case .greedy(let size, let neighbors):
            if words == ["infeasible"] { return .infeasible }
            guard words.first == "plan", words.count == neighbors + 3,
                let answer = plan(words.dropFirst(), size: size)
            else { throw failure("\"infeasible\" or \"plan p q\" and \(neighbors) counts") }
            return answer
        case .solve(let neighbors):
            if words == ["infeasible"] { return .infeasible }
            guard words.first == "plan", words.count == neighbors + 4, let size = Int(words[1]),
                let answer = plan(words.dropFirst(2), size: size)
            else { throw failure("\"infeasible\" or \"plan s p q\" and \(neighbors) counts") }
            return answer
        }
    }

    /// The makespan's two numbers and the counts.
    private static func plan(_ words: ArraySlice<Substring>, size: Int) -> Answer? {
        let counts = words.dropFirst(2).compactMap { Int($0) }
        guard counts.count == words.count - 2, let p = Rational(words[words.startIndex]),
            let q = Rational(words[words.startIndex + 1]), q > 0, p >= 0, p.isWhole, q.isWhole
        else { return nil }
        guard p <= Rational(ModelRange.longestMakespan) * q else { return .beyondRange }
        guard let makespan = ExactTime("\(p / q)") else { return nil }
        return .plan(ShardAssignment(shardSize: size, counts: counts, makespan: makespan))
    }
}
