import ChaosProtocol
import Testing

@Suite struct ClusterNodeTests {
    private static let settings = NodeSettings(
        stateBytes: 100, reduction: ReductionSettings(samples: 100, batch: 10, chunks: 1))

    /// Founders that go on from a state that was kept begin with the step after it.
    @Test(arguments: [0, 7]) func foundersBeginWithTheirState(applied: Int) {
        var node = ClusterNode(
            id: 1, founding: View(number: 1, members: [1]), applied: applied, settings: Self.settings)
        let actions = node.onStart(at: 5)
        #expect(actions.contains(.engine(.begun(view: 1, step: applied))))
        #expect(
            actions.contains(.engine(.compute(view: 1, step: applied, positions: RangeSet(0..<10), isAdded: false))))
    }

    /// A node that joins has no state, whatever it is told.
    @Test func joinersHaveNone() {
        var node = ClusterNode(id: 1, founding: nil, applied: 7, settings: Self.settings)
        #expect(node.onStart(at: 5).allSatisfy { if case .engine(.begun) = $0 { false } else { true } })
        #expect(node.reduction.applied == nil)
    }
}
