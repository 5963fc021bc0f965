import Histogram

/// Handling times of one kind of event.
struct HandlingTally {
    private var histogram = Histogram<UInt64>(
        highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    private(set) var count = 0
    /// Events that came with others into one view, or whose view was overtaken by the next.
    var others = 0

    mutating func add(_ time: Int) {
        count += 1
        _ = histogram.record(UInt64(max(0, time)))
    }

    private func ratio(_ percentile: Double, _ bare: HandlingTally?) -> String {
        bare.map { Benchmarks.decimal(milliseconds(percentile) / $0.milliseconds(percentile)) } ?? "1"
    }

    func milliseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1e6 }

    /// - Parameter bare: three rounds of bare messages of the same run, with which it is compared; nil: this is they.
    func printRow(_ name: String, _ size: Int, against bare: HandlingTally?) {
        let cells = [50, 99, 99.9].map { Benchmarks.decimal(milliseconds($0)) }
        Benchmarks.row(
            "| \(name) | \(size) | \(count) | "
                + cells.joined(separator: " | ")
                + " | \(Benchmarks.decimal(Double(histogram.max) / 1e6)) | \(others) | "
                + "\([50, 99].map { ratio($0, bare) }.joined(separator: " | ")) |")
    }
}
