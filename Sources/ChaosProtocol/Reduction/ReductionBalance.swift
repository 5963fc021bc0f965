/// How the root finds out that the samples are badly divided.
///
/// A new view holds up a step, so it must be worth it: another division promises to be better, step for step, for a
/// time that measurements of single steps do not last. Where renewals follow each other nevertheless, as when the speeds
/// themselves go up and down, each has to wait twice as long as the one before it.
extension Reduction {
    struct Balance: Sendable {
        /// Steps running in which the slowest computed too long and another division promised to be better.
        struct Unevenness: Sendable {
            /// When the first of them began.
            let since: Int
            var steps: Int
        }

        static let mostRenewals = 6

        var uneven: Unevenness?
        var hasTold = false
        /// As measured now; the view has those of its making.
        var rates: [NodeID: Int] = [:]
        /// When the view was installed.
        var viewSince = 0
        /// How many of the last views renewed nothing but the division, each soon after the one before it.
        var renewals = 0

        /// For the view that follows another one.
        /// - Parameter isRenewal: whether both have the same nodes and links; nil: even the members are others.
        func next(isRenewal: Bool?, patience: Int, at now: Int) -> Balance {
            var next = Balance(rates: rates, viewSince: now, renewals: renewals)
            switch isRenewal {
            case nil: next.renewals = 0
            case false?: break
            case true?:
                // Four times as long as it had to wait: what was renewed then has held.
                let isSoon = now - viewSince < 4 * self.patience(patience)
                next.renewals = isSoon ? min(renewals + 1, Self.mostRenewals) : 1
            }
            return next
        }

        /// How long the division must be uneven.
        func patience(_ least: Int) -> Int { least << renewals }
    }

    /// After a step. Only the root knows the times of all.
    mutating func considerBalance(_ now: Int) {
        guard parent == nil, let step, let times = step.times, !balance.hasTold else { return }
        let imbalance = Int128(times.greatest - times.least) * 1000
        guard imbalance > Int128(settings.imbalance) * Int128(now - step.startedAt), anotherDivisionPromisesBetter
        else {
            balance.uneven = nil
            return
        }
        balance.uneven = .init(
            since: balance.uneven?.since ?? step.startedAt, steps: (balance.uneven?.steps ?? 0) + 1)
        guard let uneven = balance.uneven, uneven.steps >= settings.unevenSteps,
            defect == .divisionRenewedAtOnce || now - uneven.since >= balance.patience(settings.patience)
        else { return }
        balance.hasTold = true
        actions.append(.uneven)
    }

    private var anotherDivisionPromisesBetter: Bool {
        guard let view else { return false }
        let weights = view.members.map { balance.rates[$0] ?? 0 }
        let present = Shares(view, batch: settings.batch)
        return Shares.promise(weights, insteadOf: present, batch: settings.batch, part: settings.imbalance)
    }
}
