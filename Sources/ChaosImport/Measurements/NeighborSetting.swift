import ChaosDocuments
import ChaosModel

/// The figures of a neighbour that measurements of links do not give.
public enum NeighborFigure: String, Sendable, CaseIterable {
    case overhead
    case ready
    case limit

    var quantity: Quantity { self == .limit ? .bytes : .time }
}

/// Where such a figure comes from.
public enum NeighborSetting: Sendable, Equatable {
    /// The same for every neighbour, in base units.
    case constant(Int)
    /// Drawn for each neighbour, each whole number of base units equally likely.
    case drawn(ClosedRange<Int>)
    /// A percentage of the state, drawn for each neighbour; for limits.
    case percent(ClosedRange<Int>)
    /// The neighbour's round trip: what a request costs when the next waits for the answer; for times.
    case roundTrip
    /// A column of the source's table.
    case column(FigureColumn)

    /// Reads "2ms", "0s..3s", "25%", "10%..60%", "rtt" or "column:NAME:UNIT".
    public init(_ text: String, for figure: NeighborFigure) throws(SettingRefusal) {
        let quantity = figure.quantity
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.first == "column", parts.count == 2 {
            self = .column(try FigureColumn(setting: parts[1], quantity))
            return
        }
        if text == "rtt" {
            guard figure != .limit else {
                throw SettingRefusal("\"rtt\" is a time; allowed: bytes, a percentage, or column:NAME:UNIT")
            }
            self = .roundTrip
            return
        }
        let ends = text.split(separator: "..", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, let low = ends.first, let high = ends.last else { throw Self.refusal(text, figure) }
        if high.hasSuffix("%"), low.hasSuffix("%"), figure == .limit {
            guard let least = Int(low.dropLast()), let most = Int(high.dropLast()), 0 <= least, least <= most,
                most <= 1_000_000
            else { throw Self.refusal(text, figure) }
            self = .percent(least...most)
            return
        }
        let (least, most) = (try quantity.parse(setting: low), try quantity.parse(setting: high))
        guard least <= most else { throw Self.refusal(text, figure) }
        self = ends.count == 1 ? .constant(least) : .drawn(least...most)
    }

    private static func refusal(_ text: String, _ figure: NeighborFigure) -> SettingRefusal {
        SettingRefusal(
            "\"\(text)\" is no \(figure.rawValue); allowed: "
                + (figure == .limit
                    ? "1GiB, 1GiB..4GiB, 25%, 10%..60% (of the state), column:NAME:UNIT"
                    : "2ms, 0s..3s, rtt, column:NAME:UNIT"))
    }

    /// For the comment of an instance.
    func text(for figure: NeighborFigure, seed: UInt64) -> String {
        let unit = figure.quantity.baseUnit
        switch self {
        case .constant(let value): return "\(figure.rawValue) \(value) \(unit)"
        case .drawn(let range):
            return "\(figure.rawValue) drawn from \(range.lowerBound) … \(range.upperBound) \(unit) with seed \(seed)"
        case .percent(let range) where range.count == 1:
            return "\(figure.rawValue) \(range.lowerBound) % of the state"
        case .percent(let range):
            return
                "\(figure.rawValue) drawn from \(range.lowerBound) … \(range.upperBound) % of the state with seed \(seed)"
        case .roundTrip: return "\(figure.rawValue) one round trip"
        case .column(let column): return "\(figure.rawValue) from column \(column.name) (\(column.unit))"
        }
    }
}

/// A capacity given in bit/s or as a percentage of the sum of what is below it.
public enum CapacitySetting: Sendable, Equatable {
    case fixed(Int)
    case percent(Int)

    /// Reads "10Gbit/s" or "60%".
    public init(_ text: String) throws(SettingRefusal) {
        if text.hasSuffix("%") {
            guard let percent = Int(text.dropLast()), (1...1_000_000).contains(percent) else {
                throw SettingRefusal("\"\(text)\" is no percentage; allowed: 1% … 1000000%")
            }
            self = .percent(percent)
        } else {
            self = .fixed(try Quantity.bandwidth.parse(setting: text))
        }
    }

    /// In bit/s, at least 1; a percentage is rounded down.
    func bandwidth(over members: [Int]) -> Int {
        switch self {
        case .fixed(let bandwidth): return bandwidth
        case .percent(let percent):
            let sum = members.reduce(Int128(0)) { $0 + Int128($1) }
            return Int(max(1, min(Int128(ModelRange.mostBandwidth), sum * Int128(percent) / 100)))
        }
    }

    var text: String {
        switch self {
        case .fixed(let bandwidth): "\(bandwidth) bit/s"
        case .percent(let percent): "\(percent) % of the sum of its members"
        }
    }
}
