import ChaosDocuments
import ChaosModel

/// What happened to nodes in time: a lane a node, with what it was doing, transfers to it, and marks where something
/// happened. Times are whole nanoseconds from 0; pictures round, the exact times stand beside them.
public struct TimelineChart: Sendable {
    /// What a node is doing.
    public enum Activity: Hashable, Sendable {
        case outside
        /// A member that works under the view with this number.
        case training(view: Int)
        case paused
        /// A learner that keeps updates, with its state on the way or applied.
        case catchingUp
        case pulling
        /// A pull that was abandoned, or cut off by an end.
        case pullingInVain
        /// A member that waits for a quorum.
        case halted
    }

    public struct Span: Sendable {
        public let activity: Activity
        public let start: Int
        public let end: Int
        /// Further words, for those who ask.
        public let note: String

        public init(_ activity: Activity, from start: Int, to end: Int, note: String = "") {
            self.activity = activity
            self.start = max(0, start)
            self.end = max(self.start, end)
            self.note = SingleLine.of(note)
        }
    }

    /// What one node sends another.
    public struct Transfer: Sendable {
        public let source: String
        public let bytes: Int
        public let start: Int
        public let end: Int
        /// When it was to end; nil: nobody has said.
        public let planned: Int?

        public init(from source: String, bytes: Int, start: Int, end: Int, planned: Int? = nil) {
            self.source = SingleLine.of(source)
            self.bytes = bytes
            self.start = max(0, start)
            self.end = max(self.start, end)
            self.planned = planned.map { max(0, $0) }
        }
    }

    public struct Lane: Sendable {
        public let name: String
        /// What is not said is outside. Where two overlap, the text shows the graver one.
        public let spans: [Span]
        /// What the node receives.
        public let transfers: [Transfer]

        public init(_ name: String, spans: [Span], transfers: [Transfer] = []) {
            self.name = SingleLine.of(name)
            self.spans = spans
            self.transfers = transfers
        }
    }

    /// Something that happens at one moment.
    public struct Mark: Sendable {
        /// What it looks like, and what it weighs.
        public enum Kind: Hashable, Sendable, CaseIterable {
            /// Something done to the nodes.
            case event
            /// A node is gone.
            case loss
            /// All go on in another way.
            case change
            case plan
            case trouble
            case news
        }

        public let kind: Kind
        public let time: Int
        /// The place of the lane that it concerns; nil: all.
        public let lane: Int?
        public let text: String

        public init(_ kind: Kind = .news, at time: Int, lane: Int? = nil, _ text: String) {
            self.kind = kind
            self.time = max(0, time)
            self.lane = lane
            self.text = SingleLine.of(text)
        }
    }

    let title: String
    let lanes: [Lane]
    let hiddenLanes: Int
    /// By time.
    let marks: [Mark]
    let hiddenMarks: Int
    /// The end of the axis, at least 1 ns.
    let end: Int

    /// Lanes, marks and transfers to a lane beyond these are left out of the picture, which says so.
    static let mostLanes = 200
    static let mostMarks = 104
    static let mostTransfers = 16

    /// The step of training at a time, which stands below the axis; nil: none.
    let step: @Sendable (Int) -> Int?

    /// - Parameter end: of the axis; nil, or less than something's: where the last thing ends.
    public init(
        title: String, lanes: [Lane], marks: [Mark] = [], end: Int? = nil,
        step: @escaping @Sendable (Int) -> Int? = { _ in nil }
    ) {
        self.step = step
        self.title = SingleLine.of(title)
        self.lanes = Array(lanes.prefix(Self.mostLanes))
        hiddenLanes = lanes.count - self.lanes.count
        // Where there are too many, those that weigh most, of the whole time.
        let kept = marks.enumerated().sorted { ($0.element.kind.rank, $0.offset) < ($1.element.kind.rank, $1.offset) }
            .prefix(Self.mostMarks)
        self.marks = kept.sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        hiddenMarks = marks.count - self.marks.count
        let ends = lanes.lazy.flatMap { lane in
            lane.spans.lazy.map(\.end) + lane.transfers.lazy.flatMap { [$0.end, $0.planned ?? 0] }
        }
        self.end = max(1, end ?? 0, ends.max() ?? 0, marks.lazy.map(\.time).max() ?? 0)
    }

    /// The place of a time on an axis of `width` units.
    func position(_ time: Int, width: Int) -> Int { Int(Int128(min(time, end)) * Int128(width) / Int128(end)) }

    /// Marks that have one label, for in the picture they lie on each other.
    struct MarkGroup {
        /// On the axis, of the first.
        let place: Int
        var marks: [Mark]
    }

    /// The marks in groups, each at least `gap` units of an axis of `width` units from the one before.
    func groups(width: Int, gap: Int) -> [MarkGroup] {
        var groups: [MarkGroup] = []
        for mark in marks {
            let place = position(mark.time, width: width)
            if let last = groups.last, place < last.place + gap {
                groups[groups.count - 1].marks.append(mark)
            } else {
                groups.append(MarkGroup(place: place, marks: [mark]))
            }
        }
        return groups
    }

    /// A mark in words, with the name of its lane.
    func words(of mark: Mark) -> String {
        let lane = mark.lane.flatMap { lanes.indices.contains($0) ? lanes[$0].name + ": " : nil } ?? ""
        return lane + mark.text
    }

    static func readable(_ time: Int) -> String { ExactTime(nanoseconds: Int128(time)).readable }
}

extension TimelineChart.Mark.Kind {
    /// The weightiest first.
    var rank: Int {
        switch self {
        case .loss: 0
        case .event: 1
        case .trouble: 2
        case .change: 3
        case .plan: 4
        case .news: 5
        }
    }
}

extension TimelineChart.Activity: CustomStringConvertible {
    /// Those that a key tells, beside training.
    static let others: [Self] = [.catchingUp, .pulling, .pullingInVain, .paused, .halted, .outside]

    public var description: String {
        switch self {
        case .outside: "outside"
        case .training(let view): "training under view \(view)"
        case .paused: "paused"
        case .catchingUp: "catching up"
        case .pulling: "pulling the state"
        case .pullingInVain: "pulling in vain"
        case .halted: "halted"
        }
    }

    /// What is shown where a picture has room for one thing only: the graver one, and of two views the later.
    var gravity: (Int, Int) {
        switch self {
        case .outside: (0, 0)
        case .training(let view): (1, view)
        case .catchingUp: (2, 0)
        case .pulling: (3, 0)
        case .pullingInVain: (3, 1)
        case .paused: (4, 0)
        case .halted: (5, 0)
        }
    }
}

extension TimelineChart.Transfer {
    /// In a line, for people.
    var summary: String {
        "\(Readable.bytes(bytes)) by \(TimelineChart.readable(end))"
            + (planned.map { ", planned \(TimelineChart.readable($0))" } ?? "")
    }
}
