import ChaosModel
import ChaosText

extension GanttChart {
    /// The chart as an SVG document: a lane a neighbour or group, the makespan as a line, the fluid lower bound as a dashed one.
    public var svg: String {
        let (left, lane, axis) = (220.0, 22.0, 760.0)
        let words = TextMetrics.wrapped(
            "makespan \(makespan.readable) = \(makespan) ns, " + heading, to: 1148, size: 12, lines: 3)
        let top = 58.0 + 16 * Double(words.count)
        let bottom = top + Double(lanes.count) * lane
        var svg = SVGDocument(width: 1180, height: Int(bottom) + 76)
        let x = { (time: Int128) in left + Double(position(time, width: 76_000)) / 76_000 * axis }
        svg.text(16, 26, title, size: 16, isBold: true)
        for (k, line) in words.enumerated() { svg.text(16, 48 + 16 * Double(k), line) }
        let ticks = AxisTicks.fitting(to: makespan.nanoseconds, width: x(makespan.nanoseconds) - left, size: 11)
        for tick in ticks { svg.line(x(tick.time), top - 4, x(tick.time), bottom + 4, stroke: "#e8e8e8") }
        for (k, entry) in lanes.enumerated() {
            let y = top + Double(k) * lane
            svg.text(left - 8, y + 14, entry.name, anchor: .end)
            let (ready, start) = (Int128(entry.ready), Int128(entry.start))
            svg.rectangle(
                left, y + 3, x(ready) - left, lane - 6, fill: "#e4e4e4",
                title: "ready at \(ExactTime(nanoseconds: ready).readable)")
            svg.rectangle(
                x(ready), y + 3, x(start) - x(ready), lane - 6, fill: "#f0c36d",
                title: "latency \(ExactTime(nanoseconds: start - ready).readable)")
            svg.rectangle(
                x(start), y + 3, max(1, x(entry.finish.nanoseconds) - x(start)), lane - 6, fill: "#3b78b0",
                title: "\(entry.name): \(entry.count) shards until \(entry.finish) ns")
            // Single shards are drawn while they can be told apart.
            let pitch = (x(entry.finish.nanoseconds) - x(start)) / Double(entry.count)
            if pitch >= 3 {
                for n in 1..<max(1, entry.count) {
                    let at = x(start) + pitch * Double(n)
                    svg.line(at, y + 3, at, y + lane - 3, stroke: "white", width: 0.5)
                }
            }
            svg.text(
                left + axis + 8, y + 14,
                "\(Readable.count(entry.count)) × \(Readable.bytes(shardSize)), \(entry.finish.readable)",
                size: 11, fill: "#555")
        }
        if let fluidBound {
            let at = x(fluidBound.nanoseconds)
            svg.line(at, top - 4, at, bottom + 4, stroke: "#777", dash: "4 3")
        }
        let end = x(makespan.nanoseconds)
        svg.line(end, top - 8, end, bottom + 8, stroke: "#c0392b", width: 1.5)
        svg.line(left, bottom, left + axis, bottom, stroke: "#999")
        for tick in ticks { svg.text(x(tick.time), bottom + 17, tick.label, size: 11, anchor: .middle, fill: "#555") }
        svg.text(end, bottom + 33, makespan.readable, size: 11, anchor: .middle, fill: "#c0392b")
        var key = left
        for (color, label) in [("#e4e4e4", "until ready"), ("#f0c36d", "latency"), ("#3b78b0", "shards")] {
            svg.rectangle(key, bottom + 50, 12, 12, fill: color)
            svg.text(key + 18, bottom + 60, label, size: 11)
            key += 110
        }
        svg.line(key, bottom + 56, key + 24, bottom + 56, stroke: "#777", dash: "4 3")
        svg.text(key + 30, bottom + 60, "fluid lower bound", size: 11)
        if hidden > 0 { svg.text(key + 180, bottom + 60, "and \(hidden) lanes more", size: 11) }
        return svg.text
    }
}
