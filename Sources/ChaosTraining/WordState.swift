import ChaosDocuments

/// A state that is held in memory in just the form in which it goes over the wire: the header, then Float32 numbers.
struct WordState: Sendable {
    /// Sixteen words of 4 bytes.
    static let headerWords = StateHeader.length / 4

    fileprivate(set) var header: StateHeader
    fileprivate var replacement: StateReplacement?
    /// The header is moved and never computed with.
    fileprivate(set) var words: [Float]
    /// Memory for the next words: that of those before the last update, or none. New memory for each step would cost more
    /// than the update, since the system hands it out a page at a time, cleared.
    fileprivate var spare: [Float] = []

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

    /// A copy of the words, in the spare memory if there is any.
    fileprivate mutating func takeCopy() -> [Float] {
        var copy: [Float] = []
        swap(&copy, &spare)
        guard copy.count == words.count else { return words }
        copy.withUnsafeMutableBufferPointer { copy in
            words.withUnsafeBufferPointer { _ = copy.update(fromContentsOf: $0) }
        }
        return copy
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

    /// One step: `update` makes the next numbers of the last ones.
    /// - Parameters:
    ///   - sum: as in `apply`.
    ///   - samples: as in `apply`.
    ///   - update: changes the numbers behind the header; it is told the gradient and the header of the state before.
    mutating func apply(
        _ sum: Gradient, samples: Int,
        by update: (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>, StateHeader) -> UpdateRule.Outcome
    ) throws(InvalidInput) {
        try requireWholeState()
        try requireLength(of: sum)
        try requireBatch(of: samples)
        // On a copy, so that a failure leaves the state, and snapshots cost nothing more.
        var next = state.takeCopy()
        let header = state.header
        let outcome = next.withUnsafeMutableBufferPointer { next in
            sum.values.withUnsafeBufferPointer { sum in
                update(UnsafeMutableBufferPointer(rebasing: next[WordState.headerWords...]), sum, header)
            }
        }
        switch outcome {
        case .updated:
            swap(&state.words, &next)
            state.spare = next
        case .gradientNotFinite:
            guard header.skippedInARow < mostSkipped else {
                let place = sum.values.firstNotFinite ?? 0
                throw InvalidInput("gradient[\(place)]", "\(sum.values[place])", allowed: "finite numbers")
            }
        case .resultNotFinite:
            let place = next[WordState.headerWords...].firstNotFinite ?? WordState.headerWords
            throw InvalidInput(
                "state[\(4 * place)..<\(4 * place + 4)]", "\(next[place]) after step \(step)",
                allowed: "finite numbers: the training has diverged")
        }
        state.header.countStep(updating: outcome == .updated)
        state.writeHeader()
    }
}
