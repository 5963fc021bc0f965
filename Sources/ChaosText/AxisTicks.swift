import ChaosModel

/// Round times for the axis of a picture, from 0 on: steps of 1, 2 or 5 times a power of ten of the unit that fits, below a
/// day those of a clock.
package enum AxisTicks {
    private static let (second, minute, hour, day): (Int128, Int128, Int128, Int128) = (
        1_000_000_000, 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000
    )
    private static let year = 1461 * day / 4

    /// Between the decimal steps of seconds and those of days, and of years.
    private static let clock =
        [10, 20, 30].map { $0 * second } + [1, 2, 5, 10, 20, 30].map { $0 * minute }
        + [1, 2, 6, 12].map { $0 * hour } + [1, 2, 5, 10, 20, 50, 100].map { $0 * day }

    /// 1, 2 and 5 times the powers of ten of a unit.
    private static func decimal(_ unit: Int128) -> some Sequence<Int128> {
        sequence(state: (unit, 0)) { state -> Int128? in
            let step = state.0 * [1, 2, 5][state.1]
            state = state.1 == 2 ? (state.0 * 10, 0) : (state.0, state.1 + 1)
            return step
        }
    }

    private static func step(to end: Int128, most: Int) -> Int128 {
        func isFitting(_ step: Int128) -> Bool { end / step <= Int128(most) }
        return decimal(1).prefix { $0 <= 5 * second }.first(where: isFitting) ?? clock.first(where: isFitting)
            ?? decimal(year).first(where: isFitting)!
    }

    /// 0 and what follows it up to `end`, at most `most` times.
    /// - Precondition: `end` is 0 … 2^110, and `most` at least 1.
    package static func times(to end: Int128, most: Int) -> [Int128] {
        let step = step(to: end, most: most)
        return (0...Int(end / step)).map { Int128($0) * step }
    }

    /// The ticks and their labels, as many as stand beside each other on an axis of so many pixels.
    /// - Parameters:
    ///   - end: of the axis, in nanoseconds.
    ///   - width: of the axis, in pixels.
    ///   - size: of the letters, in pixels.
    ///   - note: what stands below the label of a time, which needs its room too.
    package static func fitting(
        to end: Int128, width: Double, size: Int, note: (Int128) -> String? = { _ in nil }
    ) -> [(time: Int128, label: String)] {
        for most in stride(from: 9, to: 1, by: -1) {
            let ticks = labelled(to: end, most: most)
            let pitch = ticks.count > 1 ? width * Double(ticks[1].time) / Double(max(1, end)) : width
            let widest =
                ticks.flatMap { [$0.label, note($0.time) ?? ""] }
                .map { TextMetrics.width($0, size: size) }.max() ?? 0
            if widest + 8 <= pitch { return ticks }
        }
        return labelled(to: end, most: 1)
    }

    package static func labelled(to end: Int128, most: Int) -> [(time: Int128, label: String)] {
        let times = times(to: end, most: most)
        return times.map { ($0, label($0, step: times.count > 1 ? times[1] : end)) }
    }

    private static func label(_ time: Int128, step: Int128) -> String {
        if time == 0 { return "0" }
        if step >= year { return time == year ? "1 year" : "\(time / year) years" }
        if step >= day { return "\(time / day) d" }
        var parts: [String] = []
        var rest = time
        if step >= 10 * second {
            for (unit, name) in [(day, "d"), (hour, "h"), (minute, "min"), (second, "s")] where rest >= unit {
                parts.append("\(rest / unit) \(name)")
                rest %= unit
            }
            return parts.joined(separator: " ")
        }
        return ExactTime(nanoseconds: time).readable
    }
}
