import ChaosProtocol
import Testing

@testable import ChaosJudgement

/// What a view is said to have been made for.
@Suite struct ViewDifferenceTests {
    private static let links = [Link(1, 2), Link(1, 3), Link(2, 3)]
    private static let learner = View.Learner(4, admitted: 2)
    private static let before = View(
        number: 2, members: [1, 2, 3], learners: [learner], links: links + [Link(3, 4)])

    @Test(
        arguments: [
            (View(number: 3, members: [1, 2, 3, 4], links: links + [Link(3, 4)]), [.scaleOut]),
            (View(number: 3, members: [1, 3], learners: [learner], links: [Link(1, 3), Link(3, 4)]), [.scaleIn]),
            (
                View(number: 3, members: [1, 2, 3], learners: [learner], links: links + [Link(2, 4), Link(3, 4)]),
                [.connectLink]
            ),
            (
                View(number: 3, members: [1, 2, 3], learners: [learner], links: [Link(1, 2), Link(2, 3), Link(3, 4)]),
                [.disconnectLink]
            ),
            (
                View(
                    number: 3, members: [1, 2, 3], learners: [learner, .init(5, admitted: 3)],
                    links: links + [Link(3, 4), Link(1, 5)]), [.admission]
            ),
            (View(number: 3, members: [1, 2, 3], links: links), [.dismissal]),
            (View(number: 3, members: [1, 2, 3], learners: [learner], links: links + [Link(3, 4)]), [.renewal]),
            (
                View(number: 3, members: [2, 3, 4], links: [Link(2, 3), Link(2, 4), Link(3, 4)]),
                [.scaleOut, .scaleIn, .connectLink]
            ),
        ] as [(View, [Story.Change.Event])]) func whatIsOtherwise(_ view: View, _ events: [Story.Change.Event])
    {
        #expect(view.events(after: Self.before) == events)
    }
}
