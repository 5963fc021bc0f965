import BigInt
import ChaosDocuments
import ChaosModel

extension Quantity {
    /// Converts a measured decimal such as "248.762" or "1.2e9" to the base unit.
    ///
    /// Measurements are rarely whole numbers of the base unit, so here, and only where data is imported, a value is
    /// rounded: to the nearest whole number, halves upwards, from the exact decimal and never through a Double.
    /// - Parameters:
    ///   - unit: one of `units`.
    ///   - divisor: what the value is divided by before it is rounded: 2 makes a latency of a round trip.
    /// - Returns: nil if the text is no decimal of at most 64 characters or the result is below 0 or beyond 2^62.
    func rounded(_ text: some StringProtocol, unit: Int, dividedBy divisor: Int = 1) -> Int? {
        guard text.utf8.count <= 64, !text.contains("/"), let value = Rational(text), value >= .zero else { return nil }
        let scaled = (value * Rational(unit) / Rational(divisor) + Rational(1, 2)).floor
        guard scaled <= BigInt(1) << 62 else { return nil }
        return Int(scaled)
    }

    /// The size of a unit named in a setting.
    func unit(named name: String) throws(SettingRefusal) -> Int {
        let written = spokenUnits.first { $0.key == name }?.value ?? name
        if let unit = units.first(where: { $0.key == written })?.value { return unit }
        throw SettingRefusal("\"\(name)\" is no unit; allowed: \(namesOfUnits)")
    }

    /// What people say for the decimal units of bandwidth; in settings only, for files have one name for each.
    private var spokenUnits: KeyValuePairs<String, String> {
        guard self == .bandwidth else { return [:] }
        return ["bps": "bit/s", "kbps": "kbit/s", "Mbps": "Mbit/s", "Gbps": "Gbit/s", "Tbps": "Tbit/s"]
    }

    private var namesOfUnits: String { (units.map(\.key) + spokenUnits.map(\.key)).joined(separator: ", ") }

    /// Reads a setting: a whole number in base units or one with a unit, with or without a space between ("64KiB").
    public func parse(setting text: String) throws(SettingRefusal) -> Int {
        if let value = Int(text), value >= 0 { return value }
        let end = text.firstIndex { !($0.isASCII && $0.isNumber) && $0 != "." } ?? text.endIndex
        let unit = text[end...].drop { $0 == " " }
        let written = spokenUnits.first { $0.key == unit }?.value ?? String(unit)
        let spaced = "\(text[..<end]) \(written)"
        do throws(Refusal) {
            return try parse(spaced)
        } catch {
            var (why, allowed) = explanation(of: error)
            if case .unknownUnit = error { allowed = "the units \(namesOfUnits)" }
            throw SettingRefusal("\"\(text)\"\(why); allowed: \(allowed)")
        }
    }
}

/// A setting that is refused: what was found and what is allowed, in one sentence.
public struct SettingRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
