/// Writes a program as CPLEX LP: a linear one as all MILP solvers read it, a bilinear one with its products in square
/// brackets, `+ [ 2 s * n ] <= 4`, which SCIP and Gurobi read.
///
/// Names: `n[aws:eu-west-1]` becomes `n_aws_eu_west_1`, unique in the file, at most 96 characters.
/// Cost: linear in the program; the text is built in memory.
public enum LPWriter {
    public static func text(_ program: Program) -> String { AlgebraicText.file(program, .inBrackets) }

    /// The name of every variable in the file, in the order of the program.
    public static func variableNames(_ program: Program) -> [String] { AlgebraicText.variableNames(program) }
}
