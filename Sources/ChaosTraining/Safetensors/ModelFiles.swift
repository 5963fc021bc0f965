import ChaosDocuments

/// The tensors of a model on disk: a file in the safetensors format, or a folder as the libraries of that ecosystem write
/// it, with `model.safetensors` or, of a model in several files, `model.safetensors.index.json`.
///
/// Only headers are read at first; numbers when they are asked for, tensor by tensor. No code of a model is run or needed.
public struct ModelFiles: Sendable {
    /// The file or folder.
    public let path: String
    private let places: [String: Place]

    private struct Place {
        let file: String
        let tensor: Tensor
        /// Of the numbers behind the header.
        let dataOffset: Int
    }

    /// The greatest size of an index file.
    static let mostIndexBytes = 100 << 20

    /// Reads the headers.
    /// - Throws: `FileError`, or `InvalidInput` with file and place: a file that is none of the format, an index that names
    ///   a file outside its folder, or a tensor that its file does not have.
    public init(_ path: String) throws {
        self.path = path
        guard DocumentIO.isFolder(path) else {
            places = try Self.tensors(ofFile: path)
            return
        }
        let single = path + "/model.safetensors"
        let index = path + "/model.safetensors.index.json"
        if DocumentIO.exists(single) || !DocumentIO.exists(index) {
            places = try Self.tensors(ofFile: single)
        } else {
            places = try Self.tensors(ofIndex: index, in: path)
        }
    }

    /// In the order of their names.
    public var tensors: [Tensor] { places.values.map(\.tensor).sorted { $0.name < $1.name } }

    private static func tensors(ofFile path: String) throws -> [String: Place] {
        let (header, start) = try SafetensorsHeader.read(file: path)
        return Dictionary(
            uniqueKeysWithValues: header.tensors.map { ($0.name, Place(file: path, tensor: $0, dataOffset: start)) })
    }

    private static func tensors(ofIndex path: String, in folder: String) throws -> [String: Place] {
        let map = try weightMap(DocumentIO.read(path, atMost: mostIndexBytes), path)
        var files: [String: [String: Place]] = [:]
        for name in Set(map.values) { files[name] = try tensors(ofFile: folder + "/" + name) }
        var places: [String: Place] = [:]
        for (name, file) in map.sorted(by: { $0.key < $1.key }) {
            guard let place = files[file]?[name] else {
                throw InvalidInput(
                    file: path, "weight_map.\(name)", "\(file), which has no such tensor",
                    allowed: "the file that has it")
            }
            places[name] = place
        }
        return places
    }

    /// The file of each tensor.
    private static func weightMap(_ bytes: [UInt8], _ path: String) throws -> [String: String] {
        var map: [String: String]?
        do {
            var faults = try bytes.withUnsafeBufferPointer { bytes in
                try FieldReader.read(bytes) { fields in
                    guard try fields.json.kind() == .object else { return try fields.refuse(allowed: "an object") }
                    try fields.json.object { key in
                        guard key == "weight_map" else { return try fields.json.skip() }
                        guard try fields.json.kind() == .object else {
                            return try fields.refuse(allowed: "an object: the file of each tensor")
                        }
                        map = [:]
                        try fields.json.object { name in
                            let place = fields.json.currentPath
                            guard let file = try fields.string() else { return }
                            // Nothing outside the folder is opened because a file says so.
                            if file.contains("/") || file.isEmpty || file.hasPrefix(".") {
                                fields.faults.add(
                                    place, "\"\(file)\"", allowed: "the name of a file in the same folder")
                            }
                            map?[name] = file
                        }
                    }
                }
            }
            if map == nil, faults.isEmpty {
                faults.add("weight_map", "the key is missing", allowed: "an object: the file of each tensor")
            }
            try faults.throwIfAny()
        } catch let error as InvalidInput {
            throw error.named(path)
        }
        return map ?? [:]
    }

    /// Copies the numbers of these tensors to their places in a state, as Float32.
    /// - Parameters:
    ///   - tensors: of the model, whose names begin with `model.`.
    ///   - words: the state.
    /// - Throws: what `read` throws, and if there are other tensors whose names begin so.
    func readModel(_ tensors: [Tensor], into words: inout [Float]) throws {
        let names = Set(tensors.map(\.name))
        if let other = self.tensors.first(where: { $0.name.hasPrefix("model.") && !names.contains($0.name) }) {
            throw InvalidInput(
                file: path, other.name, "\(other.type.rawValue) \(other.shape)",
                allowed: "no tensors of the model but \(names.sorted().joined(separator: ", "))")
        }
        for tensor in tensors {
            let range = tensor.bytes.lowerBound / 4..<tensor.bytes.upperBound / 4
            try words.withUnsafeMutableBufferPointer { words in
                try read(tensor.name, shape: tensor.shape, into: UnsafeMutableBufferPointer(rebasing: words[range]))
            }
        }
    }

    /// Copies the numbers of a tensor, as Float32.
    /// - Parameters:
    ///   - name: of the tensor.
    ///   - shape: that it must have.
    ///   - numbers: takes them; as many as the shape has.
    /// - Throws: `InvalidInput` if there is no such tensor, it has another shape, its type is none of F64, F32, F16 and
    ///   BF16, or a number is not finite as a Float32; `FileError`.
    func read(_ name: String, shape: [Int], into numbers: UnsafeMutableBufferPointer<Float>) throws {
        precondition(numbers.count == shape.reduce(1, *))
        guard let place = places[name] else {
            throw InvalidInput(file: path, name, "no such tensor", allowed: "\(name) of shape \(shape)")
        }
        let (tensor, file) = (place.tensor, place.file)
        guard tensor.shape == shape else {
            throw InvalidInput(file: file, name, "shape \(tensor.shape)", allowed: "shape \(shape)")
        }
        let start = place.dataOffset + tensor.bytes.lowerBound
        let bytes = try DocumentIO.read(file, bytes: start..<start + tensor.bytes.count)
        guard bytes.count == tensor.bytes.count else {
            throw InvalidInput(file: file, name, "\(bytes.count) bytes", allowed: "\(tensor.bytes.count) bytes")
        }
        let isKnown = bytes.withUnsafeBytes { Self.convert($0, tensor.type, into: numbers) }
        guard isKnown else {
            throw InvalidInput(
                file: file, name, "numbers of type \(tensor.type.rawValue)", allowed: "F64, F32, F16, BF16")
        }
        if let place = numbers.firstNotFinite {
            throw InvalidInput(file: file, "\(name)[\(place)]", "\(numbers[place])", allowed: "finite numbers")
        }
    }

    /// - Returns: false for types that are no floating-point numbers of 16 bits or more.
    private static func convert(
        _ bytes: UnsafeRawBufferPointer, _ type: ElementType, into numbers: UnsafeMutableBufferPointer<Float>
    ) -> Bool {
        func bits<Word: FixedWidthInteger>(_ place: Int, _: Word.Type) -> Word {
            Word(littleEndian: bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<Word>.size, as: Word.self))
        }
        for i in numbers.indices {
            switch type {
            case .float64: numbers[i] = Float(Double(bitPattern: bits(i, UInt64.self)))
            case .float32: numbers[i] = Float(bitPattern: bits(i, UInt32.self))
            case .bfloat16: numbers[i] = Float(bitPattern: UInt32(bits(i, UInt16.self)) << 16)
            case .float16: numbers[i] = Self.float(half: bits(i, UInt16.self))
            default: return false
            }
        }
        return true
    }

    /// The number that 16 bits of IEEE 754 mean; every one of them is a Float32. Not by `Float16`, which some platforms do
    /// not have.
    static func float(half bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
        return switch exponent {
        case 0: sign * fraction * 0x1p-24
        case 31: fraction == 0 ? sign * .infinity : .nan
        default: Float(sign: .plus, exponent: exponent - 25, significand: sign * (1024 + fraction))
        }
    }
}
