extension ReductionMessage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ready(let view, let applied): "ready in view \(view), \(applied) applied"
        case .begin(let view, let step): "begin view \(view) with step \(step)"
        case .partial(let view, let step, let chunk, let times):
            "partial \(step).\(chunk) of view \(view), computed in \(times)"
        case .total(let view, let step, let chunk): "total \(step).\(chunk) of view \(view)"
        case .missing(let view, let step, .partial(let chunks)):
            "missing in view \(view): partial \(step).\(Self.list(chunks))"
        case .missing(let view, let step, .total(let chunks)):
            "missing in view \(view): total \(step).\(Self.list(chunks))"
        case .gone(let view, let step): "gone in view \(view): all before step \(step)"
        }
    }

    private static func list(_ chunks: [Int]) -> String { chunks.map(String.init).joined(separator: ",") }
}

extension ComputeTimes: CustomStringConvertible {
    public var description: String {
        func milliseconds(_ time: Int) -> String { "\(Double(time) / 1e6)" }
        return least == greatest
            ? "\(milliseconds(least)) ms" : "\(milliseconds(least)) to \(milliseconds(greatest)) ms"
    }
}
