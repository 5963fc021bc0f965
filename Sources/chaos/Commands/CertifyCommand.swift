import ArgumentParser
import ChaosCertificate
import ChaosDocuments
import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosText

/// Certificates for third parties, and their check.
struct CertifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certify",
        abstract: "Write a certificate of optimality in the VIPR format, or check one.",
        discussion: """
            The certificate holds the MILP of the plan's shard size, the plan as its solution, and a proof in rational \
            arithmetic that no solution is better; its length does not depend on the number of shards. With --all-sizes \
            one certificate for each size of the chain proves the plan's makespan to be the optimum over all of them. \
            Any VIPR 1.0 checker reads them; --check is ours, which knows nothing of this project's model and checks \
            certificates from anywhere, those of SCIP's exact mode among them: versions 1.0 and 1.1 with the reasons \
            asm, lin, rnd, uns and sol, each complete.

            EXAMPLES
              chaos certify instance.json --output plan.vipr
              chaos certify instance.json plan.json --all-sizes --output plan.vipr
              chaos certify --check plan.vipr
              chaos certify instance.json --output plan.vipr --format json

            Exit status: 0 written or valid, 3 infeasible, 5 invalid input, 6 the plan or the certificate is refused.
            """)

    @Argument(help: ArgumentHelp("The instance file; - is standard input.", valueName: "instance"))
    var instance: String?

    @Argument(help: ArgumentHelp("A plan of the instance; none: the optimal one is computed.", valueName: "plan"))
    var plan: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file to write; - or none is standard output. With --all-sizes NAME.vipr becomes NAME-SIZE.vipr for each size.",
            valueName: "file"))
    var output: String?

    @Flag(help: "One certificate for each size of the chain.")
    var allSizes = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Check these certificates instead of writing one; - is standard input.", valueName: "file"))
    var check: [String] = []

    @Option(help: "text for people; json for programs: a line that names what was written, or one for each check.")
    var format: OutputFormat = .text

    func validate() throws {
        if check.isEmpty, instance == nil { throw ValidationError("Missing expected argument '<instance>'.") }
        if !check.isEmpty, instance != nil { throw ValidationError("--check takes certificates and no instance.") }
        if instance == DocumentIO.standardStream, plan == DocumentIO.standardStream {
            throw ValidationError("Standard input can be the instance or the plan, not both.")
        }
        if !check.isEmpty, output != nil || allSizes {
            throw ValidationError(
                "--check writes nothing: \(allSizes ? "--all-sizes" : "--output") has no place there.")
        }
        if check.isEmpty, format == .json, target == DocumentIO.standardStream {
            throw ValidationError(
                "The certificate and --format json would both write to standard output: --output NAME.vipr is needed.")
        }
        if check.count(where: { $0 == DocumentIO.standardStream }) > 1 {
            throw ValidationError("- is standard input, which can be read once; it is given several times.")
        }
        if allSizes, target == DocumentIO.standardStream {
            throw ValidationError("--all-sizes writes several files: --output NAME.vipr is needed.")
        }
    }

    /// Where the certificate goes.
    private var target: String { output ?? DocumentIO.standardStream }

    func run() throws {
        if !check.isEmpty {
            return try ExitStatus.worst(check.map(checkCertificate)).exit()
        }
        do {
            try write().exit()
        } catch let error where error is InvalidInput || error is FileError {
            Diagnostics.error(error)
            try ExitStatus.invalidInput.exit()
        } catch let refusal as SizeCertificate.Refusal {
            Diagnostics.error("\(DocumentIO.name(of: plan ?? instance ?? "")): \(refusal)")
            try ExitStatus.disagreement.exit()
        }
    }

    private func write() throws -> ExitStatus {
        let path = instance ?? ""
        let instance = try Instance(contentsOf: path)
        let assignment: ShardAssignment
        if let plan {
            let given = try Plan(contentsOf: plan)
            if case .wrong(let faults, _) = PlanChecker(instance).check(given).verdict {
                for fault in faults { Diagnostics.error("\(DocumentIO.name(of: plan)): \(fault)") }
                return .disagreement
            }
            assignment = given.assignment(of: instance)
        } else {
            let result = try ChainSearch().solve(instance)
            guard let best = result.best else {
                guard result.isInfeasible else {
                    Diagnostics.error(
                        "\(DocumentIO.name(of: path)): the least makespan is beyond 2^76 ns, to which times are computed"
                    )
                    return .invalidInput
                }
                return try writeInfeasibility(of: instance, path)
            }
            assignment = best
        }
        let sizes = allSizes ? instance.shardSizes.sizes : [assignment.shardSize]
        let document = CertificationDocument(
            instance: path, plan: plan, assignment: assignment,
            coversChain: instance.shardSizes.sizes.count == sizes.count)
        try write(sizes, in: document) { try SizeCertificate(of: assignment, atSize: $0, for: instance) }
        return .done
    }

    /// Every size is short of shards: certificates that say so.
    private func writeInfeasibility(of instance: Instance, _ path: String) throws -> ExitStatus {
        Diagnostics.error("\(DocumentIO.name(of: path)): infeasible; the certificate proves it: chaos solve says why")
        let sizes = allSizes ? instance.shardSizes.sizes : [instance.shardSizes.smallest]
        let document = CertificationDocument(instance: path, plan: plan, assignment: nil, coversChain: true)
        try write(sizes, in: document) { try SizeCertificate(size: $0, bound: .zero, for: instance) }
        return .infeasible
    }

    /// Makes the certificates one after another, for a large one takes memory, and says what was written.
    private func write(
        _ sizes: [Int], in document: CertificationDocument, _ certificate: (Int) throws -> SizeCertificate
    ) throws {
        var document = document
        for size in sizes {
            let path = allSizes ? file(for: size) : target
            let certificate = try certificate(size)
            document.add(certificate, in: path, bytes: try write(certificate, to: path))
            if path != DocumentIO.standardStream { Diagnostics.note("wrote \(path)") }
        }
        if format == .json { try Output.writeDocument(document.line()) }
    }

    /// Writes a certificate, on a terminal with a bar for what takes more than a second.
    /// - Returns: its length in bytes.
    private func write(_ certificate: SizeCertificate, to path: String) throws -> Int {
        let progress = ProgressBar(total: certificate.textLines)
        var (bytes, lines) = (0, 0)
        try withUnsafeMutablePointer(to: &bytes) { bytes in
            try withUnsafeMutablePointer(to: &lines) { lines in
                try DocumentIO.write(path) { sink in
                    try certificate.write { piece in
                        bytes.pointee += piece.count
                        lines.pointee += piece.count(where: { $0 == UInt8(ascii: "\n") })
                        try sink(piece)
                        progress.advance(to: lines.pointee)
                    }
                }
            }
        }
        progress.clear()
        return bytes
    }

    private func file(for size: Int) -> String {
        let suffix = ".vipr"
        return target.hasSuffix(suffix) ? "\(target.dropLast(suffix.count))-\(size)\(suffix)" : "\(target)-\(size)"
    }

    private func checkCertificate(_ path: String) -> ExitStatus {
        do {
            let document = try DocumentChunks(path)
            let proved: VIPRChecker.Proved
            do {
                proved = try VIPRChecker.check { try document.read(into: $0) }
            } catch let failure as VIPRFailure {
                Diagnostics.error("\(DocumentIO.name(of: path)): \(failure)")
                if format == .json {
                    try Output.writeDocument(CertificateCheckDocument(file: path, .failure(failure)).line())
                }
                return .disagreement
            }
            switch format {
            case .text:
                let title = DocumentIO.name(of: path)
                try Output.write(CertificateText.lines(proved, title: title, Terminal.style(of: .output)))
            case .json: try Output.writeDocument(CertificateCheckDocument(file: path, .success(proved)).line())
            }
            return .done
        } catch {
            Diagnostics.error(error)
            if format == .json { Output.writeFailure(CertificateCheckDocument.format, error, of: path) }
            return .invalidInput
        }
    }
}
