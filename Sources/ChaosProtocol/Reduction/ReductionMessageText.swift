extension ReductionMessage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ready(let view, let applied, let contributions):
            "ready in view \(View.name(ofView: view)), \(applied) applied" + Self.text(of: contributions)
        case .readyFor(let view, _, let applied, let contributions):
            "ready for view \(View.name(ofView: view)), \(applied) applied" + Self.text(of: contributions)
        case .begin(let view, let step, let contributions):
            "begin view \(View.name(ofView: view)) with step \(step)" + Self.text(of: contributions)
        case .partial(let view, let step, let chunk, let times):
            "partial \(step).\(chunk) of view \(View.name(ofView: view)), computed in \(times)"
        case .total(let view, let step, let chunk, let samples):
            "total \(step).\(chunk) of view \(View.name(ofView: view)), of \(samples) samples"
        case .missing(let view, let step, .partial(let chunks)):
            "missing in view \(View.name(ofView: view)): partial \(step).\(Self.list(chunks))"
        case .missing(let view, let step, .total(let chunks)):
            "missing in view \(View.name(ofView: view)): total \(step).\(Self.list(chunks))"
        case .gone(let view, let step): "gone in view \(View.name(ofView: view)): all before step \(step)"
        }
    }

    private static func text(of contributions: [Contribution]) -> String {
        contributions.map { ", \($0.node) has \($0.positions.text)" }.joined()
    }

    private static func list(_ chunks: [Int]) -> String { chunks.map(String.init).joined(separator: ",") }
}

extension RangeSet<Int> {
    /// First and last of each range.
    package var text: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) … \($0.upperBound - 1)" }
            .joined(separator: ", ")
    }
}

extension ComputeTimes: CustomStringConvertible {
    public var description: String {
        func milliseconds(_ time: Int) -> String { "\(Double(time) / 1e6)" }
        return least == greatest
            ? "\(milliseconds(least)) ms" : "\(milliseconds(least)) to \(milliseconds(greatest)) ms"
    }
}
