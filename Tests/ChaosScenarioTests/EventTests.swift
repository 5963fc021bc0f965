import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosSimulator
import ChaosTesting
import Synchronization
import Testing

@testable import ChaosScenario

/// Every kind of event, by its example in the documentation, everywhere where events mean something. What real nodes do
/// is tested in `LabOrderTests`.
@Suite struct EventTests {
    typealias Event = Scenario.Event

    static func kind(of example: EventExample) throws -> Event.Kind {
        try #require(Event.Kind(rawValue: example.kind), "no event: \(example.kind)")
    }

    static func event(of example: EventExample, in scenario: Scenario) throws -> Event {
        let kind = try kind(of: example)
        return try #require(scenario.steps.compactMap(\.event).first { $0.kind == kind })
    }

    @Test func theDocumentationHasAnExampleOfEachKind() {
        #expect(EventExample.all.map(\.kind).sorted() == Event.Kind.allCases.map(\.rawValue).sorted())
        #expect(EventExample.all.allSatisfy { $0.meaning.count > 10 })
    }

    @Test(arguments: EventExample.all) func theExampleIsReadAndWritten(_ example: EventExample) throws {
        let scenario = try Scenario(yaml: example.scenario)
        let event = try Self.event(of: example, in: scenario)
        #expect(event.kind == (try Self.kind(of: example)))
        #expect(event.description.contains(example.kind))
        #expect(scenario.description.contains("ms: \(event)\n"))
        // What is said of nodes names them.
        for node in scenario.nodes where event.without(node) != event {
            #expect(event.description.contains("\(node)"))
        }
        // Everything beside it that is needed is in the example.
        for detail in event.kind.details { #expect(example.yaml.contains(" \(detail.rawValue): ")) }
    }

    /// What nodes do with the event and what they do without it.
    @Test(arguments: EventExample.all) func itMakesADifferenceInTheSimulator(_ example: EventExample) throws {
        let scenario = try Scenario(yaml: example.scenario)
        let event = try Self.event(of: example, in: scenario)
        let place = try #require(scenario.steps.firstIndex { $0.event == event })
        var without = scenario
        without.steps[place] = .wait(scenario.steps[place].delay)
        let runs = [scenario, without].map { scenario in
            let seen = Mutex((events: [Event](), actions: [String]()))
            var simulation = Simulation(scenario) { time, happening in
                seen.withLock {
                    switch happening {
                    case .event(let event): $0.events.append(event)
                    case .wait, .calm: break
                    case .action, .delivered: $0.actions.append("\(time) \(happening)")
                    }
                }
            }
            #expect(simulation.run().violation == nil)
            return seen.withLock { $0 }
        }
        #expect(runs[0].events == scenario.steps.compactMap(\.event))
        #expect(runs[1].events == without.steps.compactMap(\.event))
        #expect(runs[1].actions.count > 1000)
        #expect(runs[0].actions != runs[1].actions, "\(event) changes nothing")
    }

    @Test(arguments: EventExample.all) func itCanBeShrunkTo(_ example: EventExample) throws {
        let scenario = try Scenario(yaml: example.scenario)
        let event = try Self.event(of: example, in: scenario)
        #expect(event.without(99) == event)
        for node in scenario.nodes {
            guard let rest = event.without(node) else { continue }
            #expect(rest.kind == event.kind && rest.without(node) == rest)
        }
        let shortest = scenario.shrunk { $0.steps.contains { $0.event?.kind == event.kind } }
        #expect(shortest.steps.count == 1 && shortest.steps[0].event?.kind == event.kind)
        #expect(shortest.steps[0].delay == 0 && shortest.founders.count <= 3)
    }

    /// Whatever stands in an event, it is a step of the scenario or a fault.
    @Test func noEventIsDropped() throws {
        let values = [
            "1", "5", "0", "-3", "x", "true", "false", "null", "[]", "[1, 2]", "[1, 1]", "[1]", "{}", "2 s",
            "7 lightyears",
            "[{to: 2}]", "[{}]",
        ]
        var random = SeededRandom(seed: 4)
        var accepted: [Event.Kind: Int] = [:]
        for _ in 0..<12_000 {
            var pairs = ["at: \(random.once(in: 20) ? random.element(of: values) : "1 s")"]
            let kind = random.element(of: Event.Kind.allCases)
            var keys = [kind.rawValue] + kind.details.map(\.rawValue)
            if random.once(in: 4) { keys.append(random.element(of: EventField.allCases).rawValue) }
            if random.once(in: 8) { keys.remove(at: random.int(0...keys.count - 1)) }
            for key in keys { pairs.append("\(key): \(random.element(of: values))") }
            let text = ScenarioReadingTests.events(pairs.joined(separator: ", "))
            do {
                let scenario = try ScenarioReadingTests.read(text)
                #expect(scenario.steps.count == 2 && scenario.steps.last == .calm(after: 0), "\(text)")
                let event = try #require(scenario.steps.first?.event, "\(text)")
                accepted[event.kind, default: 0] += 1
            } catch let error as InvalidInput {
                #expect(error.count > 0)
            }
        }
        #expect(accepted.count == Event.Kind.allCases.count, "\(accepted)")
    }
}
