import ChaosDocuments

/// What makes the state of a model besides its parameters.
public enum StateKind: String, Sendable, CaseIterable {
    /// Parameters and two moments in 32 bit: 12 bytes a parameter.
    case adam
    /// Parameters and momentum in 32 bit: 8 bytes a parameter.
    case sgdMomentum = "sgd-momentum"
    /// 16-bit weights, a 32-bit copy and two moments: 14 bytes a parameter.
    case mixedAdam = "mixed-adam"
    /// Parameters only, in the type in which the model holds them.
    case none

    var key: String {
        switch self {
        case .adam: "bytes_with_adam_fp32"
        case .sgdMomentum: "bytes_with_sgd_momentum_fp32"
        case .mixedAdam: "bytes_mixed_precision_adam"
        case .none: "bytes_params"
        }
    }
}

extension TrainingState {
    /// Reads a model description: a JSON object with `name` and the sizes `bytes_params`, `bytes_with_adam_fp32`,
    /// `bytes_with_sgd_momentum_fp32`, `bytes_mixed_precision_adam`; other keys are passed over.
    /// - Throws: `InvalidInput` if the text is no JSON object or lacks the name or the size that is asked for.
    public init(modelDescription bytes: [UInt8], kind: StateKind, file: String) throws {
        var faults = FaultList()
        var (name, size) = (String?.none, Int?.none)
        do {
            try bytes.withUnsafeBufferPointer { buffer in
                let json = JSONReader(buffer)
                try json.object { key in
                    switch key {
                    case "name" where try json.kind() == .string: name = try json.string()
                    case kind.key:
                        size = try json.integer()
                        let found = try size.map { "\($0)" } ?? json.skipQuoting()
                        if !(1...ModelRange.mostBytes).contains(size ?? 0) {
                            faults.add(key, found, allowed: "1 … 2^53 bytes")
                        }
                    default: try json.skip()
                    }
                }
                try json.end()
            }
            for (key, isMissing) in [("name", name == nil), (kind.key, size == nil)] where isMissing && faults.isEmpty {
                faults.add(key, "no such key, or no text", allowed: "a model description with name and \(kind.key)")
            }
        } catch let error as JSONReader.SyntaxError {
            faults.add(error.fault.path, error.fault.found, allowed: error.fault.allowed)
        }
        guard faults.isEmpty, let name, let size else {
            throw InvalidInput(file: file, faults: faults.faults, count: faults.count)
        }
        self.init(bytes: size, model: name, optimizer: kind == .none ? nil : kind.rawValue)
    }
}
