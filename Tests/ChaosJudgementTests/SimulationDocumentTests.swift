import ChaosJudgement
import ChaosProtocol
import ChaosTesting
import Testing

/// A run that broke a promise, for programs.
@Suite(.enabled(if: PackageRoot.python != nil)) struct SimulationDocumentTests {
    private static let id = NodeID(UInt64.max)

    @Test func theBrokenPromiseIsTold() throws {
        var (documents, traces): ([String], [String]) = ([], [])
        for invariant in Invariant.allCases {
            let violation = Violation(invariant: invariant, finding: "a \"b\"", time: 7)
            let teller = StoryTeller()
            teller.mark("x\ny", Self.id, at: 3)
            let accounts = [Story.Account(node: Self.id, steps: 1, idle: 2, sent: 3, received: 4)]
            var outcome = RunOutcome(violation: violation, views: 2, messages: 5, duration: 9)
            let told = teller.finish(accounts, outcome)
            outcome.violation = nil
            let bad = try SimulationDocument(file: "f", name: nil, story: told).line()
            let good = try SimulationDocument(file: "f", name: "n", story: StoryTeller().finish([], outcome)).line()
            #expect(bad.contains(#""sound":false,"violation":{"invariant":"\#(invariant.rawValue)","#))
            #expect(bad.contains(#"{"time_ns":3,"kind":"news","node":18446744073709551615,"text":"x\ny"}"#))
            #expect(good.contains(#""sound":true,"violation":null,"#))
            documents += [bad, good]
            traces += try [violation, nil].map { try TraceDocument([(3, "x")], $0).line() }
            #expect(traces[traces.count - 2].contains(#""finding":"a \"b\"","time_ns":7}"#))
        }
        #expect(try PythonTool.validate("simulation", documents: documents) == (.exited(0), []))
        #expect(try PythonTool.validate("trace", documents: traces) == (.exited(0), []))
    }
}
