import ChaosScenario
import Testing

@testable import ChaosPolicies

/// What gradients and a transfer take from each other, by hand. Members compute for a second, and then send gradients of five
/// megabytes up and down for another one; a link carries ten megabytes a second.
struct SharingTests {
    static let second = 1_000_000_000

    static func play(_ policy: String, _ events: String = TimelineTests.join, state: Int = 10_000_000) throws
        -> PolicyRecord
    {
        let scenario = try TimelineTests.scenario(events, state: state, gradient: 5_000_000)
        return try TimelineSimulation.run(scenario, try #require(Policies.named(policy)))
    }

    /// From 0.5 s on, half of the state before gradients go and half beside them, in a second each at half the rate. Gradients
    /// then have half a second left of theirs: the step ends at 2.5 s, half a second late.
    @Test func bothGetHalfOfTheUplink() throws {
        let record = try Self.play("hivemind")
        #expect(record.joins[0].whole == 2 * Self.second)
        #expect(record.joins[0].contributed == 2_500_000_000 + 666_666_666)
        #expect(record.idle == 2 * Self.second / 2)
        // Of three members a step takes a second and two thirds.
        #expect(record.steps == 1 + 10)
    }

    /// Halted from 2 s on for a second, with nothing beside the transfer.
    @Test func nothingIsSharedWhileTrainingHalts() throws {
        let record = try Self.play("torchft")
        #expect(record.joins[0].whole == 3 * Self.second)
        #expect(record.idle == 2 * Self.second)
    }

    /// Thirty megabytes from each from 0.6 s on: four until gradients go, ten in the two seconds that these then take; the step
    /// ends at 3 s. The last sixteen of the second member come by 5.2 s. The first one sends the update first, in half a second,
    /// then five, and ten at half the rate; at 6 s another update, and the last one by 6.6 s. The step after that ends at 8 s.
    @Test func aLearnerGetsUpdates() throws {
        let record = try Self.play("chaos", state: 60_000_000)
        #expect(record.joins[0].whole == 6_600_000_000)
        #expect(record.joins[0].contributed == 8 * Self.second + 666_666_666)
        #expect(record.idle == 2 * 2 * Self.second)
        #expect(record.bytes == 60_000_000)
    }

    /// A quarter of the uplink is all that the joiner's link takes, for a second from 0.5 s on: gradients have the rest, and do in
    /// half a second what takes three eighths of one.
    @Test func aSlowLinkTakesItsOwn() throws {
        let record = try Self.play(
            "hivemind", "[{at: 0.5 s, join: 3, links: [{to: 1, bandwidth: 20 Mbit/s, latency: 0 s}]}]", state: 2_500_000
        )
        #expect(record.joins[0].whole == 1_500_000_000)
        #expect(record.idle == 2 * Self.second / 8)
    }

    /// The first member has a link of twice the rate, and so room for both; the last one has not.
    @Test(arguments: [(1, 1_500_000_000, 0), (3, 2_000_000_000, 3 * 500_000_000)])
    func aWideUplinkHasRoomForBoth(source: Int, whole: Int, idle: Int) throws {
        let scenario = try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2, 3]
                network:
                  links: [{ends: [1, 2], bandwidth: 160 Mbit/s}, [2, 3]]
                  bandwidth: 80 Mbit/s
                  latency: 0 s
                training: {state: 10000000, gradient: 5000000, samples: 1000, batch: 15, samples_per_second: 5}
                until: 20.1 s
                events: [{at: 0.5 s, join: 4, links: [\(source)]}]
                """)
        let record = try TimelineSimulation.run(scenario, try #require(Policies.named("hivemind")))
        #expect(record.joins[0].whole == whole)
        #expect(record.idle == idle)
    }

    /// As before, but another one asks for the state at 1.6 s, of the first member alone: the step that would have ended at 8 s ends
    /// at 9 s. The other one gets 6 1/2 megabytes by 3 s, and in each step ten for each second of computation and of sending,
    /// which takes two, less the five of the update: 36 1/2 by 9 s, 59 5/6 by 14 1/3 s, and after another update the rest.
    @Test func aStepThatTakesLongerKeepsAJoinerWaiting() throws {
        let record = try Self.play(
            "chaos", "[{at: 0.5 s, join: 3, links: [1, 2]}, {at: 1.6 s, join: 4, links: [1]}]", state: 60_000_000)
        #expect(record.joins[0].contributed == 9 * Self.second + 666_666_666)
        let whole = try #require(record.joins[1].whole)
        #expect(abs(whole - 14_850_000_000) < 1000)
    }

    /// A source dies after 43 megabytes. The other 17 come from the one that is left, after half a second, with the update of a
    /// step of its own between them, at 5.5 s.
    @Test func aSourceDiesMeanwhile() throws {
        let record = try Self.play(
            "chaos", "[{at: 0.5 s, join: 3, links: [1, 2]}, {at: 4 s, crash: 2}]", state: 60_000_000)
        #expect(record.joins[0].whole == 4_500_000_000 + 1_700_000_000 + Self.second / 2)
        #expect(record.bytes == 60_000_000)
    }
}
