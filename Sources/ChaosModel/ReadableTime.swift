/// Times for reading: a unit that fits, digits cut to a handful. The one way in which the project prints a time that
/// is not exact; the exact one is `ExactTime.description`.
enum ReadableTime {
    private static let units: [(name: String, nanoseconds: Int128)] = [
        ("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1000), ("ns", 1),
    ]

    static func text(of time: ExactTime) -> String {
        let minute: Int128 = 60_000_000_000
        if time.nanoseconds >= minute {
            let tenths = (time.nanoseconds + 50_000_000) / 100_000_000
            let (minutes, rest) = (tenths / 600, tenths % 600)
            let seconds = "\(rest / 10).\(rest % 10) s"
            if minutes < 60 { return "\(minutes) min \(seconds)" }
            if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
            if minutes < 800 * 1440 { return "\(minutes / 1440) d \(minutes / 60 % 24) h" }
            return "\(minutes / 525_960) years"
        }
        if time == .zero { return "0 s" }
        let unit = units.first { time.nanoseconds >= $0.nanoseconds } ?? units[3]
        // Five decimals of the unit, rounded half up; trailing zeros go.
        let scale: Int128 = 100_000
        let picked =
            (time.nanoseconds * scale + Int128(time.remainder) * scale / Int128(time.denominator)
                + unit.nanoseconds / 2) / unit.nanoseconds
        let whole = "\(picked / scale)"
        var decimals = String("\(scale + picked % scale)".dropFirst())
        decimals = String(decimals.prefix(max(0, 6 - whole.count)))
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return decimals.isEmpty ? "\(whole) \(unit.name)" : "\(whole).\(decimals) \(unit.name)"
    }
}
