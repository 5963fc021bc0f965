import ChaosCertificate
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

/// Real certificates, spoiled word by word and line by line: whatever is accepted must be harmless for a reason that
/// this file names.
@Suite struct SpoiledCertificateTests {
    private struct Certificate {
        /// The file's words, line by line.
        let lines: [[String]]
        let name: String

        /// The number of the line that begins with the word.
        func line(of section: String) -> Int { lines.firstIndex { $0.first == section }! }
    }

    private func certificates() throws -> [Certificate] {
        let giga = 1_000_000_000
        let flat = [
            Neighbor(id: "a", bandwidth: 7 * giga, latency: 3, overhead: 1),
            Neighbor(id: "b", bandwidth: 8 * giga, ready: 2, limit: 3), Neighbor(id: "c", bandwidth: 3 * giga),
        ]
        let nested = [
            Neighbor(id: "a", bandwidth: 8 * giga, latency: 2, group: 0),
            Neighbor(id: "b", bandwidth: 8 * giga, latency: 1, group: 1),
            Neighbor(id: "c", bandwidth: 8 * giga, latency: 4, limit: 2, group: 2),
            Neighbor(id: "d", bandwidth: giga, ready: 1),
        ]
        let groups = [
            CapacityGroup(id: "g", bandwidth: 4 * giga, parent: 2), CapacityGroup(id: "h", bandwidth: 90 * giga),
            CapacityGroup(id: "i", bandwidth: 3 * giga, parent: 1),
        ]
        let scarce = [Neighbor(id: "a", bandwidth: 1, limit: 4), Neighbor(id: "b", bandwidth: 2, limit: 5)]
        var list: [Certificate] = []
        for (name, neighbors, groups, mostSizes) in [
            ("flat", flat, [], 1), ("nested", nested, groups, 1), ("scarce", scarce, [], 2),
        ] {
            let instance = try Instance(
                state: TrainingState(bytes: 9), shardSizes: [1, 2], neighbors: neighbors, groups: groups)
            let best = try #require(try ChainSearch().solve(instance).best)
            for certificate in try SizeCertificate.all(for: best, of: instance).prefix(mostSizes) {
                let text = String(decoding: certificate.bytes, as: UTF8.self)
                _ = try VIPRChecker.check(certificate.bytes)
                list.append(
                    Certificate(
                        lines: text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) },
                        name: "\(name), size \(certificate.shardSize)"))
            }
        }
        return list
    }

    private func accepts(_ lines: [[String]]) -> VIPRChecker.Proved? {
        try? VIPRChecker.check(lines.map { $0.joined(separator: " ") }.joined(separator: "\n").utf8)
    }

    /// Words that nothing depends on: comments, names, and the index after which a constraint may be forgotten as long
    /// as that is not too early.
    private func isHarmless(_ certificate: Certificate, line: Int, word: Int, new: String) -> Bool {
        let derivations = certificate.line(of: "DER")
        let words = certificate.lines[line]
        if words[0].hasPrefix("%") { return true }
        let isSection = line < certificate.line(of: "CON") || ["CON", "RTP", "SOL", "DER"].contains(words[0])
        if (certificate.line(of: "VAR") + 1..<certificate.line(of: "INT")).contains(line) { return true }
        if !isSection, word == 0 { return true }
        guard line > derivations, word == words.count - 1 else { return false }
        // Later is allowed always; for the last line any index is.
        guard let old = Int(words[word]), let new = Int(new) else { return false }
        return line == certificate.lines.count - 1 || new == -1 || (old >= 0 && new > old)
    }

    /// The claim that a program's certificate makes is about the program in the file. A change that leaves the proof
    /// valid but makes the program stronger or changes its number of bounds is another, true certificate: the checker
    /// cannot know that it is not the program that was meant. Such lines are those of the program itself.
    private func isAboutAnotherProgram(_ certificate: Certificate, line: Int) -> Bool {
        line <= certificate.line(of: "RTP")
    }

    @Test func changedNumbersAreRefused() throws {
        var refused = 0
        for certificate in try certificates() {
            for line in certificate.lines.indices {
                for (w, word) in certificate.lines[line].enumerated() {
                    for new in changes(of: word) where !isHarmless(certificate, line: line, word: w, new: new) {
                        var lines = certificate.lines
                        lines[line][w] = new
                        guard accepts(lines) != nil else {
                            refused += 1
                            continue
                        }
                        let place = "\(certificate.name), line \(line + 1), word \(w + 1): \(word) → \(new)"
                        let excuse =
                            isAboutAnotherProgram(certificate, line: line)
                            || isProvedAnyway(certificate, line: line, word: w, new: new)
                        #expect(excuse, "\(place)\n\(certificate.lines[line].joined(separator: " "))")
                    }
                }
            }
        }
        #expect(refused > 500)
    }

    /// A number, and what it could be mistaken for.
    private func changes(of word: String) -> [String] {
        guard let value = Rational(word) else { return [word + "x"] }
        let least = Rational(1, 1_000_000_007)
        return [value + 1, -value, value + least, value - least].filter { $0 != value }.map(\.description) + ["x"]
    }

    /// The right-hand side of a derivation that proves more than it says: an absurd line may be absurd by any amount, and
    /// T ≥ C(k + 1) is written down as T ≥ bound.
    private func isProvedAnyway(_ certificate: Certificate, line: Int, word: Int, new: String) -> Bool {
        let words = certificate.lines[line]
        guard word == 2, line > certificate.line(of: "DER"), let old = Rational(words[2]), let new = Rational(new)
        else {
            return false
        }
        if words[0] == "absurd" { return new > 0 }
        // Steps on the way to u_v ≥ 1 and from there to T ≥ C(k + 1) may say a little less: rounding, or what C(k + 1)
        // exceeds the bound by, makes up for it.
        if words[0].hasPrefix("through") { return new > old }
        if words[0].hasPrefix("serves") { return new < old }
        guard words[0].hasPrefix("late"), new > old else { return false }
        // All rows of the program that such a line combines have the right-hand side 0.
        let first = certificate.line(of: "CON") + 1
        let derivations = certificate.line(of: "DER") + 1
        let constraints = Int(certificate.lines[first - 1][1])!
        var exact = Rational.zero
        for k in stride(from: words.firstIndex(of: "lin")! + 2, to: words.count - 2, by: 2) {
            guard let number = Int(words[k]), number >= constraints else { continue }
            exact += Rational(words[k + 1])! * Rational(certificate.lines[derivations + number - constraints][2])!
        }
        return new <= exact
    }

    @Test func droppedLinesAreRefused() throws {
        for certificate in try certificates() {
            let free = certificate.line(of: "VER")
            for line in free..<certificate.lines.count {
                var lines = certificate.lines
                lines.remove(at: line)
                #expect(accepts(lines) == nil, "\(certificate.name), line \(line + 1)")
            }
        }
    }

    @Test func swappedLinesAreRefused() throws {
        for certificate in try certificates() {
            let derivations = certificate.line(of: "DER")
            for line in certificate.line(of: "VER")..<certificate.lines.count - 1 {
                var lines = certificate.lines
                lines.swapAt(line, line + 1)
                guard accepts(lines) != nil else { continue }
                // Names of variables, integers and assumptions stand in any order; so do rows that no proof uses.
                let isNames = line < certificate.line(of: "OBJ")
                let areUnused = line < certificate.line(of: "RTP") && !isUsed(line, or: line + 1, certificate)
                let areAlike = line > derivations && lines[line].dropFirst().elementsEqual(lines[line + 1].dropFirst())
                #expect(isNames || areUnused || areAlike, "\(certificate.name), lines \(line + 1), \(line + 2)")
            }
        }
    }

    private func isUsed(_ line: Int, or other: Int, _ certificate: Certificate) -> Bool {
        let first = certificate.line(of: "CON") + 1
        let derivations = certificate.lines.dropFirst(certificate.line(of: "DER") + 1)
        let used = derivations.flatMap { words -> [Int] in
            guard let open = words.firstIndex(of: "{") else { return [] }
            let reason = words[(open + 2)...]
            switch words[open + 1] {
            case "lin", "rnd":
                return stride(from: open + 3, to: words.endIndex - 2, by: 2).compactMap { Int(words[$0]) }
            case "uns": return reason.compactMap { Int($0) }
            default: return []
            }
        }
        return used.contains(line - first) || used.contains(other - first)
    }

    @Test func strongerClaimsAreRefused() throws {
        for certificate in try certificates() {
            let line = certificate.line(of: "RTP")
            guard certificate.lines[line][1] == "range" else { continue }
            let bound = try #require(Rational(certificate.lines[line][2]))
            var lines = certificate.lines
            lines[line][2] = "\(bound + Rational("1e-30")!)"
            if lines[line][3] != "inf" { lines[line][3] = lines[line][2] }
            #expect(accepts(lines) == nil, "\(certificate.name)")
            lines[line] = ["RTP", "infeas"]
            #expect(accepts(lines) == nil, "\(certificate.name)")
        }
    }

    /// Spoiling a weaker way: senses turned round, reasons exchanged.
    @Test func changedSensesAndReasonsAreRefused() throws {
        for certificate in try certificates() {
            let derivations = certificate.line(of: "DER")
            for line in derivations + 1..<certificate.lines.count {
                for (w, word) in certificate.lines[line].enumerated() {
                    for new in ["L", "G", "E", "asm", "rnd", "sol", "{ asm"] where new != word {
                        let isSense = w == 1 && ["L", "G", "E"].contains(new)
                        let isReason = ["lin", "rnd", "uns"].contains(word) && !["L", "G", "E"].contains(new)
                        guard isSense || isReason else { continue }
                        var lines = certificate.lines
                        lines[line][w] = new
                        if isReason, new == "asm", let open = lines[line].firstIndex(of: "{") {
                            lines[line].replaceSubrange(open..<lines[line].count - 1, with: ["{", "asm", "}"])
                        }
                        guard let proved = accepts(lines) else { continue }
                        // What is absurd dominates the same as an equation; rounding whole numbers changes nothing.
                        let name = certificate.lines[line][0]
                        let isSame =
                            name == "absurd" && ["E", "rnd"].contains(new) || name.hasPrefix("through") && new == "rnd"
                        #expect(isSame, "\(certificate.name), line \(line + 1): \(word) → \(new), \(proved)")
                    }
                }
            }
        }
    }
}
