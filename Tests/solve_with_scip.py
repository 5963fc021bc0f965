"""Solves program files (.lp, .nl, .pip, .mps) with SCIP, for the tests that hold the solvers against it.

Arguments: a time limit in seconds for each file, then the files. Answers one JSON object a line, in order: the file,
SCIP's status, and where there is a solution its objective and the values of the variables by name. Numbers are texts
that read back as the very Double. SCIP runs single-threaded with its default seed, so a run can be repeated.
"""

import json
import sys

from pyscipopt import Model


def solve(path: str, limit: float) -> dict:
    model = Model()
    model.hideOutput()
    model.readProblem(path)
    model.setParam("limits/time", limit)
    model.setParam("limits/gap", 0.0)
    # Tighter than the default 1e-6: a shard more or less in 10^6 must not go unnoticed.
    model.setParam("numerics/feastol", 1e-9)
    model.optimize()
    answer = {"file": path, "status": model.getStatus(), "seconds": round(model.getSolvingTime(), 2)}
    if model.getNSols() > 0:
        answer["objective"] = repr(float(model.getObjVal()))
        answer["bound"] = repr(float(model.getDualbound()))
        solution = model.getBestSol()
        answer["values"] = {v.name: repr(float(model.getSolVal(solution, v))) for v in model.getVars()}
    return answer


def main() -> None:
    limit = float(sys.argv[1])
    for path in sys.argv[2:]:
        try:
            answer = solve(path, limit)
        except Exception as error:  # a file that SCIP refuses is an answer too
            answer = {"file": path, "status": "refused", "reason": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
