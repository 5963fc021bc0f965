import ChaosDocuments

/// The replica of a model that an engine describes and computes gradients for.
///
/// **State.** The `StateHeader`, then the parameters, then each of the moments in the order of the parameters, then the
/// buffers, all in Float32. The gradient has a number for each parameter, then one for each number of a buffer.
///
/// **Buffers** are averaged over the samples: what is reduced is by how much each sample's engine has changed a number,
/// and every replica adds the mean change. So a number that no engine changes stays as it is, to the bit.
public struct ModelReplica: WordReplica {
    public let model: ModelDescription
    public let samples: Int
    public let configuration: String
    var state: WordState

    /// Where in a file of a state the description is.
    static let metadataKey = "chaos.model"

    /// A replica before step 0.
    /// - Parameters:
    ///   - model: what is trained.
    ///   - samples: 1 … 2^27.
    ///   - initial: parameters and buffers, as many as `model.numbers`; nil: zeros, for a state that is to be replaced.
    /// - Throws: what is out of range, and numbers that are not finite, with the name of their array.
    public init(_ model: ModelDescription, samples: Int, initial: [Float]? = nil) throws(InvalidInput) {
        try Self.require(samples)
        var words = [Float](repeating: 0, count: WordState.headerWords + Self.count(of: model))
        if let initial {
            guard initial.count == model.numbers else {
                throw InvalidInput("initial", "\(initial.count) numbers", allowed: "\(model.numbers) numbers")
            }
            if let place = initial.firstNotFinite {
                throw InvalidInput(model.name(of: place), "\(initial[place])", allowed: "finite numbers")
            }
            let parameters = model.rule.parameters
            words.replaceSubrange(
                WordState.headerWords..<WordState.headerWords + parameters, with: initial[..<parameters])
            words.replaceSubrange((words.count - initial.count + parameters)..., with: initial[parameters...])
        }
        self.init(model, samples, words)
    }

    /// A replica before step 0, with the parameters and buffers of a file.
    /// - Throws: what is out of range; what is not in the file, has another shape or is not finite; `FileError`.
    public init(_ model: ModelDescription, samples: Int, initial: ModelFiles) throws {
        try Self.require(samples)
        var words = [Float](repeating: 0, count: WordState.headerWords + Self.count(of: model))
        try initial.readModel(Self.tensors(of: model).filter { $0.name.hasPrefix("model.") }, into: &words)
        self.init(model, samples, words)
    }

    private init(_ model: ModelDescription, _ samples: Int, _ words: [Float]) {
        self.model = model
        self.samples = samples
        configuration =
            "engine, \(model.parameters.count) parameters and \(model.buffers.count) buffers of \(model.numbers) numbers, "
            + "\(model.groups[0].optimizer), rate \(model.schedule), \(samples) samples, "
            + "model of sha256 \(ContentDigest(of: model.json).hexadecimal)"
        state = WordState(words, configuration: configuration)
    }

    private static func require(_ samples: Int) throws(InvalidInput) {
        guard !(1...SampleSchedule.mostSamples).contains(samples) else { return }
        throw InvalidInput("samples", "\(samples)", allowed: "1 … \(SampleSchedule.mostSamples)")
    }

    /// Of all numbers behind the header.
    private static func count(of model: ModelDescription) -> Int {
        model.numbers + model.rule.parameters * model.rule.moments.count
    }

    // MARK: Replica

    var mostSkipped: Int { model.mostSkipped }
    public var gradientCount: Int { model.numbers }
    public var bufferCount: Int { model.numbers - model.rule.parameters }
    public var tensors: [Tensor] { Self.tensors(of: model) }
    public var metadata: [String: String] { [Self.metadataKey: model.json] }

    private static func tensors(of model: ModelDescription) -> [Tensor] {
        var tensors = [StateHeader.tensor]
        func append(_ arrays: [ModelDescription.Array], _ part: String) {
            for array in arrays {
                tensors.append(
                    Tensor("\(part).\(array.name)", .float32, array.shape, at: tensors.last?.bytes.upperBound ?? 0))
            }
        }
        for part in ["model"] + model.rule.moments { append(model.parameters, part) }
        append(model.buffers, "model")
        return tensors
    }

    public mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput) {
        try apply(sum, samples: samples, by: model.rule, factor: model.schedule.factor(ofStep: state.header.step))
    }

    /// Copies what an engine computes with: the parameters, then the buffers.
    /// - Precondition: there is room for `gradientCount` numbers.
    /// - Throws: if the state is not whole.
    public func copyModel(to room: UnsafeMutableBufferPointer<Float>) throws(InvalidInput) {
        try requireWholeState()
        precondition(room.count >= gradientCount)
        let parameters = model.rule.parameters
        withNumbers { numbers in
            let buffers = numbers[(numbers.count - (gradientCount - parameters))...]
            _ = room.update(fromContentsOf: numbers[..<parameters])
            _ = room[parameters...].update(fromContentsOf: buffers)
        }
    }

    // MARK: Files

    /// The description in a file of a state.
    /// - Throws: if it is no such file, or has none.
    public static func model(ofFile path: String) throws -> ModelDescription {
        let (header, _) = try SafetensorsHeader.read(file: path)
        do throws(InvalidInput) {
            guard let text = header.metadata[metadataKey] else {
                throw InvalidInput(
                    "__metadata__.\(metadataKey)", "the key is missing",
                    allowed: "the description of a model: a checkpoint of a run with an engine")
            }
            return try ModelDescription(json: text.utf8)
        } catch {
            throw error.named(path)
        }
    }
}

extension ModelDescription {
    /// Of the array to which a number of the gradient belongs, with its place in it.
    func name(of place: Int) -> String {
        var start = 0
        for array in parameters + buffers {
            if place < start + array.count { return "\(array.name)[\(place - start)]" }
            start += array.count
        }
        return "number \(place)"
    }
}
