/// The positions of a step that a member has in its gradient, computed or being computed: what need not be computed again
/// when a new view comes (`Reduction`).
public struct Contribution: Hashable, Sendable {
    public let node: NodeID
    /// Of the step's samples; in a message not empty, and in at most `MessageLimits.positionRanges` ranges.
    public let positions: RangeSet<Int>

    public init(_ node: NodeID, _ positions: RangeSet<Int>) {
        self.node = node
        self.positions = positions
    }
}

extension [Contribution] {
    /// The first thing that no correct node says, or nil. Cost: O(ranges).
    var fault: MessageFault? {
        guard count <= MessageLimits.nodes else { return .size(count) }
        guard map(\.node).isStrictlyAscending else { return .contributions }
        let ranges = reduce(0) { $0 + $1.positions.ranges.count }
        guard ranges <= MessageLimits.contributedRanges else { return .size(ranges) }
        return allSatisfy(\.isInRange) ? nil : .contributions
    }

    /// Whether each is of another one of these members, of other positions of a step than all others.
    /// Cost: O(ranges log ranges).
    /// - Parameters:
    ///   - members: ascending.
    ///   - batch: how many positions the step has.
    func divide(_ batch: Int, among members: [NodeID]) -> Bool {
        let ranges = flatMap(\.positions.ranges).sorted { $0.lowerBound < $1.lowerBound }
        return ranges.last?.upperBound ?? 0 <= batch && allSatisfy { members.containsSorted($0.node) }
            && zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    }
}

extension Contribution {
    fileprivate var isInRange: Bool {
        let ranges = positions.ranges
        return (1...MessageLimits.positionRanges).contains(ranges.count) && ranges[0].lowerBound >= 0
            && ranges[ranges.count - 1].upperBound <= MessageLimits.greatestQuantity
    }
}

extension RangeSet<Int> {
    /// - Parameter bounds: where ranges begin and end, in turn; nil: they are not ascending, or not in pairs.
    public init?(bounds: [Int]) {
        guard bounds.count.isMultiple(of: 2), bounds.isStrictlyAscending else { return nil }
        self.init(stride(from: 0, to: bounds.count, by: 2).map { bounds[$0]..<bounds[$0 + 1] })
    }

    /// Where its ranges begin and end, in turn, ascending.
    public var bounds: [Int] { ranges.flatMap { [$0.lowerBound, $0.upperBound] } }

    /// How many positions there are. Cost: O(ranges).
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The positions at these places of the set, counted in ascending order. Cost: O(ranges).
    /// - Precondition: the set has these places.
    func positions(at places: Range<Int>) -> RangeSet<Int> {
        var found = RangeSet()
        var first = 0
        for range in ranges {
            let part = places.clamped(to: first..<first + range.count)
            let start = range.lowerBound - first
            found.insert(contentsOf: part.lowerBound + start..<part.upperBound + start)
            first += range.count
        }
        return found
    }
}
