import ChaosTesting
import Foundation
import Testing

@testable import ChaosText

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Pictures of what happened in time.
@Suite struct TimelineTests {
    private static let second = 1_000_000_000

    /// A joiner with two neighbours, one of which dies.
    private static func chart() -> TimelineChart {
        let s = second
        return TimelineChart(
            title: "a neighbor dies",
            lanes: [
                .init(
                    "node 1",
                    spans: [
                        .init(.training(view: 1), from: 0, to: 10 * s),
                        .init(.training(view: 2), from: 10 * s, to: 14 * s),
                        .init(.halted, from: 14 * s, to: 14 * s + 1000),
                        .init(.training(view: 13), from: 14 * s + 1000, to: 40 * s),
                    ]),
                .init("node 2", spans: [.init(.training(view: 1), from: 0, to: 14 * s)]),
                .init(
                    "node 3 <&>",
                    spans: [
                        .init(.pulling, from: 10 * s, to: 20 * s, note: "step 6"),
                        .init(.catchingUp, from: 20 * s, to: 22 * s),
                        .init(.training(view: 13), from: 22 * s, to: 30 * s), .init(.paused, from: 30 * s, to: 40 * s),
                    ],
                    transfers: [
                        .init(from: "node 1", bytes: 150 << 20, start: 10 * s, end: 20 * s, planned: 16 * s),
                        .init(from: "node 2", bytes: 50 << 20, start: 10 * s, end: 14 * s),
                    ]),
            ],
            marks: [
                .init(.loss, at: 14 * s, lane: 1, "crash"), .init(.event, at: 10 * s, "node 3 joins"),
                .init(at: 10 * s, lane: 2, "first \u{1B}[31mword"),
            ])
    }

    @Test func theTextShowsALineANode() {
        // 40 columns of a second each.
        let notes = "150 MiB by 20 s, planned 16 s".count + 2
        let lines = Self.chart().lines(.plain, width: 13 + 2 + 40 + notes)
        #expect(
            lines == [
                "a neighbor dies",
                "0…9 training under the view with that last digit   ░ catching up   ▒ pulling the state   = paused   "
                    + "! halted   · outside   ━ transfer, ┊ planned end",
                "                         a   b",
                "node 1         11111111112222!3333333333333333333333333",
                "node 2         11111111111111··························",
                "node 3 <&>     ··········▒▒▒▒▒▒▒▒▒▒░░33333333==========",
                "  from node 1            ━━━━━━┊━━━                      150 MiB by 20 s, planned 16 s",
                "  from node 2            ━━━━                            50.0 MiB by 14 s",
                "               ╵0                  ╵20 s               ╵40 s",
                "a  10 s  ▼ node 3 joins", "a  10 s  · node 3 <&>: first \\u{1b}[31mword", "b  14 s  ✕ node 2: crash",
            ], "\(lines.joined(separator: "\n"))")
    }

    /// A halt of a microsecond in forty seconds is not lost among what is longer.
    @Test(arguments: [20, 60, 100, 333]) func whatIsGraveIsSeen(width: Int) {
        let lines = Self.chart().lines(.plain, width: width)
        #expect(lines.first { $0.hasPrefix("node 1 ") }?.count { $0 == "!" } == 1)
        #expect(lines.allSatisfy { !$0.unicodeScalars.contains("\u{1B}") })
    }

    @Test func theSVGIsWellFormedAndExact() throws {
        let svg = Self.chart().svg
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(parser.parserError as Any)")
        for text in [
            "node 3 &lt;&amp;&gt;", "node 1: training under view 2 from 10000000000 to 14000000000 ns",
            "pulling the state from 10000000000 to 20000000000 ns, step 6", "node 2: crash at 14000000000 ns",
            "157286400 bytes from node 1 to node 3 &lt;&amp;&gt;, 10000000000 to 20000000000 ns, planned 16000000000 ns",
            "node 1: halted from 14000000000 to 14000001000 ns", "150 MiB by 20 s, planned 16 s", ">view 13<", "40 s",
        ] { #expect(svg.contains(text), "\(text)") }
        // What is grave is drawn over what is longer.
        let halt = try #require(svg.range(of: "node 1: halted"))
        let next = try #require(svg.range(of: "view 13 from"))
        #expect(next.lowerBound < halt.lowerBound)
    }

    /// What is known of the steps stands below the times, and what is told below both.
    @Test func stepsStandBelowTheAxis() {
        let s = Self.second
        func svg(_ step: @escaping @Sendable (Int) -> Int?) -> String {
            TimelineChart(title: "t", lanes: [], marks: [.init(at: s, "it")], end: 40 * s, step: step).svg
        }
        let (with, without) = (svg { $0 < 5 * s ? nil : $0 / s * 10 }, svg { _ in nil })
        #expect(with.contains(">step 50<") && with.contains(">step 400<") && !with.contains(">step 0<"))
        #expect(!without.contains(">step"))
        func height(_ svg: String) -> Int? { svg.firstMatch(of: /height="(\d+)"/).flatMap { Int($0.1) } }
        #expect(height(with) == height(without).map { $0 + 14 })
    }

    /// However many marks there are and wherever, nothing lies on anything else or leaves the picture, and each mark is
    /// told under a label of its own place.
    @Test(arguments: 0..<40) func marksAreLegible(seed: Int) throws {
        var state = UInt64(seed &* 7919 + 1)
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let letters = ["W", "名", "i", "e\u{301}", "👩"]
        let names = (0...random(6)).map { String(repeating: letters[random(5)], count: random(60)) + "\($0)" }
        let end = [1000, 60_000_000_000, 5_000_000_000_000, 1 << 60][random(4)]
        let marks = (0..<random(120)).map { _ in
            TimelineChart.Mark(
                TimelineChart.Mark.Kind.allCases[random(6)], at: random(3) == 0 ? end / 3 : random(end),
                lane: random(2) == 0 ? random(names.count) : nil,
                (0..<random(30)).map { _ in String(repeating: "Wm", count: random(20)) }.joined(separator: " "))
        }
        let lanes = names.map { name in
            TimelineChart.Lane(
                name, spans: [.init(.training(view: 1), from: 0, to: end)],
                transfers: [.init(from: name, bytes: .max, start: 0, end: end, planned: end)])
        }
        let chart = TimelineChart(title: names[0], lanes: lanes, marks: marks, end: end, step: { _ in 123_456_789 })
        let bounds = PictureBounds(chart.svg)
        #expect(bounds.outside.isEmpty, "\(bounds.outside)")
        #expect(bounds.overlapping.isEmpty, "\(bounds.overlapping.prefix(3))")
        #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
        let lines = chart.lines(.plain, width: 90)
        #expect(lines.count { $0.firstMatch(of: #/^[a-zA-Z]  [\d.]+ .*? [▼✕│◇!·] /#) != nil } == min(marks.count, 104))
    }

    @Test func muchIsCutAndCounted() {
        let lane = TimelineChart.Lane(
            "n", spans: [.init(.training(view: 1), from: 0, to: 5)],
            transfers: Array(repeating: .init(from: "m", bytes: 1, start: 0, end: 5), count: 20))
        let chart = TimelineChart(
            title: "t", lanes: Array(repeating: lane, count: 1000),
            marks: Array(repeating: .init(at: 3, "again"), count: 300))
        let lines = chart.lines(.plain, width: 80)
        #expect(lines.contains("and 800 lanes more") && lines.contains("and 196 events more"))
        #expect(lines.count { $0 == "  and 4 transfers more" } == 200)
        #expect(chart.svg.contains("and 800 lanes more, 196 events more") && chart.svg.contains("and 4 transfers more"))
        #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
    }

    /// Times that no run has, and nothing at all.
    @Test func extremes() {
        let spans: [TimelineChart.Span] = [
            .init(.pulling, from: .min, to: .min), .init(.halted, from: .max, to: 0),
            .init(.training(view: .min), from: 0, to: .max),
        ]
        let transfer = TimelineChart.Transfer(from: "", bytes: .max, start: .max, end: .min, planned: .max)
        for chart in [
            TimelineChart(title: "", lanes: []), TimelineChart(title: "", lanes: [.init("", spans: [])], end: 0),
            TimelineChart(
                title: "", lanes: [.init("", spans: spans, transfers: [transfer])],
                marks: [.init(at: .min, lane: 7, ""), .init(at: .max, lane: -1, "")]),
        ] {
            #expect(!chart.lines(.plain, width: 0).isEmpty)
            #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
        }
    }

    @Test func ticksAreRound() {
        func ticks(_ end: Int, _ most: Int) -> [Int] { AxisTicks.times(to: Int128(end), most: most).map { Int($0) } }
        #expect(ticks(40, 8) == [0, 5, 10, 15, 20, 25, 30, 35, 40])
        #expect(ticks(41, 4) == [0, 10, 20, 30, 40] && ticks(51, 4) == [0, 20, 40])
        #expect(ticks(1, 8) == [0, 1])
        #expect(ticks(99, 1) == [0, 50])
        for end in [1, 7, 1000, 123_456_789, 1 << 50, .max] {
            for most in [1, 3, 9] { #expect((1...most + 1).contains(ticks(end, most).count), "\(end) \(most)") }
        }
    }
}
