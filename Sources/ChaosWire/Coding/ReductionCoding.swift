import ChaosProtocol

extension ProtoReduction {
    init(_ message: ReductionMessage) {
        switch message {
        case .ready(let view, let applied, let contributions):
            ready = .with {
                ($0.view, $0.applied) = (UInt64(sent: view), UInt64(sent: applied))
                $0.contributions = contributions.map(ProtoContribution.init)
            }
        case .readyFor(let view, let digest, let applied, let contributions):
            readyFor = .with {
                ($0.view, $0.digest, $0.applied) = (UInt64(sent: view), digest, UInt64(sent: applied))
                $0.contributions = contributions.map(ProtoContribution.init)
            }
        case .begin(let view, let step, let contributions):
            begin = .with {
                ($0.view, $0.step) = (UInt64(sent: view), UInt64(sent: step))
                $0.contributions = contributions.map(ProtoContribution.init)
            }
        case .partial(let view, let step, let chunk, let times):
            partial = .with {
                ($0.view, $0.step, $0.chunk) = (UInt64(sent: view), UInt64(sent: step), UInt64(sent: chunk))
                $0.leastComputeTime = UInt64(sent: times.least)
                $0.greatestComputeTime = UInt64(sent: times.greatest)
            }
        case .total(let view, let step, let chunk, let samples):
            total = .with {
                ($0.view, $0.step, $0.chunk) = (UInt64(sent: view), UInt64(sent: step), UInt64(sent: chunk))
                $0.samples = UInt64(sent: samples)
            }
        case .missing(let view, let step, let missing):
            self.missing = .with {
                ($0.view, $0.step) = (UInt64(sent: view), UInt64(sent: step))
                switch missing {
                case .partial(let chunks): $0.partial.chunks = chunks.map(UInt64.init(sent:))
                case .total(let chunks): $0.total.chunks = chunks.map(UInt64.init(sent:))
                }
            }
        case .gone(let view, let step):
            gone = .with { ($0.view, $0.before) = (UInt64(sent: view), UInt64(sent: step)) }
        }
    }

    func message() throws(WireFault) -> ReductionMessage {
        switch kind {
        case .readyFor(let ready):
            return try within("ready_for") { () throws(WireFault) in
                .readyFor(
                    view: try ready.view.number("view", WireRange.number), digest: ready.digest,
                    applied: try ready.applied.number("applied", WireRange.numberOrNone),
                    try ready.contributions.list())
            }
        case .ready(let ready):
            return try within("ready") { () throws(WireFault) in
                .ready(
                    view: try ready.view.number("view", WireRange.number),
                    applied: try ready.applied.number("applied", WireRange.numberOrNone),
                    try ready.contributions.list())
            }
        case .begin(let begin):
            return try within("begin") { () throws(WireFault) in
                .begin(
                    view: try begin.view.number("view", WireRange.number),
                    step: try begin.step.number("step", WireRange.numberOrNone), try begin.contributions.list())
            }
        case .partial(let partial): return try within("partial", partial.message)
        case .total(let total):
            return try within("total") { () throws(WireFault) in
                .total(
                    view: try total.view.number("view", WireRange.number),
                    step: try total.step.number("step", WireRange.numberOrNone),
                    chunk: try total.chunk.number("chunk", WireRange.numberOrNone),
                    samples: try total.samples.number("samples", WireRange.quantity))
            }
        case .missing(let missing): return try within("missing", missing.message)
        case .gone(let gone):
            return try within("gone") { () throws(WireFault) in
                .gone(
                    view: try gone.view.number("view", WireRange.number),
                    before: try gone.before.number("before", WireRange.numberOrNone))
            }
        case nil: throw WireFault("kind", .missing)
        }
    }
}

extension ProtoContribution {
    init(_ contribution: Contribution) {
        node = contribution.node.rawValue
        bounds = contribution.positions.bounds.map(UInt64.init(sent:))
    }

    func contribution() throws(WireFault) -> Contribution {
        try checkCount(bounds.count, "bounds", in: 2...2 * MessageLimits.positionRanges)
        try bounds.checkAscending("bounds")
        guard let positions = RangeSet(bounds: try bounds.numbers("bounds", WireRange.quantity)) else {
            throw WireFault("bounds", .count(bounds.count, allowed: 2...2 * MessageLimits.positionRanges))
        }
        return Contribution(NodeID(node), positions)
    }
}

extension [ProtoContribution] {
    func list() throws(WireFault) -> [Contribution] {
        try checkCount(count, "contributions", in: 0...MessageLimits.nodes)
        var list: [Contribution] = []
        for (i, contribution) in enumerated() {
            list.append(try within("contributions[\(i)]", contribution.contribution))
        }
        try list.map(\.node).checkAscending("contributions")
        return list
    }
}

extension ProtoPartial {
    func message() throws(WireFault) -> ReductionMessage {
        .partial(
            view: try view.number("view", WireRange.number), step: try step.number("step", WireRange.numberOrNone),
            chunk: try chunk.number("chunk", WireRange.numberOrNone),
            ComputeTimes(
                least: try leastComputeTime.number("least_compute_time", WireRange.numberOrNone),
                greatest: try greatestComputeTime.number("greatest_compute_time", WireRange.numberOrNone)))
    }
}

extension ProtoMissing {
    func message() throws(WireFault) -> ReductionMessage {
        let view = try view.number("view", WireRange.number)
        let step = try step.number("step", WireRange.numberOrNone)
        switch chunks {
        case .partial(let chunks): return .missing(view: view, step: step, .partial(try within("partial", chunks.list)))
        case .total(let chunks): return .missing(view: view, step: step, .total(try within("total", chunks.list)))
        case nil: throw WireFault("chunks", .missing)
        }
    }
}

extension ProtoChunks {
    func list() throws(WireFault) -> [Int] {
        try checkCount(chunks.count, "chunks", in: 0...WireRange.mostEntries)
        try chunks.checkAscending("chunks")
        return try chunks.numbers("chunks", WireRange.numberOrNone)
    }
}
