import CCbc
import ChaosMILPWorker

/// One solve by COIN-OR's branch and cut.
///
/// CBC is not thread-safe, ends the process by an assertion on some badly scaled models, and prints to standard output:
/// three reasons for a process of its own.
@main enum CBC: MILPWorkerProgram {
    static let backEnd = MILPBackEnd.cbc
    static var version: String { String(cString: Cbc_getVersion()) }

    /// Tight, because a wrong answer costs more here than a slow one. Without an increment of its own CBC takes a
    /// solution for best as soon as none is better by 1e-5.
    private static let parameters: KeyValuePairs = [
        "log": "0", "allowableGap": "0", "ratioGap": "0", "increment": "1e-12", "integerTolerance": "1e-9",
        "primalTolerance": "1e-9", "dualTolerance": "1e-9",
    ]

    static func solve(_ model: LinearModel, timeLimit: Double?) -> MILPWorkerAnswer {
        let problem = build(model)
        for (name, value) in parameters { Cbc_setParameter(problem, name, value) }
        if let timeLimit {
            Cbc_setParameter(problem, "timeMode", "elapsed")
            Cbc_setParameter(problem, "seconds", "\(timeLimit)")
        }
        let start = ContinuousClock.now
        Cbc_solve(problem)
        let seconds = (ContinuousClock.now - start) / .seconds(1)

        // Of the three questions only this order is safe: an infeasible model has a column array and an objective, too.
        let hasIntegers = model.columns.contains(where: \.isInteger)
        let objective = Cbc_getObjValue(problem)
        func answer(_ status: MILPWorkerAnswer.Status, bound: Double?) -> MILPWorkerAnswer {
            let values = hasIntegers ? UnsafePointer(Cbc_bestSolution(problem)) : Cbc_getColSolution(problem)
            guard let values else {
                return MILPWorkerAnswer(.error, solver: name, seconds: seconds, message: "a solution without values")
            }
            return MILPWorkerAnswer(
                status, solver: name, objective: objective, bound: bound, seconds: seconds,
                values: model.integerValues { values[$0] })
        }
        func known(_ bound: Double) -> Double? { abs(bound) < 1e50 ? bound : nil }
        if Cbc_isProvenOptimal(problem) != 0 { return answer(.optimal, bound: objective) }
        if Cbc_isProvenInfeasible(problem) != 0 { return MILPWorkerAnswer(.infeasible, solver: name, seconds: seconds) }
        if Cbc_isContinuousUnbounded(problem) != 0 {
            return MILPWorkerAnswer(.error, solver: name, seconds: seconds, message: "the relaxation is unbounded")
        }
        if Cbc_isAbandoned(problem) != 0 {
            return MILPWorkerAnswer(.error, solver: name, seconds: seconds, message: "abandoned for numerical trouble")
        }
        guard Cbc_status(problem) == 1 else {
            return MILPWorkerAnswer(.error, solver: name, seconds: seconds, message: "status \(Cbc_status(problem))")
        }
        let bound = known(Cbc_getBestPossibleObjValue(problem))
        guard hasIntegers, Cbc_numberSavedSolutions(problem) > 0, abs(objective) < 1e50 else {
            return MILPWorkerAnswer(.timeLimit, solver: name, bound: bound, seconds: seconds)
        }
        return answer(.feasible, bound: bound)
    }

    /// The model object; it lives until the process ends.
    private static func build(_ model: LinearModel) -> UnsafeMutableRawPointer {
        var starts: [Int32] = [0]
        var rows: [Int32] = []
        var values: [Double] = []
        for column in model.entries {
            rows.append(contentsOf: column.map { Int32($0.row) })
            values.append(contentsOf: column.map(\.value))
            starts.append(Int32(rows.count))
        }
        /// COIN-OR's infinity is the largest Double.
        func coin(_ bound: Double) -> Double {
            bound.isFinite ? bound : bound < 0 ? -Double.greatestFiniteMagnitude : .greatestFiniteMagnitude
        }
        let problem = Cbc_newModel()!
        Cbc_loadProblem(
            problem, Int32(model.columns.count), Int32(model.rows.count), starts, rows, values,
            model.columns.map { coin($0.lower) }, model.columns.map { coin($0.upper) }, model.columns.map(\.cost),
            model.rows.map { coin($0.lower) }, model.rows.map { coin($0.upper) })
        for (j, column) in model.columns.enumerated() where column.isInteger { Cbc_setInteger(problem, Int32(j)) }
        Cbc_setObjSense(problem, 1)
        return problem
    }
}
