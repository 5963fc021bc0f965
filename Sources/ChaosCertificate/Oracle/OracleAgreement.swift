import ChaosModel

extension OracleQuery.Answer {
    /// Whether this answer to `check` is the one that the checker's report on the same assignment calls for. The reports
    /// to compare with are those of `PlanChecker.check(_: ShardAssignment)`: what only a plan file can have wrong, such as
    /// the order of its runs, the oracle does not see.
    public func agrees(with report: PlanReport) -> Bool {
        switch (self, report.verdict) {
        case (.optimal, .optimal), (.feasible, .feasible): true
        case (.wrong(let reason), .wrong(let faults, _)): reason == OracleQuery.Reason(firstOf: faults)
        default: false
        }
    }
}

extension OracleQuery.Reason {
    /// The reason that the oracle gives for these faults of an assignment: the first that applies in its own order.
    init?(firstOf faults: [PlanFault]) {
        let reasons = faults.map { fault -> Self? in
            switch fault {
            case .sizeNotInChain: .sizeNotInChain
            case .totalNotK: .totalNotK
            case .limitPassed: .limitPassed
            // The oracle knows no range of times: there the claimed makespan is another one than the counts have.
            case .makespanNotExact, .beyondRange: .makespanNotExact
            default: nil
            }
        }
        guard let first = Self.allCases.first(where: reasons.contains) else { return nil }
        self = first
    }
}
