import ChaosDocuments

/// A state that is held in memory in just the form in which it goes over the wire: the header, then Float32 numbers.
struct WordState: Sendable {
    /// Sixteen words of 4 bytes.
    static let headerWords = StateHeader.length / 4

    fileprivate(set) var header: StateHeader
    fileprivate var replacement: StateReplacement?
    /// The header is moved and never computed with.
    fileprivate(set) var words: [Float]
    /// Of the numbers behind the header; nil: they come from elsewhere.
    fileprivate var magnitude: Magnitude?

    /// - Parameters:
    ///   - words: the numbers, with room for the header before them.
    ///   - configuration: the replica's.
    init(_ words: [Float], configuration: String) {
        self.words = words
        header = StateHeader(configuration: configuration)
        writeHeader()
    }

    fileprivate mutating func writeHeader() {
        words.withUnsafeMutableBytes { header.write(to: $0) }
    }

    /// Changes the numbers behind the header.
    /// - Parameters:
    ///   - isSafe: whether they certainly stay finite. Then they are changed where they are, unless somebody else has them
    ///     too; else in a copy, which takes their place if it is finite.
    ///   - body: changes them, and tells how great they are then.
    /// - Returns: which number is not finite, and in the copy; nil: all are.
    fileprivate mutating func change(
        _ isSafe: Bool, by body: (UnsafeMutableBufferPointer<Float>) -> Magnitude
    ) -> (place: Int, number: Float)? {
        func change(_ words: inout [Float]) -> Magnitude {
            words.withUnsafeMutableBufferPointer { body(UnsafeMutableBufferPointer(rebasing: $0[Self.headerWords...])) }
        }
        if isSafe {
            magnitude = change(&words)
            return nil
        }
        var next = words
        let found = change(&next)
        guard found.isFinite else {
            let place = next[Self.headerWords...].firstNotFinite ?? Self.headerWords
            return (place, next[place])
        }
        (words, magnitude) = (next, found)
        return nil
    }
}

/// A replica with such a state.
protocol WordReplica: Replica {
    var state: WordState { get set }
    var mostSkipped: Int { get }
}

extension WordReplica {
    public var stateBytes: Int { 4 * state.words.count }
    public var step: Int { state.replacement?.step ?? state.header.step }
    public var skippedInARow: Int { state.header.skippedInARow }
    public var missing: RangeSet<Int>? { state.replacement?.missing }

    /// The numbers behind the header.
    func withNumbers<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        state.words.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[WordState.headerWords...])) }
    }

    public func readState(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(InvalidInput) {
        let range = try stateRange(at: offset, count: bytes.count)
        try requireWholeState()
        state.words.withUnsafeBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    public mutating func beginState(ofStep step: Int) throws(InvalidInput) {
        try requireStep(step)
        state.replacement = StateReplacement(step: step, bytes: stateBytes)
    }

    public mutating func writeState(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(InvalidInput) {
        let range = try stateRange(at: offset, count: bytes.count)
        try state.replacement.take(range)
        state.magnitude = nil
        state.words.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[range]).copyMemory(from: bytes)
        }
    }

    public mutating func endState() throws(InvalidInput) {
        let step = try state.replacement.requireComplete()
        let header = state.header
        let read = try state.words.withUnsafeBufferPointer { (words) throws(InvalidInput) in
            try header.read(UnsafeRawBufferPointer(words), step: step)
        }
        if let place = state.words[WordState.headerWords...].firstNotFinite {
            throw InvalidInput(
                "state[\(4 * place)..<\(4 * place + 4)]", "\(state.words[place])", allowed: "finite numbers")
        }
        state.header = read
        state.replacement = nil
    }

    /// One step. A failure leaves the state as it is.
    /// - Parameters:
    ///   - sum: as in `apply`: a number for each parameter, then the changes of the buffers.
    ///   - samples: as in `apply`.
    ///   - rule: what the parameters follow, whose moments are behind them, and behind these the buffers.
    ///   - factor: to the rates, 0 … 1.
    mutating func apply(
        _ sum: Gradient, samples: Int, by rule: UpdateRule, factor: Double = 1
    ) throws(InvalidInput) {
        try requireWholeState()
        try requireLength(of: sum)
        try requireBatch(of: samples)
        let isUpdated = try sum.values.withUnsafeBufferPointer { (sum) throws(InvalidInput) in
            let own = UnsafeBufferPointer(rebasing: sum[..<rule.parameters])
            let changes = UnsafeBufferPointer(rebasing: sum[rule.parameters...])
            let greatest = Magnitude(of: changes)
            guard greatest.isFinite,
                let update = rule.prepare(own, samples: samples, after: state.header.updates, factor: factor)
            else { return false }
            let isSafe = state.magnitude.map { update.isTame(with: $0) && greatest <= PreparedUpdate.tame } ?? false
            let bad = state.change(isSafe) { numbers in
                let end = numbers.count - changes.count
                for (place, change) in zip(end..., changes) { numbers[place] += change / Float(samples) }
                return max(
                    Magnitude(of: UnsafeBufferPointer(rebasing: numbers[end...])),
                    update.run(on: UnsafeMutableBufferPointer(rebasing: numbers[..<end])))
            }
            guard let (place, number) = bad else { return true }
            throw InvalidInput(
                "state[\(4 * place)..<\(4 * place + 4)]", "\(number) after step \(step)",
                allowed: "finite numbers: the training has diverged")
        }
        guard isUpdated || state.header.skippedInARow < mostSkipped else {
            let place = sum.values.firstNotFinite ?? 0
            throw InvalidInput("gradient[\(place)]", "\(sum.values[place])", allowed: "finite numbers")
        }
        state.header.countStep(updating: isUpdated)
        state.writeHeader()
    }
}
