"""Solves program files with SCIP (.lp, .nl, .pip, .mps) or HiGHS (.lp, .mps), for the tests that hold solvers and files
against each other.

Arguments: scip or highs, a time limit in seconds for each file, 0 to read it only, then the files. Answers one JSON object a line, in order:
the file, the solver's status, the names of columns and rows as it read them, and where there is a solution its objective
and the values of the variables by name. Numbers are texts that read back as the very Double. Both run single-threaded
with their default seeds, so a run can be repeated.
"""

import json
import sys


def solve_with_scip(path: str, limit: float) -> dict:
    from pyscipopt import Model

    model = Model()
    model.hideOutput()
    model.readProblem(path)
    answer = {
        "file": path,
        "columns": [variable.name for variable in model.getVars()],
        "rows": [constraint.name for constraint in model.getConss()],
        "status": "read",
    }
    if limit == 0:
        return answer
    model.setParam("limits/time", limit)
    model.setParam("limits/gap", 0.0)
    # Tighter than the default 1e-6: a shard more or less in 10^6 must not go unnoticed.
    model.setParam("numerics/feastol", 1e-9)
    try:
        model.optimize()
    except Exception as error:  # as in its LP solver, of a file that it has read
        return answer | {"status": "failed", "reason": str(error)}
    answer["status"] = model.getStatus()
    if model.getNSols() > 0:
        answer["objective"] = repr(float(model.getObjVal()))
        solution = model.getBestSol()
        answer["values"] = {v.name: repr(float(model.getSolVal(solution, v))) for v in model.getVars()}
    return answer


def solve_with_highs(path: str, limit: float) -> dict:
    import highspy

    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", limit)
    highs.setOptionValue("mip_rel_gap", 0.0)
    # It refuses coefficients from 10^15 on unless told otherwise.
    highs.setOptionValue("large_matrix_value", 1e30)
    status = highs.readModel(path)
    if status == highspy.HighsStatus.kError:
        return {"file": path, "status": "refused", "reason": "HiGHS cannot read it"}
    lp = highs.getLp()
    answer = {"file": path, "columns": list(lp.col_names_), "rows": list(lp.row_names_), "status": "read"}
    if status != highspy.HighsStatus.kOk:
        return answer | {"status": "read with a warning"}
    if limit == 0:
        return answer
    highs.run()
    answer["status"] = highs.modelStatusToString(highs.getModelStatus()).lower()
    if answer["status"] == "optimal":
        answer["objective"] = repr(float(highs.getObjectiveValue()))
        values = highs.getSolution().col_value
        answer["values"] = {name: repr(float(value)) for name, value in zip(lp.col_names_, values)}
    return answer


def main() -> None:
    solve = {"scip": solve_with_scip, "highs": solve_with_highs}[sys.argv[1]]
    limit = float(sys.argv[2])
    for path in sys.argv[3:]:
        try:
            answer = solve(path, limit)
        except Exception as error:  # a file that the solver refuses is an answer too
            answer = {"file": path, "status": "refused", "reason": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
