import ChaosDocuments

/// The few shapes of SVG that the project's pictures are made of. Coordinates are in pixels.
public struct SVGDocument {
    private let width: Int
    private let height: Int
    private var body: [String] = []

    public enum Anchor: String, Sendable { case start, middle, end }

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    public mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, title: String? = nil
    ) {
        let tip = title.map { "<title>\(Self.escape($0))</title>" } ?? ""
        body.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                + "height=\"\(Self.number(height))\" fill=\"\(fill)\">\(tip)</rect>")
    }

    public mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1, dash: String? = nil
    ) {
        body.append(
            "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" "
                + "y2=\"\(Self.number(y2))\" stroke=\"\(stroke)\" stroke-width=\"\(Self.number(width))\""
                + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>")
    }

    /// Through these points, with a dot at each if that is wanted.
    public mutating func polyline(
        _ points: [(x: Double, y: Double)], stroke: String, width: Double = 2, isDotted: Bool = true
    ) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        body.append(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(Self.number(width))\"/>")
        for point in isDotted ? points : [] {
            body.append(
                "<circle cx=\"\(Self.number(point.x))\" cy=\"\(Self.number(point.y))\" r=\"3\" fill=\"\(stroke)\"/>")
        }
    }

    /// A filled shape with these corners.
    public mutating func polygon(
        _ points: [(x: Double, y: Double)], fill: String, stroke: String = "none", title: String? = nil
    ) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        let tip = title.map { "<title>\(Self.escape($0))</title>" } ?? ""
        body.append("<polygon points=\"\(list)\" fill=\"\(fill)\" stroke=\"\(stroke)\">\(tip)</polygon>")
    }

    /// A line of text, which never leaves the picture: it is cut where there is no room, and shows the whole where the
    /// pointer rests. One that is centred moves to the side first.
    /// - Parameter most: the room for it in pixels, if that is less than up to the edge.
    public mutating func text(
        _ x: Double, _ y: Double, _ text: String, size: Int = 12, anchor: Anchor = .start, fill: String = "#222",
        isBold: Bool = false, within most: Double = .infinity
    ) {
        let (least, greatest) = (Self.margin, Double(width) - Self.margin)
        let room =
            switch anchor {
            case .start: greatest - x
            case .end: x - least
            case .middle: greatest - least
            }
        let shown = TextMetrics.cut(text, to: min(room, most), size: size, isBold: isBold)
        let half = TextMetrics.width(shown, size: size, isBold: isBold) / 2
        let place = anchor == .middle ? min(max(x, least + half), greatest - half) : x
        let tip = shown == text ? "" : "<title>\(Self.escape(text))</title>"
        body.append(
            "<text x=\"\(Self.number(place))\" y=\"\(Self.number(y))\" font-size=\"\(size)\" "
                + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(fill)\""
                + (isBold ? " font-weight=\"bold\"" : "") + ">\(tip)\(Self.escape(shown))</text>")
    }

    /// Between a text and the edge.
    private static let margin = 4.0

    /// The whole document.
    public var text: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
        font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">
        <rect width="100%" height="100%" fill="white"/>
        \(body.joined(separator: "\n"))
        </svg>

        """
    }

    /// At most two decimals, without trailing zeros.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Text as XML has it; control characters, of which XML forbids most, are shown as a replacement.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case _ where SingleLine.escape(of: scalar) != nil || (0xFFFE...0xFFFF).contains(scalar.value):
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
