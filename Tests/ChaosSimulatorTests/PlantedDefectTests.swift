import ChaosJudgement
import ChaosProtocol
import ChaosSimulator
import ChaosTesting
import Foundation
import Testing

/// The simulation finds the defects that are planted into the protocol.
@Suite struct PlantedDefectTests {
    /// The first seed at which the defect shows, and the invariant that it breaks there; nil: no seed is known.
    static func finding(of defect: PlantedDefect) -> (seed: UInt64, invariant: Invariant)? {
        switch defect {
        case .halfTwice: (2, .agreement)
        case .tieByProposedView: (2, .agreement)
        case .learnerCounted: (7, .progress)
        case .promiseForgotten: (137, .agreement)
        case .acceptedViewIgnored: (2, .agreement)
        case .appliedBeforeDecided: (1, .agreement)
        case .firstBallotReused: nil
        case .retryNotRearmed: (52, .progress)
        case .oldReadinessBelieved: (104, .readiness)
        case .minorityGoesOn: (2, .minorityHalts)
        case .shardAcceptedWithoutDigest: (496, .verifiedState)
        case .snapshotFreedTooEarly: (1, .snapshotKept)
        case .replanPullsWhatHasArrived: (2, .pulledOnce)
        case .pullNotRepeated: (1, .askedAgain)
        case .digestOfOneNeighborBelieved: (517, .verifiedState)
        case .snapshotOfAnotherStepUsed: (26, .progress)
        case .silenceForgotten: (2, .progress)
        case .lostPullsForgotten: (19, .askedAgain)
        case .updateNotHandedOver: (1, .sameState)
        case .partialOfOldViewCounted: (19, .samplesOnce)
        case .repeatedPartialCounted: (11, .correctMessages)
        case .oldGradientUsed: (1, .samplesOnce)
        case .unstableUpdateApplied: nil
        case .unstableUpdateKept: nil
        case .snapshotStepMistaken: (1, .progress)
        case .beginNotRepeated: (16, .progress)
        }
    }

    static let found = PlantedDefect.allCases.filter { finding(of: $0) != nil }

    private static func violation(seed: UInt64, _ defect: PlantedDefect?) -> Violation? {
        var simulation = Simulation(.random(seed: seed), defect: defect)
        return simulation.run().violation
    }

    @Test(arguments: found) func itIsFound(_ defect: PlantedDefect) throws {
        let (seed, invariant) = try #require(Self.finding(of: defect))
        #expect(Self.violation(seed: seed, defect)?.invariant == invariant)
        #expect(Self.violation(seed: seed, nil) == nil)
    }

    /// That no earlier seed shows it. Where the first is far, all before it take minutes: here the first five are run.
    @Test(arguments: found) func noEarlierSeedShowsIt(_ defect: PlantedDefect) throws {
        let first = try #require(Self.finding(of: defect)).seed
        for seed in 1..<min(first, 6) { #expect(Self.violation(seed: seed, defect) == nil, "seed \(seed)") }
    }

    @Test func theDocumentationSaysTheSame() throws {
        let text = try String(contentsOf: PackageRoot.url("Documentation/PROTOCOL.md"), encoding: .utf8)
        let table = try #require(
            text.firstMatch(
                of: /\n\| in the code \| defect \| found at seed \| by \|\n\|---\|---\|---:\|---\|\n((?:\|.*\n)+)/))
        let rows = table.1.matches(of: /\| `(\w+)` \| (.+) \| (\d+|-) \| (.+) \|\n/)
        #expect(rows.count == table.1.split(separator: "\n").count)
        #expect(rows.map { String($0.1) }.sorted() == PlantedDefect.allCases.map(\.rawValue).sorted())
        for row in rows {
            let defect = try #require(PlantedDefect(rawValue: String(row.1)))
            guard let (seed, invariant) = Self.finding(of: defect) else {
                #expect(row.3 == "-", "\(defect)")
                try Self.checkOther(String(row.4), of: defect)
                continue
            }
            #expect(row.3 == "\(seed)" && row.4 == "`\(invariant.rawValue)`", "\(defect)")
        }
    }

    /// What finds a defect that no seed shows: tests of the part that it is planted into, or nothing.
    private static func checkOther(_ text: String, of defect: PlantedDefect) throws {
        guard let suite = text.wholeMatch(of: /`(\w+Tests)`/)?.1 else {
            #expect(text == "nothing within 1000 seeds", "\(defect)")
            return
        }
        let file = PackageRoot.url("Tests/ChaosProtocolTests/\(suite).swift")
        #expect(try String(contentsOf: file, encoding: .utf8).contains(".\(defect.rawValue)"), "\(defect)")
    }
}
