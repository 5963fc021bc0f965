import ChaosDocuments
import ChaosTraining

/// What an engine in another process says (Documentation/ENGINE.md).
enum EngineMessage: Equatable {
    case attach(Attach)
    /// The first state is in the gradients' window.
    case initial
    /// The answer to `compute`.
    case gradient(ticket: Int, samples: Int, loss: Double?)

    struct Attach: Equatable {
        /// For people.
        let engine: String
        let process: Int
        let model: ModelDescription
    }

    static let version = 1
    /// Of a line, in bytes.
    static let mostBytes = 16 << 20

    private enum Kind: String, CaseIterable { case attach, initial, gradient }

    /// All fields of all messages.
    private enum Key: String, FieldKey {
        case type, version, engine, process, model, ticket, samples, loss
        static let required: [Key] = [.type]
        static let table = FieldTable<Key>()
    }

    /// - Parameter line: without the line feed.
    /// - Throws: everything that is wrong with it, with paths.
    init(line: [UInt8]) throws(InvalidInput) {
        guard line.count <= Self.mostBytes else { throw Self.tooLong(line.count) }
        var draft = Draft()
        do {
            var faults = try line.withUnsafeBufferPointer { bytes in
                try FieldReader.read(bytes) { fields in
                    try fields.object(Key.self) { key in
                        draft.seen.append(key)
                        try draft.read(key, fields)
                    }
                }
            }
            draft.checkKeys(into: &faults)
            try faults.throwIfAny()
        } catch let error as InvalidInput {
            throw error
        } catch {
            throw InvalidInput("", "\(error)", allowed: "a message as an object in JSON")
        }
        self = draft.message
    }

    static func tooLong(_ count: Int) -> InvalidInput {
        InvalidInput("", "a line of \(count) bytes or more", allowed: "at most \(mostBytes) bytes")
    }

    private struct Draft {
        var kind: Kind?
        var seen: [Key] = []
        var (engine, process) = ("", 0)
        var model: ModelDescription?
        var (ticket, samples) = (0, 0)
        var loss: Double?

        mutating func read(_ key: Key, _ fields: FieldReader) throws {
            let path = fields.json.currentPath
            switch key {
            case .type:
                guard let text = try fields.string() else { return }
                kind = Kind(rawValue: text)
                if kind == nil {
                    let names = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    fields.faults.add(path, "\"\(SingleLine.of(text, most: 80))\"", allowed: "one of \(names)")
                }
            case .version:
                guard let number = try fields.integer("\(version)"), number != version else { return }
                fields.faults.add(path, "\(number)", allowed: "\(version)")
            case .engine:
                guard let text = try fields.string() else { return }
                engine = text
                if !(1...200).contains(text.count) {
                    fields.faults.add(path, "\(text.count) characters", allowed: "1 … 200 characters")
                }
            case .process: process = try fields.integer(in: 1...Int(Int32.max)) ?? 0
            case .model: model = try ModelDescription.read(fields)
            case .ticket: ticket = try fields.integer(in: 0...Int.max) ?? 0
            case .samples: samples = try fields.integer(in: 1...SampleSchedule.mostPerStep) ?? 0
            case .loss:
                switch try fields.json.kind() {
                case .null: try fields.json.skip()
                case .number: loss = Double(try fields.json.number())
                default: try fields.refuse(allowed: "a number or null")
                }
            }
        }

        /// Each message has its fields and no others.
        func checkKeys(into faults: inout FaultList) {
            guard let kind else { return }
            let own: [Key] =
                switch kind {
                case .attach: [.version, .engine, .process, .model]
                case .initial: []
                case .gradient: [.ticket, .samples, .loss]
                }
            for key in own where !seen.contains(key) {
                faults.add(key.rawValue, "the key is missing", allowed: "the keys of \(kind.rawValue)")
            }
            for key in seen where key != .type && !own.contains(key) {
                faults.add(
                    key.rawValue, "a key that \(kind.rawValue) does not have", allowed: "the keys of \(kind.rawValue)")
            }
        }

        /// - Precondition: nothing has been found wrong.
        var message: EngineMessage {
            switch kind! {
            case .attach: .attach(Attach(engine: engine, process: process, model: model!))
            case .initial: .initial
            case .gradient: .gradient(ticket: ticket, samples: samples, loss: loss)
            }
        }
    }
}

/// What a node says to its engine (Documentation/ENGINE.md).
enum EngineNotice: Sendable, Equatable {
    case welcome(Welcome)
    /// What the engine sent is refused, and the connection ends.
    case refused(Fault)
    /// The parameters are those before this step: the replica is whole.
    case state(step: Int)
    case compute(ticket: Int, view: Int, members: Int, step: Int, samples: [Int])
    case stop(ticket: Int)
    /// All steps are done.
    case finished(step: Int)
    case ended(reason: String)

    struct Welcome: Sendable, Equatable {
        let node: UInt64
        let cluster: String
        let numbers: Int
        let samples: Int
        let batch: Int
        /// Whether the engine is to give the first state.
        let begins: Bool
    }

    /// The message as a line, with a line feed at its end.
    var line: [UInt8] {
        var line: [UInt8] = []
        do {
            var json = JSONWriter(.compact) { line += $0 }
            json.beginObject()
            try write(to: &json)
            try json.end()
            try json.finish()
        } catch {
            preconditionFailure("nothing is written but to memory: \(error)")
        }
        return line + [0x0A]
    }

    private func write(to json: inout JSONWriter) throws {
        func type(_ name: String) { json.field("type", name) }
        switch self {
        case .welcome(let welcome):
            type("welcome")
            json.field("version", EngineMessage.version)
            json.field("node", welcome.node)
            json.field("cluster", welcome.cluster)
            json.field("numbers", welcome.numbers)
            json.field("samples", welcome.samples)
            json.field("batch", welcome.batch)
            json.field("begins", welcome.begins)
        case .refused(let fault):
            type("refused")
            json.field("path", fault.path)
            json.field("found", fault.found)
            json.field("allowed", fault.allowed)
        case .state(let step):
            type("state")
            json.field("step", step)
        case .compute(let ticket, let view, let members, let step, let samples):
            type("compute")
            json.field("ticket", ticket)
            json.field("view", view)
            json.field("members", members)
            json.field("step", step)
            json.key("samples")
            json.beginArray(inline: true)
            for sample in samples { json.value(sample) }
            try json.end()
        case .stop(let ticket):
            type("stop")
            json.field("ticket", ticket)
        case .finished(let step):
            type("finished")
            json.field("step", step)
        case .ended(let reason):
            type("ended")
            json.field("reason", reason)
        }
    }
}
