import ChaosProtocol
import Testing

/// An operator's word that members are gone for good.
@Suite struct ProceedingTests {
    /// A member that has been halted by the loss of its only link.
    private static func halted(
        _ id: NodeID, of view: View, linked: NodeID, _ defect: PlantedDefect? = nil
    ) -> Negotiation {
        var node = Negotiation(node: id, founding: view, settings: NegotiationSettings(), defect: defect)
        _ = node.onStart(at: 0)
        _ = node.onLink(to: linked, isUp: true, at: 0)
        _ = node.onMessage(
            .reports([Report(node: linked, sequence: 1, neighbors: view.members.filter { $0 != linked }, wish: .stay)]),
            from: linked, at: 0)
        _ = node.onLink(to: linked, isUp: false, at: 1)
        // Until then the founding view is believed.
        _ = node.onWake(at: 1_000_000_000)
        return node
    }

    private static let pair = View(number: 7, members: [1, 2], links: [Link(1, 2)])

    @Test func theGreaterOfTwoGoesOn() throws {
        var node = Self.halted(2, of: Self.pair, linked: 1)
        #expect(node.isHalted)
        let actions = try node.onProceed(without: [1], at: 2_000_000_000)
        let view = try #require(node.view)
        #expect(actions.contains(.install(view)) && view.members == [2] && !node.isHalted)
        #expect(view.isFirstOfEpoch && View.count(ofEpoch: view.epoch) == 1 && view.number > Self.pair.number)
        #expect(view.description.hasPrefix("view 1.") && view.description.hasSuffix("/1: 2, no links"))
    }

    @Test func onlyWhatIsTrueIsTaken() {
        let three = View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3), Link(1, 3)])
        var node = Self.halted(3, of: three, linked: 1)
        let cases: [(Set<NodeID>, Negotiation.ProceedFault)] = [
            ([], .unnamed([1, 2])), ([1], .unnamed([2])), ([1, 2, 9], .unknown(9)), ([1, 2, 3], .reachable(3)),
        ]
        for (gone, fault) in cases {
            #expect(throws: fault) { try node.onProceed(without: gone, at: 2_000_000_000) }
        }
        var leaving = node
        _ = leaving.onLeave(at: 2_000_000_000)
        #expect(throws: Negotiation.ProceedFault.leaving) { try leaving.onProceed(without: [1, 2], at: 3_000_000_000) }
        var going = Negotiation(node: 1, founding: Self.pair)
        _ = going.onStart(at: 0)
        #expect(throws: Negotiation.ProceedFault.notHalted) { try going.onProceed(without: [2], at: 1) }
        #expect(node.view == three)
        #expect(throws: Never.self) { try node.onProceed(without: [1, 2], at: 3_000_000_000) }
    }

    /// Epochs that two nodes begin at one time are two, and follow all views before them.
    @Test func epochsAreApart() throws {
        let four = View(number: 3, members: [1, 2, 3, 4], links: [Link(1, 2), Link(2, 3), Link(3, 4)])
        var epochs: Set<Int> = []
        for id in [2, 3, 4] as [NodeID] {
            var node = Self.halted(id, of: four, linked: 1)
            _ = try node.onProceed(without: Set(four.members.filter { $0 != id }), at: 2_000_000_000)
            epochs.insert(try #require(node.view).epoch)
        }
        #expect(epochs.count == 3 && epochs.allSatisfy { View.count(ofEpoch: $0) == 1 })
    }

    /// The bits of a number are used up some day, and that is said.
    @Test func epochsHaveAnEnd() throws {
        var view = Self.pair
        var count = 0
        while true {
            var node = Self.halted(2, of: view, linked: 1)
            do { _ = try node.onProceed(without: [1], at: 2_000_000_000) } catch {
                #expect(error == .tooOften)
                break
            }
            count += 1
            let next = try #require(node.view)
            #expect(next.fault == nil && View.count(ofEpoch: next.epoch) == count)
            view = View(number: next.number + 1, members: [1, 2], links: [Link(1, 2)])
        }
        #expect(count == View.mostEpochs)
    }

    private static func epoch(begunBy node: NodeID, after view: View, members: [NodeID]) throws -> View {
        var other = halted(node, of: view, linked: view.members.first { $0 != node }!)
        _ = try other.onProceed(without: Set(view.members.filter { $0 != node }), at: 2_000_000_000)
        return View(number: try #require(other.view).number, members: members, links: [])
    }

    /// Who goes on stays where he is; who is halted follows; and a member is only who comes from the same view.
    @Test func whoFollows() throws {
        let four = View(number: 3, members: [1, 2, 3, 4], links: [Link(1, 2), Link(2, 3), Link(3, 4)])
        let later = try Self.epoch(begunBy: 4, after: four, members: [4])
        var going = Negotiation(node: 1, founding: View(number: 3, members: [1], links: []))
        _ = going.onStart(at: 0)
        _ = going.onLink(to: 4, isUp: true, at: 0)
        #expect(going.onMessage(.decided(later), from: 4, at: 1) == [.otherEpoch(later)])
        // Said once.
        #expect(going.onMessage(.decided(later), from: 4, at: 2_000_000_000) == [] && going.view?.number == 3)

        var halted = Self.halted(3, of: four, linked: 2)
        _ = halted.onLink(to: 4, isUp: true, at: 2_000_000_000)
        #expect(halted.onMessage(.decided(later), from: 4, at: 3_000_000_000).contains(.install(later)))
        #expect(halted.role == .outside)

        for (view, follows) in [(four, true), (View(number: 4, members: four.members, links: four.links), false)] {
            var member = Self.halted(3, of: view, linked: 2)
            _ = member.onLink(to: 4, isUp: true, at: 2_000_000_000)
            let both = View(number: later.number, members: [3, 4], links: [Link(3, 4)])
            #expect(member.onMessage(.decided(both), from: 4, at: 3_000_000_000).contains(.install(both)) == follows)
            // What is looked for here is there where it is planted.
            var wrong = Self.halted(3, of: view, linked: 2, .epochMemberUnchecked)
            _ = wrong.onLink(to: 4, isUp: true, at: 2_000_000_000)
            #expect(wrong.onMessage(.decided(both), from: 4, at: 3_000_000_000).contains(.install(both)))
        }
    }
}
