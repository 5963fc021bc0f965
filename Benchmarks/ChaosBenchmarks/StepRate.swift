import ChaosControl
import ChaosProtocol

/// Steps per second of a member while another node gets the state, against those before.
enum StepRate {
    static func beforeAndDuringJoin(
        of joiner: NodeID, in run: ScenarioRun, at member: NodeID
    ) -> (before: Double, during: Double) {
        var (asked, began, complete) = (Int?.none, Int?.none, Int?.none)
        for entry in run.journals[joiner] ?? [] {
            switch entry.event {
            case .joining: asked = asked ?? entry.time
            case .receiving: began = began ?? entry.time
            case .completed: complete = complete ?? entry.time
            default: break
            }
        }
        let applied = (run.journals[member] ?? []).compactMap { entry -> Int? in
            if case .applied = entry.event { entry.time } else { nil }
        }
        guard let asked, let began, let complete, let first = applied.first else { return (.nan, .nan) }
        func rate(_ start: Int, _ end: Int) -> Double {
            Double(applied.count { start < $0 && $0 <= end }) * 1e9 / Double(max(1, end - start))
        }
        return (rate(first, asked), rate(began, complete))
    }
}
