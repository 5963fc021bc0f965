import ChaosDocuments

/// The beginning of a file in the safetensors format: what tensors follow, and where they lie.
///
/// The file is 8 bytes with the length n of a JSON object, little-endian, the object with blanks up to that length, and
/// the numbers of the tensors, in which no byte is left over and none is of two tensors. Under each tensor's name stand
/// `dtype`, `shape` and `data_offsets` behind the object; under `__metadata__` texts by name.
public struct SafetensorsHeader: Sendable, Equatable {
    /// The greatest length of the object that is read, as in the format's own library: 100 MB.
    public static let mostBytes = 100_000_000
    private static let metadataKey = "__metadata__"

    /// In the order in which they lie.
    public let tensors: [Tensor]
    public let metadata: [String: String]

    /// How many bytes follow the header.
    public var dataBytes: Int { tensors.last?.bytes.upperBound ?? 0 }

    /// - Precondition: the tensors follow each other from 0 on without a gap, and have names of their own.
    public init(_ tensors: [Tensor], metadata: [String: String] = [:]) {
        precondition(zip([0] + tensors.map(\.bytes.upperBound), tensors).allSatisfy { $0 == $1.bytes.lowerBound })
        precondition(Set(tensors.map(\.name) + [Self.metadataKey]).count == tensors.count + 1)
        self.tensors = tensors
        self.metadata = metadata
    }

    /// - Throws: the first in which another header differs: a tensor, or a text.
    public func require(_ other: SafetensorsHeader) throws(InvalidInput) {
        for k in 0..<max(tensors.count, other.tensors.count) {
            let (own, found) = (tensors[safe: k], other.tensors[safe: k])
            guard own != found else { continue }
            throw InvalidInput(
                (found ?? own)!.name, found.map { "\($0) at \($0.bytes.lowerBound)" } ?? "no such tensor",
                allowed: own.map { "\($0) at \($0.bytes.lowerBound)" } ?? "no further tensor")
        }
        for key in Set(metadata.keys).union(other.metadata.keys).sorted() where metadata[key] != other.metadata[key] {
            throw InvalidInput(
                "\(Self.metadataKey).\(key)", other.metadata[key] ?? "no such text",
                allowed: metadata[key] ?? "no such text")
        }
    }

    // MARK: Writing

    /// What stands before the numbers; its length is a multiple of 8, and the same tensors and texts give the same bytes.
    public var encoded: [UInt8] {
        var text: [UInt8] = []
        do {
            var json = JSONWriter(.compact) { text += $0 }
            json.beginObject()
            if !metadata.isEmpty {
                try json.object(Self.metadataKey) { json in
                    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { json.field(key, value) }
                }
            }
            for tensor in tensors { try Self.write(tensor, to: &json) }
            try json.end()
            try json.finish()
        } catch {
            preconditionFailure("nothing is written but to memory: \(error)")
        }
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    private static func write(_ tensor: Tensor, to json: inout JSONWriter) throws {
        try json.object(tensor.name) { json in
            json.field(Key.dtype.rawValue, tensor.type.rawValue)
            for (key, numbers) in [
                (Key.shape, tensor.shape), (.dataOffsets, [tensor.bytes.lowerBound, tensor.bytes.upperBound]),
            ] {
                json.key(key.rawValue)
                json.beginArray()
                for number in numbers { json.value(number) }
                try json.end()
            }
        }
    }

    // MARK: Reading

    private enum Key: String, FieldKey {
        case dtype
        case shape
        case dataOffsets = "data_offsets"
        static let required: [Key] = [.dtype, .shape, .dataOffsets]
        static let table = FieldTable<Key>()
    }

    /// Reads the header of a file.
    /// - Parameters:
    ///   - bytes: those of the file, at least up to the end of the header.
    ///   - fileBytes: how many the file has; nil: just these.
    /// - Returns: the header, and where the numbers begin.
    /// - Throws: `InvalidInput` with everything that is not as the format has it. Cost: linear in the length of the header,
    ///   and the sorting of its tensors.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, ofFileWith fileBytes: Int? = nil
    ) throws(InvalidInput) -> (SafetensorsHeader, dataOffset: Int) {
        let fileBytes = fileBytes ?? bytes.count
        let dataOffset = try dataOffset(bytes, ofFileWith: fileBytes)
        guard dataOffset <= bytes.count else {
            throw InvalidInput("header", "\(bytes.count) bytes of it", allowed: "\(dataOffset) bytes")
        }
        var draft = Draft(dataBytes: fileBytes - dataOffset)
        do {
            var faults = try bytes[8..<dataOffset].withMemoryRebound(to: UInt8.self) { text in
                try FieldReader.read(UnsafeBufferPointer(rebasing: text[...])) { try draft.read($0) }
            }
            draft.checkCover(into: &faults)
            try faults.throwIfAny()
        } catch let error as InvalidInput {
            throw error
        } catch {
            throw InvalidInput("header", "\(error)", allowed: "the header of a safetensors file")
        }
        return (SafetensorsHeader(draft.tensors, metadata: draft.metadata), dataOffset)
    }

    /// Reads no more of a file than its header.
    /// - Returns: the header, and where the numbers begin.
    /// - Throws: `InvalidInput` as `read(_:ofFileWith:)`, with the file's name; `FileError`.
    public static func read(file path: String) throws -> (SafetensorsHeader, dataOffset: Int) {
        let size = try DocumentIO.size(of: path)
        do {
            let first = try DocumentIO.read(path, bytes: 0..<8)
            let end = try first.withUnsafeBytes { try dataOffset($0, ofFileWith: size) }
            let bytes = try DocumentIO.read(path, bytes: 0..<end)
            return try bytes.withUnsafeBytes { try read($0, ofFileWith: size) }
        } catch let error as InvalidInput {
            throw error.named(path)
        }
    }

    /// Where the numbers of a file begin, as its first 8 bytes have it.
    /// - Throws: if there are fewer, or it is not within the file, or beyond `mostBytes`.
    public static func dataOffset(
        _ bytes: UnsafeRawBufferPointer, ofFileWith fileBytes: Int
    ) throws(InvalidInput) -> Int {
        guard bytes.count >= 8 else {
            throw InvalidInput("", "\(bytes.count) bytes", allowed: "8 bytes and a header, as a safetensors file has")
        }
        let most = max(0, min(mostBytes, fileBytes - 8))
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(most) else {
            throw InvalidInput(
                "header", "a length of \(length) bytes",
                allowed: "at most \(most) bytes: the header of a safetensors file")
        }
        return 8 + Int(length)
    }

    /// What has been read so far.
    private struct Draft {
        let dataBytes: Int
        var tensors: [Tensor] = []
        var metadata: [String: String] = [:]
        private var names: Set<String> = []

        init(dataBytes: Int) { self.dataBytes = dataBytes }

        mutating func read(_ fields: FieldReader) throws {
            guard try fields.json.kind() == .object else { return try fields.refuse(allowed: "an object") }
            try fields.json.object { name in
                guard names.insert(name).inserted else {
                    fields.faults.add(fields.json.currentPath, "the name a second time", allowed: "each name once")
                    return try fields.json.skip()
                }
                try name == metadataKey ? readMetadata(fields) : readTensor(name, fields)
            }
        }

        private mutating func readMetadata(_ fields: FieldReader) throws {
            guard try fields.json.kind() == .object else { return try fields.refuse(allowed: "an object") }
            try fields.json.object { key in
                guard let text = try fields.string() else { return }
                guard metadata.updateValue(text, forKey: key) != nil else { return }
                fields.faults.add(fields.json.currentPath, "the key a second time", allowed: "each key once")
            }
        }

        private mutating func readTensor(_ name: String, _ fields: FieldReader) throws {
            let path = fields.json.currentPath
            var (type, shape, offsets) = (ElementType?.none, [Int]?.none, [Int]?.none)
            try fields.object(Key.self) { key in
                switch key {
                case .dtype: type = try fields.name()
                case .shape: shape = try Self.readNumbers("a list of sizes, 0 or more", fields)
                case .dataOffsets:
                    let place = fields.json.currentPath
                    offsets = try Self.readNumbers("the offsets of the first byte and of the end", fields)
                    guard let found = offsets, found.count != 2 || found[0] > found[1] || found[1] > dataBytes else {
                        return
                    }
                    fields.faults.add(
                        place, "\(found)",
                        allowed: "the offsets of the first byte and of the end, within 0 … \(dataBytes)")
                    offsets = nil
                }
            }
            guard let type, let shape, let offsets else { return }
            var (bytes, isTooLong) = (type.bytes, false)
            for size in shape where !isTooLong { (bytes, isTooLong) = bytes.multipliedReportingOverflow(by: size) }
            guard !isTooLong, bytes == offsets[1] - offsets[0] else {
                return fields.faults.add(
                    path, "\(offsets[1] - offsets[0]) bytes for \(type.rawValue) \(shape)",
                    allowed: isTooLong ? "a tensor that fits the file" : "\(bytes) bytes")
            }
            tensors.append(Tensor(name, type, shape, at: offsets[0]))
        }

        /// - Returns: nil if one of them is none, which is a fault then.
        private static func readNumbers(_ what: String, _ fields: FieldReader) throws -> [Int]? {
            guard try fields.json.kind() == .array else {
                try fields.refuse(allowed: what)
                return nil
            }
            var (numbers, isWhole) = ([Int](), true)
            try fields.json.array { _ in
                let number = try fields.integer(in: 0...Int.max)
                if let number { numbers.append(number) } else { isWhole = false }
            }
            return isWhole ? numbers : nil
        }

        /// Puts the tensors in order, and finds bytes that belong to none or to two.
        mutating func checkCover(into faults: inout FaultList) {
            guard faults.isEmpty else { return }
            tensors.sort {
                ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
                    < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
            }
            var end = 0
            for tensor in tensors {
                guard tensor.bytes.lowerBound == end else {
                    return faults.add(
                        "\(tensor.name).\(Key.dataOffsets.rawValue)", "the first byte \(tensor.bytes.lowerBound)",
                        allowed: "\(end), where the tensor before it ends")
                }
                end = tensor.bytes.upperBound
            }
            if end != dataBytes {
                faults.add("", "\(dataBytes) bytes behind the header", allowed: "\(end), as its tensors have")
            }
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
