import ChaosCertificate
import ChaosModel
import Testing

/// Small certificates written by hand, each with what must be refused about it.
@Suite struct VIPRCheckerTests {
    private func refusal(of text: String) -> VIPRFailure? {
        do {
            _ = try VIPRChecker.check(text.utf8)
            return nil
        } catch let failure as VIPRFailure {
            return failure
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    /// min x + y with 3x + 3y ≥ 4, integer: by rounding at least 2.
    private static let rounded = """
        % a comment
        %another
        VER 1.0
        VAR 2
        x y
        INT 2
        0 1
        OBJ min
        2 0 1 1 1
        CON 3 2
        bx G 0 1 0 1
        by G 0.0 1 1 1
        c G 4 2 1 3 0 3
        RTP range 2 2
        SOL 2
        far 2 0 1 1 3
        best 1 1 2
        DER 2
        d1 G 4/3 OBJ { lin 1 2 1/3 } 4
        d2 G 2 2 0 1 1 1 { rnd 1 3 1 } -1

        """

    @Test func roundingProvesABound() throws {
        let proved = try VIPRChecker.check(Self.rounded.utf8)
        #expect(proved.claim == .range(2, 2))
        #expect(proved.bestObjective == 2)
        #expect((proved.variables, proved.constraints, proved.solutions, proved.derivations) == (2, 3, 2, 2))
    }

    @Test(arguments: [
        ("VER 1.0", "VER 1.2", 3), ("VAR 2", "VAR 1", 5), ("VAR 2", "VAR 3", 6), ("INT 2", "INT 1", 7),
        ("0 1\nOBJ", "0 2\nOBJ", 7), ("OBJ min", "OBJ least", 8), ("CON 3 2", "CON 3 4", 10),
        ("by G 0.0", "by H 0.0", 12), ("2 1 3 0 3", "2 1 3 1 3", 13), ("2 1 3 0 3", "2 1 3 0 x", 13),
        ("CON 3 2", "CON 3 3", 13), ("range 2 2", "range 2 1", 14), ("range 2 2", "range -1 1", 17),
        ("range 2 2", "range 3 3", 17), ("range 2 2", "infeas", 17), ("best 1 1 2", "best 1 1 1/2", 17),
        ("best 1 1 2", "best 1 1 1", 17), ("{ lin 1 2 1/3 }", "{ lin 1 2 1/4 }", 19),
        ("{ lin 1 2 1/3 }", "{ lin 1 2 -1/3 }", 19), ("{ lin 1 2 1/3 }", "{ lin 2 2 1/6 2 1/6 }", 19),
        ("{ lin 1 2 1/3 }", "{ lin 1 3 1/3 }", 19), ("{ lin 1 2 1/3 }", "{ guess 1 2 1/3 }", 19),
        ("{ lin 1 2 1/3 } 4", "{ lin 1 2 1/3 } 3", 20), ("{ lin 1 2 1/3 } 4", "{ lin 1 2 1/3 } 1", 20),
        ("{ lin 1 2 1/3 } 4", "{ lin 1 2 1/3 } -2", 19), ("{ lin 1 2 1/3 } 4", "{ lin 1 2 1/3 4", 19),
        ("rnd", "lin", 20), ("d2 G 2", "d2 G 3", 20), ("d2 G 2", "d2 L 2", 20), ("d2 G 2", "d2 G 1", 20),
        ("{ rnd 1 3 1 } -1", "{ asm } -1", 20), ("DER 2", "DER 1", 19), ("DER 2", "DER 3", 21),
        ("d2 G 2 2 0 1 1 1", "d2 G 2 2 0 1 1 2", 20),
    ])
    func spoiledCertificatesAreRefusedAtTheirLine(old: String, new: String, line: Int) {
        let text = Self.rounded.replacing(old, with: new, maxReplacements: 1)
        #expect(text != Self.rounded)
        let failure = refusal(of: text)
        #expect(failure?.line == line, "\(old) → \(new): \(failure.map { "\($0)" } ?? "accepted")")
    }

    @Test func roundingNeedsIntegers() {
        let text = Self.rounded.replacing("INT 2\n0 1", with: "INT 1\n0").replacing("range 2 2", with: "range 2 inf")
        let failure = refusal(of: text)
        #expect(failure?.line == 20 && failure?.reason.contains("rounds with 1 x1") == true, "\(failure as Any)")
    }

    /// 1 ≤ 3x ≤ 2 has no integer point: x is either at most 0 or at least 1.
    private static let branched = """
        VER 1.0
        VAR 2 x y
        INT 1 0
        OBJ min 0
        CON 2 0
        low G 1 1 0 3
        high L 2 1 0 3
        RTP infeas
        SOL 0
        DER 5
        few L 0 1 0 1 { asm } 6
        many G 1 1 0 1 { asm } 6
        no1 G 1 0 { lin 2 0 1 2 -3 } 6
        no2 L -1/3 0 { lin 2 1 1/3 3 -1 } 6
        no G 1 0 { uns 4 2 5 3 } -1
        """

    @Test func branchesProveInfeasibility() throws {
        #expect(try VIPRChecker.check(Self.branched.utf8).claim == .infeasible)
        // An absurd constraint dominates whatever is claimed, also a bound.
        let bounded = Self.branched.replacing("RTP infeas", with: "RTP range 7 inf")
        let claim = try VIPRChecker.check(bounded.utf8).claim
        #expect(claim == .range(7, nil))
    }

    @Test(arguments: [
        // Not a disjunction of whole numbers.
        ("many G 1 1", "many G 2 1", 15), ("few L 0 1 0 1", "few L -1/2 1 0 1", 15),
        ("few L 0 1 0 1", "few L 0 1 1 1", 13), ("INT 1 0", "INT 1 1", 15), ("INT 1 0", "INT 0", 15),
        // A branch left open, or joined with the wrong assumption.
        ("{ uns 4 2 5 3 }", "{ uns 4 2 5 2 }", 15), ("{ uns 4 2 5 3 }", "{ uns 4 3 5 2 }", 15),
        ("{ uns 4 2 5 3 }", "{ uns 4 2 4 3 }", 15), ("{ uns 4 2 5 3 }", "{ uns 2 2 3 3 }", 15),
        ("{ uns 4 2 5 3 }", "{ uns 4 2 5 6 }", 15), ("{ uns 4 2 5 3 }", "{ lin 1 4 1 }", 15),
        ("no G 1 0", "no G 0 0", 15), ("no G 1 0", "no L 1 0", 15),
        ("{ lin 2 1 1/3 3 -1 }", "{ lin 2 1 1/3 3 1 }", 14), ("no2 L -1/3", "no2 E 0", 15),
        ("{ lin 2 0 1 2 -3 }", "{ lin 2 0 1 2 3 }", 13),
    ])
    func spoiledBranchesAreRefused(old: String, new: String, line: Int) {
        let text = Self.branched.replacing(old, with: new, maxReplacements: 1)
        #expect(text != Self.branched)
        let failure = refusal(of: text)
        #expect(failure?.line == line, "\(old) → \(new): \(failure.map { "\($0)" } ?? "accepted")")
    }

    /// max x with x ≤ 7/2: the cutoff of a solution in the other direction, and equations in combinations.
    @Test func maximisationAndEquations() throws {
        let text = """
            VER 1.0
            VAR 2 x y
            INT 2 0 1
            OBJ max 1 0 1
            CON 2 0
            sum E 7 2 0 1 1 1
            low G 7/2 1 1 1
            RTP range 3 3
            SOL 1
            s 2 0 3 1 4
            DER 2
            d G 4 1 1 1 { rnd 1 1 1 } 3
            e L 3 OBJ { lin 2 0 1 2 -1 } -1
            """
        #expect(try VIPRChecker.check(text.utf8).claim == .range(3, 3))
        #expect(refusal(of: text.replacing("RTP range 3 3", with: "RTP range 3 2"))?.line == 8)
        #expect(refusal(of: text.replacing("RTP range 3 3", with: "RTP range 4 4"))?.line == 10)
        #expect(refusal(of: text.replacing("e L 3 OBJ", with: "e E 3 OBJ"))?.line == 13)
        #expect(refusal(of: text.replacing("e L 3 OBJ", with: "e L 2 OBJ"))?.line == 13)
        // An equation may be multiplied by either sign, but not rounded.
        #expect(
            refusal(of: text.replacing("{ rnd 1 1 1 }", with: "{ rnd 1 0 1 }"))?.reason.contains("equation") == true)
    }

    /// A solution's cutoff may be used, but never to prove more than the solution reaches.
    @Test func cutoffsAreSound() throws {
        let text = """
            VER 1.0
            VAR 1 x
            INT 1 0
            OBJ min 1 0 1
            CON 1 1
            low G 5 1 0 1
            RTP range 5 5
            SOL 1
            s 1 0 5
            DER 2
            cut L 4 OBJ { sol } -1
            no G 1 0 { lin 2 0 1 1 -1 } -1
            """
        #expect(try VIPRChecker.check(text.utf8).claim == .range(5, 5))
        #expect(refusal(of: text.replacing("cut L 4", with: "cut L 3"))?.line == 11)
        #expect(refusal(of: text.replacing("RTP range 5 5", with: "RTP range 6 6"))?.line == 9)
        #expect(refusal(of: text.replacing("RTP range 5 5", with: "RTP range 6 inf"))?.line == 9)
        #expect(refusal(of: text.replacing("SOL 1\ns 1 0 5", with: "SOL 0"))?.line == 8)
        #expect(
            refusal(of: text.replacing("SOL 1\ns 1 0 5", with: "SOL 0").replacing("range 5 5", with: "range 5 inf"))?
                .line == 10)
    }

    @Test func endsAndRubbish() {
        for length in 0..<Self.rounded.utf8.count - 5 {
            #expect(refusal(of: String(Self.rounded.prefix(length))) != nil, "\(length)")
        }
        #expect(refusal(of: Self.rounded + "more")?.reason.contains("nothing after") == true)
        #expect(refusal(of: "VER 1.0 VAR 99999999999999 x")?.reason.contains("ends where") == true)
        #expect(refusal(of: "VER 1.0 VAR 999999999999999999999999 x") != nil)
        #expect(refusal(of: String(repeating: "x", count: 2_000_000)) != nil)
        #expect(refusal(of: "\u{0}\u{FF}") != nil)
    }

    /// Pieces of any length make the same text.
    @Test(arguments: [1, 2, 7, 100]) func piecesOfAnyLength(length: Int) throws {
        var rest = Array(Self.rounded.utf8)[...]
        let proved = try VIPRChecker.check { buffer in
            let piece = rest.prefix(min(length, buffer.count))
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
        #expect(proved.claim == .range(2, 2))
    }

    /// Numbers of any size: a bound that is off by 10^-60 is refused.
    @Test func numbersOfAnySize() throws {
        let digits = "0.3" + String(repeating: "3", count: 59)
        let text = { (bound: String) in
            """
            VER 1.0 VAR 1 x INT 0 OBJ min 1 0 1 CON 1 0
            c G 1 1 0 3
            RTP range \(bound) inf SOL 0 DER 1
            d G \(bound) OBJ { lin 1 0 1/3 } -1
            """
        }
        #expect(try VIPRChecker.check(text(digits).utf8).claim == .range(Rational(digits), nil))
        #expect(refusal(of: text(digits.dropLast() + "4"))?.line == 4)
    }
}
