import Testing

@testable import ChaosText

/// Texts cut and wrapped by their width in a picture.
@Suite struct TextMetricsTests {
    private static let texts = [
        "", "a", "WWWWWWWWWWWWWWWWWWWWWWWW", "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", "日本語データセンター東京都千代田区",
        "e\u{301}e\u{301}e\u{301}e\u{301}",
        "👩‍👩‍👧‍👧👩‍👩‍👧‍👧👩‍👩‍👧‍👧", "one two three four five six seven", "مرحبا بالعالم مرحبا بالعالم",
        "12\u{202F}345\u{202F}678\u{202F}901",
    ]

    @Test(arguments: texts, [0.0, 1, 10, 30, 100, 1000])
    func whatIsCutFits(text: String, room: Double) {
        for isBold in [false, true] {
            let cut = TextMetrics.cut(text, to: room, size: 12, isBold: isBold)
            #expect(TextMetrics.width(cut, size: 12, isBold: isBold) <= room)
            if TextMetrics.width(text, size: 12, isBold: isBold) <= room { #expect(cut == text) }
            #expect(cut == text || cut.isEmpty || cut.hasSuffix("…") && text.hasPrefix(cut.dropLast()))
        }
    }

    @Test(arguments: texts, [1, 2, 5]) func whatIsWrappedFits(text: String, lines: Int) {
        for room in [30.0, 100, 1000] { checkWrapping(text, room, lines) }
    }

    private func checkWrapping(_ text: String, _ room: Double, _ lines: Int) {
        let wrapped = TextMetrics.wrapped(text, to: room, size: 11, lines: lines)
        #expect((1...lines).contains(wrapped.count))
        #expect(wrapped.allSatisfy { TextMetrics.width($0, size: 11) <= room })
        if wrapped.last?.hasSuffix("…") == false {
            #expect(wrapped.joined().filter { $0 != " " } == text.filter { $0 != " " })
        }
    }

    /// Widths that anybody can look up in the font: A, B, i, digits.
    @Test func widthsAreThoseOfTheFont() {
        #expect(TextMetrics.width("AB", size: 1000) == 685 + 687)
        #expect(TextMetrics.width("i0~", size: 100, isBold: true) == 34.3 + 69.6 + 83.8)
    }

    @Test(
        arguments: [1, 999, 1_000_000_007, 59_000_000_000, 86_399_000_000_000, 40_000_000_000_000_000, 1 << 90]
            as [Int128])
    func ticksStandBesideEachOther(end: Int128) {
        for width in [60.0, 200, 760] {
            let ticks = AxisTicks.fitting(to: end, width: width, size: 11)
            #expect(ticks.first?.time == 0 && ticks.allSatisfy { $0.time <= end })
            guard ticks.count > 2 else { continue }
            let boxes = ticks.map { tick in
                let (at, half) = (width * Double(tick.time) / Double(end), TextMetrics.width(tick.label, size: 11) / 2)
                return (at - half, at + half)
            }
            for (a, b) in zip(boxes, boxes.dropFirst()) { #expect(a.1 < b.0, "\(end) \(width) \(ticks.map(\.label))") }
        }
        #expect(AxisTicks.fitting(to: end, width: 760, size: 11).count >= 2)
    }

    @Test func labelsAreRound() {
        func labels(_ seconds: Int128) -> [String] {
            AxisTicks.fitting(to: seconds * 1_000_000_000, width: 300, size: 11).map(\.label)
        }
        #expect(labels(4) == ["0", "1 s", "2 s", "3 s", "4 s"])
        #expect(labels(180) == ["0", "1 min", "2 min", "3 min"])
        #expect(labels(5400) == ["0", "30 min", "1 h", "1 h 30 min"])
        #expect(labels(3 * 86400) == ["0", "1 d", "2 d", "3 d"])
        #expect(labels(40 * 365 * 86400) == ["0", "10 years", "20 years", "30 years"])
    }
}
