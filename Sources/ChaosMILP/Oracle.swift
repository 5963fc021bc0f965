import ChaosCertificate
import ChaosModel
import ChaosProcess

/// The verified oracle: the checker and the greedy extracted from the proofs, in an executable of their own
/// (Proofs/README.md). `make oracle` builds it.
public struct Oracle: Sendable {
    /// The path of the executable.
    public let executable: String

    /// How long it may take for its answers.
    public var timeLimit = Duration.seconds(600)

    /// Finds `chaos-oracle` where workers are looked for, or where the sources build it.
    /// - Throws: `ExecutableNotFound`, which says where was looked.
    public init() throws(ExecutableNotFound) {
        executable = try ExecutableSearch(MILPWorker.places + [Self.built].compactMap { $0 }).find("chaos-oracle")
    }

    /// Where the sources build it, for a program that runs from their build folder.
    private static var built: ExecutableSearch.Place? {
        guard let parts = ExecutableSearch.besideRunningProgram?.folder.split(separator: "/"),
            let build = parts.lastIndex(of: ".build")
        else { return nil }
        return ExecutableSearch.Place(
            folder: "/" + (parts[..<build] + ["Proofs", "oracle"]).joined(separator: "/"),
            reason: "built by make oracle")
    }

    public init(executable: String) { self.executable = executable }

    /// Asks all questions of a query. Blocks until they are answered.
    /// - Throws: `OracleQuery.Failure`, `LaunchFailure`, and `ProcessCrash` if it does not end with the exit status 0,
    ///   unless it refuses a question in the way that Proofs/oracle/README.md describes.
    public func answers(to query: OracleQuery) throws -> [OracleQuery.Answer] {
        let result = try Command(executable, input: Array(query.text.utf8), timeLimit: timeLimit).run()
        guard !result.output.isCut else {
            throw ProcessCrash(result, reason: "more on standard output than answers can be")
        }
        let answers = Result { () throws(OracleQuery.Failure) in try query.read(result.output.text) }
        switch (result.ending, answers) {
        case (.exited(0), _): return try answers.get()
        // In its own words a refusal says more than its exit status.
        case (.exited(Self.refusing), .failure(let failure)) where failure.refusal != nil: throw failure
        // What a program prints that does not end well is no answer, whatever it looks like.
        case (.exited, _), (.signalled, _), (.timedOut, _):
            throw ProcessCrash(result, reason: "no answer of chaos-oracle")
        }
    }

    /// The exit status with which it refuses a question.
    private static let refusing: Int32 = 5

    /// What the extracted checker says of an assignment.
    /// - Throws: as `answers`.
    public func verdict(on assignment: ShardAssignment, of instance: Instance) throws -> OracleQuery.Answer {
        var query = OracleQuery()
        query.add(instance) { $0.check(assignment) }
        return try answers(to: query)[0]
    }
}
