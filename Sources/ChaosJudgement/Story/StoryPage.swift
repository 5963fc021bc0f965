import ChaosModel
import ChaosPage
import ChaosProtocol

extension PageEvent.Event {
    /// A joiner has a plan; nil: for an instance whose neighbours are no nodes.
    init?(_ joiner: NodeID, _ instance: Instance, _ plan: Plan) {
        var sources: [PageEvent.Source] = []
        for run in plan.assignments {
            guard let id = UInt64(run.neighbor) else { return nil }
            let end = min((run.first + run.count) * plan.shardSize, instance.state.bytes)
            sources.append(
                .init(node: NodeID(id), bytes: end - run.first * plan.shardSize, finish: run.finish.roundedUp))
        }
        self = .planned(
            joiner, state: instance.state.bytes, shardSize: plan.shardSize, makespan: plan.makespan.roundedUp, sources)
    }
}

extension Story.Activity {
    var ofPage: PageEvent.Phase {
        switch self {
        case .outside: .outside
        case .learning: .learning
        case .waiting: .waiting
        case .training: .training
        case .halted: .halted
        }
    }
}
