/// How wide a text is in a picture, before anybody draws it.
///
/// Widths are those of DejaVu Sans, the widest of the fonts that `SVGDocument` names, and for what its table lacks an upper
/// bound: a text may turn out narrower than measured, hardly ever wider.
package enum TextMetrics {
    /// Of U+0020 … U+007E, in thousandths of the size.
    private static let regular = [
        318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637,
        637,
        637, 637, 637, 337, 337, 838, 838, 838, 531, 1000, 685, 687, 699, 771, 632, 576, 775, 752, 295, 295, 656, 558,
        863, 749, 788, 604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838, 500, 500, 613, 635,
        550,
        635, 616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592,
        525,
        637, 337, 637, 838,
    ]
    private static let bold = [
        349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696, 696,
        696,
        696, 696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373, 373, 775, 638,
        996,
        837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 500, 500, 675, 716, 593,
        716,
        679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583,
        712,
        366, 712, 838,
    ]

    /// In thousandths of the size.
    private static func advance(_ scalar: Unicode.Scalar, isBold: Bool) -> Int {
        if (0x20...0x7E).contains(scalar.value) { return (isBold ? bold : regular)[Int(scalar.value) - 0x20] }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        // Narrow ones, between the digits of large numbers.
        case .spaceSeparator where [0x2009, 0x202F].contains(scalar.value): return 350
        default: break
        }
        return switch scalar.value {
        case 0x200B...0x200F, 0xFE00...0xFE0F: 0
        case ..<0x180: isBold ? 1170 : 1070
        case 0x2010...0x2027: 1000
        case ..<0x530: isBold ? 1260 : 1170
        case _ where scalar.value < 0x1F000 && TextWidth.isWide(scalar): 1050
        default: 1600
        }
    }

    /// In pixels, of a font of this size in pixels.
    package static func width(_ text: some StringProtocol, size: Int, isBold: Bool = false) -> Double {
        Double(text.unicodeScalars.reduce(0) { $0 + advance($1, isBold: isBold) } * size) / 1000
    }

    /// The text, cut with an ellipsis so that it is at most so many pixels wide; empty where not even that has room.
    package static func cut(_ text: String, to most: Double, size: Int, isBold: Bool = false) -> String {
        guard width(text, size: size, isBold: isBold) > most else { return text }
        let room = most - width("…", size: size, isBold: isBold)
        guard room >= 0 else { return "" }
        return prefix(of: text[...], to: room, size: size, isBold: isBold) + "…"
    }

    private static func prefix(
        of text: Substring, to most: Double, size: Int, isBold: Bool
    ) -> Substring {
        var (end, used) = (text.startIndex, 0.0)
        for index in text.indices {
            used += width(text[index...index], size: size, isBold: isBold)
            if used > most { break }
            end = text.index(after: index)
        }
        return text[..<end]
    }

    /// The text in lines of at most so many pixels, broken at spaces where there are any; the last of at most `lines` lines
    /// is cut.
    package static func wrapped(
        _ text: String, to most: Double, size: Int, isBold: Bool = false, lines: Int
    ) -> [String] {
        var (result, rest): ([String], Substring) = ([], text[...])
        while result.count + 1 < lines, width(rest, size: size, isBold: isBold) > most {
            let fitting = prefix(of: rest, to: most, size: size, isBold: isBold)
            guard !fitting.isEmpty else { break }
            let line = fitting.lastIndex(of: " ").map { rest[..<$0] } ?? fitting
            guard !line.isEmpty else { break }
            result.append(String(line))
            rest = rest[line.endIndex...].drop { $0 == " " }
        }
        return result + [cut(String(rest), to: most, size: size, isBold: isBold)]
    }
}
