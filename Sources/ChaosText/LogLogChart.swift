import Foundation

/// Cost against size on logarithmic axes, as SVG: for measurements, where a straight line is a power law.
public struct LogLogChart {
    /// Named points, with a line through them or without; values are positive.
    public struct Series {
        public let name: String
        public let points: [(x: Double, y: Double)]
        public let isLine: Bool

        public init(_ name: String, _ points: [(x: Double, y: Double)], isLine: Bool = true) {
            self.name = name
            self.points = points
            self.isLine = isLine
        }
    }

    public let title: String
    public let xTitle: String
    public let yTitle: String
    public let series: [Series]

    public init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    public var svg: String {
        let (left, top, width, height) = (80.0, 56.0, 640.0, 400.0)
        let points = series.flatMap(\.points)
        let (xLow, xHigh) = Self.decades(points.map(\.x))
        let (yLow, yHigh) = Self.decades(points.map(\.y))
        let x = { (value: Double) in left + (log10(value) - xLow) / (xHigh - xLow) * width }
        let y = { (value: Double) in top + height - (log10(value) - yLow) / (yHigh - yLow) * height }
        var svg = SVGDocument(width: 940, height: 520)
        svg.text(left, 30, title, size: 16, isBold: true)
        for decade in stride(from: xLow, through: xHigh, by: 1) {
            let at = x(pow(10, decade))
            svg.line(at, top, at, top + height, stroke: "#ddd")
            svg.text(at, top + height + 18, Self.power(decade), size: 11, anchor: .middle, fill: "#555")
        }
        for decade in stride(from: yLow, through: yHigh, by: 1) {
            let at = y(pow(10, decade))
            svg.line(left, at, left + width, at, stroke: "#ddd")
            svg.text(left - 8, at + 4, Self.power(decade), size: 11, anchor: .end, fill: "#555")
        }
        svg.text(left + width / 2, top + height + 42, xTitle, anchor: .middle)
        svg.text(left - 60, top - 10, yTitle)
        let colors = [
            "#3b78b0", "#c0392b", "#3f9142", "#8e5aa8", "#b8860b", "#555555", "#17a2b8", "#e377c2", "#7f5539",
            "#9acd32",
            "#1b1f8a", "#ff8c42",
        ]
        for (k, entry) in series.enumerated() {
            let color = colors[k % colors.count]
            if entry.isLine {
                svg.polyline(entry.points.map { (x($0.x), y($0.y)) }, stroke: color)
            } else {
                for point in entry.points { svg.rectangle(x(point.x) - 2, y(point.y) - 2, 4, 4, fill: color) }
            }
            svg.rectangle(left + width + 24, top + Double(k) * 24, 12, 12, fill: color)
            svg.text(left + width + 42, top + Double(k) * 24 + 11, entry.name)
        }
        return svg.text
    }

    /// The decades around the values, as exponents of ten.
    private static func decades(_ values: [Double]) -> (Double, Double) {
        let low = floor(log10(values.min() ?? 1))
        return (low, max(low + 1, ceil(log10(values.max() ?? 10))))
    }

    private static func power(_ exponent: Double) -> String {
        let superscripts = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        let digits = "\(Int(abs(exponent)))".compactMap(\.wholeNumberValue).map { superscripts[$0] }
        return "10" + (exponent < 0 ? "⁻" : "") + String(digits)
    }
}
