/// How the root finds out that the samples are badly divided.
extension Reduction {
    struct Balance: Sendable {
        /// How many steps running the slowest computed too long.
        var unevenSteps = 0
        var hasTold = false
        /// As measured now; the view has those of its making.
        var rates: [NodeID: Int] = [:]
        /// For a planted defect: the step that the last view broke off.
        var leftover: Step?
    }

    /// After a step. Only the root knows the times of all.
    mutating func considerBalance(_ now: Int) {
        guard parent == nil, let step, let times = step.times, !balance.hasTold else { return }
        let imbalance = Int128(times.greatest - times.least) * 1000
        let isUneven = imbalance > Int128(settings.imbalance) * Int128(now - step.startedAt)
        balance.unevenSteps = isUneven ? balance.unevenSteps + 1 : 0
        guard balance.unevenSteps >= settings.unevenSteps, let view else { return }
        let weights = view.members.map { balance.rates[$0] ?? 0 }
        let present = Shares(view, batch: settings.batch)
        guard Shares.promise(weights, insteadOf: present, batch: settings.batch, part: settings.imbalance) else {
            return
        }
        balance.hasTold = true
        actions.append(.uneven)
    }
}
