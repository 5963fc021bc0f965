import ArgumentParser
import ChaosDocuments
import ChaosFormulation
import ChaosModel
import ChaosSolver

/// The formal programs of an instance, for other solvers.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an instance as a mathematical program, for other solvers.",
        discussion: """
            The MINLP chooses shard size and assignment together and has bilinear rows, which LP, NL and PIP can hold; \
            the MILP has the size fixed and goes to free MPS as well. Coefficients are written exactly where 17 digits \
            suffice; the head of the file says how many are rounded. With --scaled all times are divided by the optimal \
            makespan, so that the optimum is 1, which floating-point solvers need.

            EXAMPLES
              chaos export instance.json --program minlp --to lp > instance.lp
              chaos export instance.json --program milp --size 65536 \\
                --to mps --scaled --output instance.mps
              chaos export instance.json --to lp --scaled --output milp.lp && \\
                glpsol --lp milp.lp

            Exit status: 0 done, 3 infeasible, 5 invalid input or no plan in the range of times.
            """)

    /// Which program.
    enum Kind: String, CaseIterable, ExpressibleByArgument { case minlp, milp }

    /// In which format.
    enum Format: String, CaseIterable, ExpressibleByArgument { case lp, nl, pip, mps }

    @Argument(help: ArgumentHelp("The instance file; - is standard input.", valueName: "instance"))
    var instance: String

    @Option(help: "minlp: size and assignment; milp: assignment at a fixed size.")
    var program: Kind = .milp

    @Option(help: "lp: CPLEX LP; nl: AMPL's text form; pip: SCIP's polynomial form; mps: free MPS, MILP only.")
    var to: Format = .lp

    @Option(
        help: ArgumentHelp("The MILP's shard size in bytes, of the chain; none: the optimal one.", valueName: "bytes"))
    var size: Int?

    @Flag(help: "Divide all times by the optimal makespan and bound the counts by it.")
    var scaled = false

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file to write; - is standard output. NL to a file NAME.nl writes the names to NAME.col and NAME.row.",
            valueName: "file"))
    var output = DocumentIO.standardStream

    func validate() throws {
        if program == .minlp, to == .mps {
            throw ValidationError("--program minlp --to mps: MPS holds no bilinear rows; allowed: lp, nl, pip.")
        }
        if program == .minlp, size != nil {
            throw ValidationError("--size fixes the size of a milp; the minlp chooses it.")
        }
    }

    func run() throws {
        do {
            try write()
        } catch let error where error is InvalidInput || error is FileError || error is UnwritableProgram {
            Diagnostics.error(error)
            try ExitStatus.invalidInput.exit()
        }
    }

    private func write() throws {
        let instance = try Instance(contentsOf: instance)
        let minlp = ShardAssignmentProgram(instance)
        switch program {
        case .minlp:
            guard scaled else { return try write(minlp.program) }
            let result = try ChainSearch().solve(instance)
            guard let best = result.best else { return try reportNoReference(result) }
            try write(ScaledReduction(minlp, reference: best.makespan).program)
        case .milp:
            let result = try ChainSearch().solve(
                instance, sizes: size.map { [try $0.checked(against: instance, self.instance)] })
            guard let shardSize = size ?? result.best?.shardSize else { return try reportNoReference(result) }
            let milp = FixedSizeReduction(minlp, shardSize: shardSize)
            guard scaled else { return try write(milp.program) }
            guard let best = result.best else { return try reportNoReference(result) }
            try write(ScaledReduction(milp, reference: best.makespan).program)
        }
    }

    private func reportNoReference(_ result: ChainSearch.Result) throws {
        Diagnostics.error(
            "\(DocumentIO.name(of: instance)): no plan to scale by or to take the size from: chaos solve says why")
        try ExitStatus(withoutPlan: result).exit()
    }

    private func write(_ program: Program) throws {
        switch to {
        case .lp: try DocumentIO.write(LPWriter.text(program), to: output)
        case .pip: try DocumentIO.write(PIPWriter.text(program), to: output)
        case .mps: try DocumentIO.write(MPSWriter.text(program), to: output)
        case .nl:
            let file = NLFile(program)
            try DocumentIO.write(file.text, to: output)
            guard output.hasSuffix(".nl") else { return }
            try DocumentIO.write(file.columns, to: output.dropLast(2) + "col")
            try DocumentIO.write(file.rows, to: output.dropLast(2) + "row")
        }
    }
}

extension Int {
    /// This shard size, if it is one of the instance's chain.
    func checked(against instance: Instance, _ file: String) throws -> Int {
        let sizes = instance.shardSizes.sizes
        if sizes.contains(self) { return self }
        throw InvalidInput(
            file: DocumentIO.name(of: file), "shard_sizes", "--size \(self), which is no size of the chain",
            allowed: sizes.map(String.init).joined(separator: ", "))
    }
}
