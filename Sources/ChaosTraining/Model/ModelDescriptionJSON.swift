import ChaosDocuments

/// The description as an object in JSON (Documentation/ENGINE.md).
extension ModelDescription {
    private enum Key: String, FieldKey {
        case parameters, buffers, constants, computes, groups, schedule
        case maxNorm = "max_norm"
        case skips
        static let required = allCases.map { $0 }
        static let table = FieldTable<Key>()
    }

    private enum ArrayKey: String, FieldKey {
        case name, shape
        static let required = allCases.map { $0 }
        static let table = FieldTable<ArrayKey>()
    }

    private enum ConstantKey: String, FieldKey {
        case name, sha256
        static let required = allCases.map { $0 }
        static let table = FieldTable<ConstantKey>()
    }

    private enum GroupKey: String, FieldKey {
        case parameters, optimizer, rate, beta1, beta2, epsilon, momentum, nesterov, decay
        static let required: [GroupKey] = [.parameters, .optimizer, .rate, .decay]
        static let table = FieldTable<GroupKey>()
    }

    private enum ScheduleKey: String, FieldKey {
        case type, warmup, steps, floor
        static let required: [ScheduleKey] = [.type, .warmup]
        static let table = FieldTable<ScheduleKey>()
    }

    private enum OptimizerName: String, CaseIterable { case sgd, adam, adamw }
    private enum ScheduleName: String, CaseIterable { case constant, linear, cosine }

    // MARK: Writing

    /// The same text for the same description.
    public var json: String {
        var text: [UInt8] = []
        do {
            var json = JSONWriter(.compact) { text += $0 }
            json.beginObject()
            try write(to: &json)
            try json.end()
            try json.finish()
        } catch {
            preconditionFailure("nothing is written but to memory: \(error)")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func write(to json: inout JSONWriter) throws {
        for (key, arrays) in [(Key.parameters, parameters), (.buffers, buffers)] {
            try json.objects(key.rawValue, arrays) { json, array in
                json.field(ArrayKey.name.rawValue, array.name)
                json.key(ArrayKey.shape.rawValue)
                json.beginArray()
                for size in array.shape { json.value(size) }
                try json.end()
            }
        }
        try json.objects(Key.constants.rawValue, constants) { json, constant in
            json.field(ConstantKey.name.rawValue, constant.name)
            json.field(ConstantKey.sha256.rawValue, constant.sha256)
        }
        json.field(Key.computes.rawValue, computed.rawValue)
        try json.objects(Key.groups.rawValue, groups) { json, group in try Self.write(group, to: &json) }
        try json.object(Key.schedule.rawValue) { json in
            func write(_ name: ScheduleName) { json.field(ScheduleKey.type.rawValue, name.rawValue) }
            switch schedule.decay {
            case .constant: write(.constant)
            case .linear(let steps, let floor):
                write(.linear)
                json.field(ScheduleKey.steps.rawValue, steps)
                Self.write(ScheduleKey.floor.rawValue, floor, to: &json)
            case .cosine(let steps, let floor):
                write(.cosine)
                json.field(ScheduleKey.steps.rawValue, steps)
                Self.write(ScheduleKey.floor.rawValue, floor, to: &json)
            }
            json.field(ScheduleKey.warmup.rawValue, schedule.warmup)
        }
        if let maxNorm {
            Self.write(Key.maxNorm.rawValue, maxNorm, to: &json)
        } else {
            json.key(Key.maxNorm.rawValue)
            json.null()
        }
        json.field(Key.skips.rawValue, mostSkipped)
    }

    private static func write(_ group: Group, to json: inout JSONWriter) throws {
        try json.field(GroupKey.parameters.rawValue, group.parameters)
        func numbers(_ list: [(GroupKey, Float)]) {
            for (key, number) in list { write(key.rawValue, number, to: &json) }
        }
        func name(_ name: OptimizerName) { json.field(GroupKey.optimizer.rawValue, name.rawValue) }
        switch group.optimizer {
        case .sgd(let rate, let momentum, let nesterov):
            name(.sgd)
            numbers([(.rate, rate), (.momentum, momentum)])
            json.field(GroupKey.nesterov.rawValue, nesterov)
        case .adam(let rate, let beta1, let beta2, let epsilon):
            name(.adam)
            numbers([(.rate, rate), (.beta1, beta1), (.beta2, beta2), (.epsilon, epsilon)])
        case .adamW(let rate, let beta1, let beta2, let epsilon):
            name(.adamw)
            numbers([(.rate, rate), (.beta1, beta1), (.beta2, beta2), (.epsilon, epsilon)])
        }
        numbers([(.decay, group.decay)])
    }

    private static func write(_ key: String, _ number: Float, to json: inout JSONWriter) {
        json.key(key)
        json.value(number: "\(number)")
    }

    // MARK: Reading

    /// Reads a document that is a description.
    /// - Throws: everything that is wrong with it, with its path.
    public init(json text: some Collection<UInt8>) throws(InvalidInput) {
        var description: ModelDescription?
        do {
            let faults = try Swift.Array(text).withUnsafeBufferPointer { bytes in
                try FieldReader.read(bytes) { description = try Self.read($0) }
            }
            try faults.throwIfAny()
        } catch let error as InvalidInput {
            throw error
        } catch {
            throw InvalidInput("", "\(error)", allowed: "the description of a model")
        }
        // Without one there is a fault.
        self = description!
    }

    /// Reads the next value as a description.
    /// - Returns: nil if there are faults.
    package static func read(_ fields: FieldReader) throws -> ModelDescription? {
        var draft = Draft()
        let before = fields.faults.count
        let path = fields.json.currentPath
        try fields.object(Key.self) { key in try draft.read(key, fields) }
        guard fields.faults.count == before else { return nil }
        do throws(InvalidInput) {
            return try ModelDescription(
                parameters: draft.parameters, buffers: draft.buffers, constants: draft.constants,
                computed: draft.computed, groups: draft.groups, schedule: draft.schedule, maxNorm: draft.maxNorm,
                mostSkipped: draft.skips)
        } catch {
            for fault in error.faults {
                fields.faults.add(
                    path.isEmpty ? fault.path : "\(path).\(fault.path)", fault.found, allowed: fault.allowed)
            }
            return nil
        }
    }

    private struct Draft {
        var parameters: [Array] = []
        var buffers: [Array] = []
        var constants: [Constant] = []
        var computed = Computed.gradient
        var groups: [Group] = []
        var schedule = RateSchedule.constant
        var maxNorm: Float?
        var skips = 0

        mutating func read(_ key: Key, _ fields: FieldReader) throws {
            switch key {
            case .parameters: parameters = try Self.arrays(fields)
            case .buffers: buffers = try Self.arrays(fields)
            case .constants:
                try fields.array("a list of constants") { _ in
                    var (name, sha256) = (String?.none, String?.none)
                    try fields.object(ConstantKey.self) { key in
                        switch key {
                        case .name: name = try fields.string()
                        case .sha256: sha256 = try Self.digest(fields)
                        }
                    }
                    if let name, let sha256 { constants.append(Constant(name: name, sha256: sha256)) }
                }
            case .computes: computed = try Self.name(fields, of: Computed.self) ?? .gradient
            case .groups:
                try fields.array("a list of groups of parameters") { _ in
                    if let group = try Self.group(fields) { groups.append(group) }
                }
            case .schedule: schedule = try Self.schedule(fields) ?? .constant
            case .maxNorm: maxNorm = try fields.json.kind() == .null ? Self.null(fields) : Self.number(fields)
            case .skips: skips = try fields.integer(in: 0...1 << 31) ?? 0
            }
        }

        private static func null(_ fields: FieldReader) throws -> Float? {
            try fields.json.skip()
            return nil
        }

        private static func arrays(_ fields: FieldReader) throws -> [Array] {
            var arrays: [Array] = []
            try fields.array("a list of arrays") { _ in
                var (name, shape) = (String?.none, [Int]())
                try fields.object(ArrayKey.self) { key in
                    switch key {
                    case .name: name = try fields.string()
                    case .shape:
                        try fields.array("a list of sizes") { _ in
                            if let size = try fields.integer(in: 0...mostNumbers) { shape.append(size) }
                        }
                    }
                }
                if let name { arrays.append(Array(name: name, shape: shape)) }
            }
            return arrays
        }

        private static func digest(_ fields: FieldReader) throws -> String? {
            let path = fields.json.currentPath
            guard let text = try fields.string() else { return nil }
            if text.utf8.count == 64, text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) { return text }
            fields.faults.add(path, "\"\(text)\"", allowed: "64 hexadecimal digits in lower case")
            return nil
        }

        /// A number, as the nearest Float32.
        private static func number(_ fields: FieldReader) throws -> Float? {
            let path = fields.json.currentPath
            guard try fields.json.kind() == .number else {
                try fields.refuse(allowed: "a number")
                return nil
            }
            let text = try fields.json.number()
            if let number = Float(text), number.isFinite { return number }
            fields.faults.add(path, text, allowed: "a number that is finite as a Float32")
            return nil
        }

        private static func name<Name: RawRepresentable<String> & CaseIterable>(
            _ fields: FieldReader, of _: Name.Type
        ) throws -> Name? {
            let path = fields.json.currentPath
            guard let text = try fields.string() else { return nil }
            if let name = Name(rawValue: text) { return name }
            fields.faults.add(
                path, "\"\(text)\"", allowed: Name.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
            return nil
        }

        private static func group(_ fields: FieldReader) throws -> Group? {
            let path = fields.json.currentPath
            var names: [String] = []
            var optimizer: OptimizerName?
            var numbers: [GroupKey: Float] = [:]
            var nesterov: Bool?
            try fields.object(GroupKey.self) { key in
                switch key {
                case .parameters:
                    try fields.array("a list of names of parameters") { _ in
                        if let name = try fields.string() { names.append(name) }
                    }
                case .optimizer: optimizer = try Self.name(fields, of: OptimizerName.self)
                case .nesterov: nesterov = try fields.boolean()
                default: numbers[key] = try number(fields)
                }
            }
            guard let optimizer else { return nil }
            let settings: [GroupKey] = optimizer == .sgd ? [.momentum] : [.beta1, .beta2, .epsilon]
            let (needed, found) = (Set(settings + [.rate, .decay]), Set(numbers.keys))
            guard found == needed, (nesterov != nil) == (optimizer == .sgd) else {
                let names = ([.rate, .decay] + settings).map(\.rawValue) + (optimizer == .sgd ? ["nesterov"] : [])
                fields.faults.add(
                    path, "other settings than those of \(optimizer.rawValue)",
                    allowed: names.joined(separator: ", "))
                return nil
            }
            func setting(_ key: GroupKey) -> Float { numbers[key] ?? 0 }
            let made: Optimizer =
                switch optimizer {
                case .sgd: .sgd(rate: setting(.rate), momentum: setting(.momentum), nesterov: nesterov == true)
                case .adam:
                    .adam(
                        rate: setting(.rate), beta1: setting(.beta1), beta2: setting(.beta2),
                        epsilon: setting(.epsilon))
                case .adamw:
                    .adamW(
                        rate: setting(.rate), beta1: setting(.beta1), beta2: setting(.beta2),
                        epsilon: setting(.epsilon))
                }
            return Group(parameters: names, optimizer: made, decay: setting(.decay))
        }

        private static func schedule(_ fields: FieldReader) throws -> RateSchedule? {
            let path = fields.json.currentPath
            var (type, warmup) = (ScheduleName?.none, 0)
            var (steps, floor) = (Int?.none, Float?.none)
            try fields.object(ScheduleKey.self) { key in
                switch key {
                case .type: type = try name(fields, of: ScheduleName.self)
                case .warmup: warmup = try fields.integer(in: 0...RateSchedule.mostSteps) ?? 0
                case .steps: steps = try fields.integer(in: 0...RateSchedule.mostSteps)
                case .floor: floor = try number(fields)
                }
            }
            guard let type else { return nil }
            guard (steps != nil && floor != nil) == (type != .constant), (steps == nil) == (floor == nil) else {
                fields.faults.add(
                    path, "other keys than those of a \(type.rawValue) schedule",
                    allowed: type == .constant ? "type, warmup" : "type, warmup, steps, floor")
                return nil
            }
            do throws(InvalidInput) {
                switch type {
                case .constant: return try RateSchedule(warmup: warmup, .constant)
                case .linear: return try RateSchedule(warmup: warmup, .linear(steps: steps!, floor: floor!))
                case .cosine: return try RateSchedule(warmup: warmup, .cosine(steps: steps!, floor: floor!))
                }
            } catch {
                for fault in error.faults {
                    fields.faults.add("\(path).\(fault.path)", fault.found, allowed: fault.allowed)
                }
                return nil
            }
        }
    }
}
