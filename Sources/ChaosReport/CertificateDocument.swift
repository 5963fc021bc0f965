import ChaosCertificate
import ChaosDocuments
import ChaosModel

/// The JSON line that says which certificates were written, version 1.
public struct CertificationDocument {
    /// The value of the key `format`.
    public static let format = "chaos-certification"

    private let instance: String
    private let plan: String?
    private let assignment: ShardAssignment?
    private let coversChain: Bool
    private var files: [(path: String, bytes: Int, size: Int, isInfeasible: Bool, derivations: Int)] = []

    /// - Parameters:
    ///   - instance: the file of the instance.
    ///   - plan: that of the plan; nil: the optimal one was computed.
    ///   - assignment: what is certified; nil: that there is none.
    ///   - coversChain: whether there is a certificate for each size, so that together they speak of all of them.
    public init(instance: String, plan: String?, assignment: ShardAssignment?, coversChain: Bool) {
        self.instance = instance
        self.plan = plan
        self.assignment = assignment
        self.coversChain = coversChain
    }

    /// Adds a certificate that was written.
    /// - Parameters:
    ///   - certificate: for one shard size.
    ///   - path: its file.
    ///   - bytes: the length of that.
    public mutating func add(_ certificate: SizeCertificate, in path: String, bytes: Int) {
        files.append((path, bytes, certificate.shardSize, certificate.isInfeasible, certificate.derivations))
    }

    /// One line with its line break.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("instance", instance)
            json.field("plan", plan)
            json.field("status", status)
            json.field("shard_size", assignment?.shardSize)
            json.field("makespan_ns", assignment?.makespan.description)
            try json.objects("certificates", files) { json, file in
                json.field("file", file.path)
                json.field("bytes", file.bytes)
                json.field("shard_size", file.size)
                json.field("proves", file.isInfeasible ? "infeasible" : "bound")
                json.field("derivations", file.derivations)
            }
        }
    }

    private var status: String {
        guard assignment != nil else { return "infeasible" }
        return coversChain ? "optimal" : "optimal-at-size"
    }
}

/// The JSON line of a certificate that was checked, version 1.
public struct CertificateCheckDocument {
    /// The value of the key `format`.
    public static let format = "chaos-certificate-check"

    private let file: String
    private let result: Result<VIPRChecker.Proved, VIPRFailure>

    /// - Parameters:
    ///   - file: the certificate.
    ///   - result: what it proves, or why it is refused.
    public init(file: String, _ result: Result<VIPRChecker.Proved, VIPRFailure>) {
        self.file = file
        self.result = result
    }

    /// One line with its line break.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("file", file)
            switch result {
            case .failure(let failure):
                json.field("status", "refused")
                try json.objects("reasons", [failure]) { json, failure in
                    json.field("line", failure.line)
                    json.field("reason", failure.reason)
                }
            case .success(let proved):
                json.field("status", "valid")
                switch proved.claim {
                case .infeasible: json.field("claim", "infeasible")
                case .range(let low, let high):
                    json.field("claim", "range")
                    json.field("least", low?.description)
                    json.field("greatest", high?.description)
                }
                json.field("best_objective", proved.bestObjective?.description)
                json.field("variables", proved.variables)
                json.field("constraints", proved.constraints)
                json.field("solutions", proved.solutions)
                json.field("derivations", proved.derivations)
            }
        }
    }
}
