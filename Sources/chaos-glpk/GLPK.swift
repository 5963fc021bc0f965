// SPDX-License-Identifier: GPL-3.0-or-later
// This file is part of chaos-glpk, a program that links the GNU Linear Programming Kit and is therefore under the GNU
// General Public License, version 3 or later: see LICENSE and COPYING beside it. The rest of Chaos is not.

import CGLPK
import ChaosMILPWorker

/// One solve by the GNU Linear Programming Kit.
///
/// GLPK's error hook ends the process, which does no harm: the process is this solve and nothing else, and its parent
/// reports an abort as a crash.
@main enum GLPK: MILPWorkerProgram {
    static let backEnd = MILPBackEnd.glpk
    static var version: String { String(cString: glp_version()) }

    /// How far an integer variable may be from a whole number. Not tighter: the tolerances of the linear programs inside
    /// the search are GLPK's own, 1e-7 or so, cannot be set, and leave values that are whole to no more than that. So an
    /// answer can be worse than optimal by about as much.
    private static let integerTolerance = 1e-7
    /// Below it two objectives are one.
    private static let objectiveTolerance = 1e-9
    /// Smaller coefficients are left out, as GLPK does when it reads a model from a file by itself: its presolver divides
    /// by them and then finds feasible models infeasible, 3 of 98 with figures of all magnitudes.
    private static let leastCoefficient = 1e-12

    static func solve(_ model: LinearModel, timeLimit: Double?) -> MILPWorkerAnswer {
        let problem = build(model)
        var options = glp_iocp()
        glp_init_iocp(&options)
        options.msg_lev = GLP_MSG_ERR
        options.presolve = GLP_ON
        options.tol_int = integerTolerance
        options.tol_obj = objectiveTolerance
        options.mip_gap = 0
        if let timeLimit { options.tm_lim = Int32(min(timeLimit * 1000, Double(Int32.max)).rounded(.up)) }
        // The bound of the search can only be read while it runs.
        let progress = UnsafeMutablePointer<SearchProgress>.allocate(capacity: 1)
        progress.initialize(to: SearchProgress())
        options.cb_info = UnsafeMutableRawPointer(progress)
        options.cb_func = { tree, info in
            info!.assumingMemoryBound(to: SearchProgress.self).pointee.look(at: tree)
        }
        let start = ContinuousClock.now
        let code = glp_intopt(problem, &options)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let bound = progress.pointee.bound

        func answer(_ status: MILPWorkerAnswer.Status, bound: Double?) -> MILPWorkerAnswer {
            MILPWorkerAnswer(
                status, solver: name, objective: glp_mip_obj_val(problem), bound: bound, seconds: seconds,
                values: model.integerValues { glp_mip_col_val(problem, Int32($0 + 1)) })
        }
        func failure(_ what: String) -> MILPWorkerAnswer {
            MILPWorkerAnswer(.error, solver: name, seconds: seconds, message: what)
        }
        switch (code, glp_mip_status(problem)) {
        case (0, GLP_OPT): return answer(.optimal, bound: glp_mip_obj_val(problem))
        case (0, GLP_NOFEAS), (GLP_ENOPFS, _): return MILPWorkerAnswer(.infeasible, solver: name, seconds: seconds)
        case (GLP_ETMLIM, GLP_FEAS): return answer(.feasible, bound: bound)
        case (GLP_ETMLIM, _): return MILPWorkerAnswer(.timeLimit, solver: name, bound: bound, seconds: seconds)
        case (GLP_EBOUND, _): return failure("glp_intopt: GLP_EBOUND, a bound is not valid")
        case (GLP_ENODFS, _): return failure("glp_intopt: GLP_ENODFS, the relaxation is unbounded")
        case (GLP_EFAIL, _): return failure("glp_intopt: GLP_EFAIL, numerical trouble")
        case (let code, let status): return failure("glp_intopt: code \(code), status \(status)")
        }
    }

    /// The problem object; it lives until the process ends. Rows and columns count from 1, element 0 is not used.
    private static func build(_ model: LinearModel) -> OpaquePointer {
        let problem = glp_create_prob()!
        glp_set_obj_dir(problem, GLP_MIN)
        if !model.rows.isEmpty { glp_add_rows(problem, Int32(model.rows.count)) }
        if !model.columns.isEmpty { glp_add_cols(problem, Int32(model.columns.count)) }
        for (i, row) in model.rows.enumerated() {
            glp_set_row_bnds(problem, Int32(i + 1), kind(row.lower, row.upper), row.lower, row.upper)
        }
        for (j, column) in model.columns.enumerated() {
            let place = Int32(j + 1)
            glp_set_col_kind(problem, place, column.isInteger ? GLP_IV : GLP_CV)
            glp_set_col_bnds(problem, place, kind(column.lower, column.upper), column.lower, column.upper)
            glp_set_obj_coef(problem, place, column.cost)
            let entries = model.entries[j].filter { abs($0.value) >= leastCoefficient }
            let rows = [0] + entries.map { Int32($0.row + 1) }
            let values = [0] + entries.map(\.value)
            glp_set_mat_col(problem, place, Int32(rows.count - 1), rows, values)
        }
        return problem
    }

    private static func kind(_ lower: Double, _ upper: Double) -> Int32 {
        switch (lower.isFinite, upper.isFinite) {
        case (false, false): GLP_FR
        case (true, false): GLP_LO
        case (false, true): GLP_UP
        case (true, true): lower == upper ? GLP_FX : GLP_DB
        }
    }
}

/// What is seen of a search while it runs.
private struct SearchProgress {
    /// The bound of the best open node.
    private(set) var bound: Double?
    private var lastLook = ContinuousClock.now

    /// A look costs the number of open nodes: so not at every node.
    mutating func look(at tree: OpaquePointer?) {
        let now = ContinuousClock.now
        guard bound == nil || now - lastLook > .milliseconds(50) else { return }
        lastLook = now
        let node = glp_ios_best_node(tree)
        if node != 0 { bound = glp_ios_node_bound(tree, node) }
    }
}
