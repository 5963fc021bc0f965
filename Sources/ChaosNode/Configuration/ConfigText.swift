import ChaosDocuments

/// Numbers in the words of the documentation.
enum ConfigText {
    /// Large powers of two as such.
    static func of(_ number: Int) -> String {
        if number == .max { return "2^63 - 1" }
        return number >= 10_000 && number.nonzeroBitCount == 1 ? "2^\(number.trailingZeroBitCount)" : "\(number)"
    }

    /// In the largest usual unit in which it is a whole number.
    static func of(_ value: Int, _ quantity: Quantity) -> String {
        let usual =
            switch quantity {
            case .bytes: ["KiB", "MiB", "GiB", "TiB", "PiB"]
            case .bandwidth: ["kbit/s", "Mbit/s", "Gbit/s"]
            case .time: ["us", "ms", "s", "h"]
            }
        let unit = quantity.units.last { usual.contains($0.key) && value > 0 && value.isMultiple(of: $0.value) }
        if let unit, value / unit.value < 10_000 { return "\(value / unit.value) \(unit.key)" }
        return "\(of(value)) \(value == 1 && quantity == .bytes ? "byte" : quantity.baseUnit)"
    }
}
