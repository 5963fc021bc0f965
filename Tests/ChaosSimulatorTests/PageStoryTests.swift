import ChaosJudgement
import ChaosPage
import ChaosProtocol
import ChaosScenario
import ChaosTesting
import Testing

@testable import ChaosSimulator

/// What a page is told of a simulated cluster, beside the story that is told of it.
struct PageStoryTests {
    @Test(arguments: ["join", "neighbor-dies", "halves", "lying-neighbor"]) func tells(_ name: String) throws {
        let scenario = try Scenario(contentsOf: PackageRoot.url("Instances/scenarios/\(name).yaml").path)
        let recorder = PageRecorder()
        let story = Story.of(scenario, show: { recorder.note($0) })
        let events = recorder.events
        #expect(events.map(\.time) == events.map(\.time).sorted())
        var came: [NodeID: Int] = [:]
        var (views, wholes, first): ([Int], [NodeID: Int], [NodeID: Int]) = ([], [:], [:])
        var phases: [NodeID: PageEvent.Phase] = [:]
        for entry in events {
            switch entry.event {
            case .view(let view, _): views.append(view.number)
            case .pulling(let node, _): came[node] = 0
            case .came(let node, _, let bytes): came[node, default: 0] += bytes
            case .whole(let node, _): wholes[node] = entry.time
            case .contributed(let node): first[node] = entry.time
            case .phase(let node, let phase): phases[node] = phase
            default: break
            }
        }
        #expect(views == story.changes.map(\.view.number))
        for join in story.joins where join.complete != nil {
            #expect(wholes[join.node] == join.complete)
            #expect(first[join.node] == join.contributed)
            // Shards that are pulled twice come twice.
            #expect(came[join.node] ?? 0 >= scenario.training.stateBytes)
        }
        let last = try #require(story.changes.last?.view)
        for member in last.members { #expect([.training, .waiting, .halted].contains(phases[member])) }
        let idle = events.compactMap { if case .idle(let node, let time) = $0.event { (node, time) } else { nil } }
        #expect(idle.map { $0.0 } == story.accounts.map(\.node))
        #expect(idle.map { $0.1 } == story.accounts.map(\.idle))
    }
}
