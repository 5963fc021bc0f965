/// A figure of runs that differ in their seed: its median, the lesser of two, and its extremes. A run that has none counts as
/// greater than all others.
public struct SeedSpread: Hashable, Sendable {
    public let least: Int?
    public let median: Int?
    public let greatest: Int?
    let count: Int

    /// - Parameter values: of each run.
    public init(_ values: [Int?]) {
        let sorted = values.compactMap { $0 }.sorted() + values.filter { $0 == nil }
        count = values.count
        (least, greatest) = (sorted.first ?? nil, sorted.last ?? nil)
        median = sorted.isEmpty ? nil : sorted[(count - 1) / 2]
    }

    /// - Parameter tell: what a figure reads like.
    func text(_ tell: (Int?) -> String) -> String {
        count == 1 ? tell(median) : "\(tell(median)) (\(tell(least)) … \(tell(greatest)))"
    }
}
