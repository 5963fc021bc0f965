/// Writes a program as PIP, the polynomial extension of LP that SCIP reads: products stand among the linear terms,
/// `+ 2 s n <= 4`.
///
/// Names as in `LPWriter`. Cost: linear in the program; the text is built in memory.
public enum PIPWriter {
    public static func text(_ program: Program) -> String { AlgebraicText.file(program, .inline) }

    /// The name of every variable in the file, in the order of the program.
    public static func variableNames(_ program: Program) -> [String] { AlgebraicText.variableNames(program) }
}
