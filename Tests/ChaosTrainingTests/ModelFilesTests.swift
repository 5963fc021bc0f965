import ChaosDocuments
import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosTraining

@Suite struct ModelFilesTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-model-\(UUID().uuidString)").path
        try DocumentIO.createFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// A file of tensors one after another, with these bytes.
    private static func write(_ tensors: [(name: String, ElementType, shape: [Int], bytes: [UInt8])], to path: String)
        throws
    {
        var placed: [Tensor] = []
        for (name, type, shape, _) in tensors {
            placed.append(Tensor(name, type, shape, at: placed.last?.bytes.upperBound ?? 0))
        }
        let bytes = SafetensorsHeader(placed).encoded + tensors.flatMap(\.bytes)
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    private static func read(_ name: String, _ shape: [Int], of path: String) throws -> [Float] {
        var numbers = [Float](repeating: .nan, count: shape.reduce(1, *))
        let model = try ModelFiles(path)
        try numbers.withUnsafeMutableBufferPointer { try model.read(name, shape: shape, into: $0) }
        return numbers
    }

    private static func fault(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    /// Every number of 16 bits, against the processor's own.
    @Test func halvesMeanWhatTheyMean() {
        for bits in UInt16.min...UInt16.max {
            let (found, expected) = (ModelFiles.float(half: bits), Float(Float16(bitPattern: bits)))
            #expect(found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN, "\(bits)")
        }
    }

    @Test func numbersOfEveryTypeAreRead() throws {
        try Self.inFolder { folder in
            let path = folder + "/m"
            let numbers: [Float] = [1.5, -2, 0, -0.0, 0.25, 96]
            try Self.write(
                [
                    ("f64", .float64, [2, 3], Self.bytes(numbers.map { Double($0).bitPattern })),
                    ("f32", .float32, [6], Self.bytes(numbers.map(\.bitPattern))),
                    ("f16", .float16, [3, 2], Self.bytes(numbers.map { Float16($0).bitPattern })),
                    ("bf16", .bfloat16, [1, 6], Self.bytes(numbers.map { UInt16($0.bitPattern >> 16) })),
                    ("i32", .int32, [1], Self.bytes([Int32(1)])),
                    ("one", .float32, [], Self.bytes([Float(7).bitPattern])),
                    ("none", .float32, [0], []), ("inf", .bfloat16, [2], Self.bytes([UInt16(0), 0x7F80])),
                ], to: path)
            for (name, shape) in [("f64", [2, 3]), ("f32", [6]), ("f16", [3, 2]), ("bf16", [1, 6])] {
                let found = try Self.read(name, shape, of: path)
                #expect(found.map(\.bitPattern) == numbers.map(\.bitPattern), "\(name)")
            }
            #expect(try Self.read("one", [], of: path) == [7])
            #expect(try Self.read("none", [0], of: path) == [])
            for (name, shape, expected) in [
                ("f32", [2, 3], "\(path): f32: shape [6]; allowed: shape [2, 3]"),
                ("x", [1], "\(path): x: no such tensor; allowed: x of shape [1]"),
                ("i32", [1], "\(path): i32: numbers of type I32; allowed: F64, F32, F16, BF16"),
                ("inf", [2], "\(path): inf[1]: inf; allowed: finite numbers"),
            ] {
                #expect(Self.fault { _ = try Self.read(name, shape, of: path) } == expected)
            }
        }
    }

    @Test func foldersAreRead() throws {
        try Self.inFolder { folder in
            let index = folder + "/model.safetensors.index.json"
            func writeIndex(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: index)) }
            #expect(
                Self.fault { _ = try ModelFiles(folder) } == "\(folder)/model.safetensors: No such file or directory")
            for (k, name) in ["a", "b"].enumerated() {
                try Self.write(
                    [(name, .float32, [1], Self.bytes([Float(k).bitPattern]))], to: "\(folder)/\(k).safetensors")
            }
            try writeIndex(#"{"metadata":{"total_size":8},"weight_map":{"a":"0.safetensors","b":"1.safetensors"}}"#)
            #expect(try Self.read("a", [1], of: folder) + Self.read("b", [1], of: folder) == [0, 1])
            #expect(try ModelFiles(folder).tensors.map(\.name) == ["a", "b"])
            for (text, expected) in [
                (#"{"weight_map":{"a":"1.safetensors"}}"#, "weight_map.a: 1.safetensors, which has no such tensor; "),
                (#"{"weight_map":{"a":"../0.safetensors"}}"#, #"weight_map.a: "../0.safetensors"; "#),
                (#"{"weight_map":{"a":"/etc/passwd"}}"#, #"weight_map.a: "/etc/passwd"; "#),
                (#"{"weight_map":{"a":3}}"#, "weight_map.a: 3; "), (#"{"weight_map":[]}"#, "weight_map: an array; "),
                (#"{}"#, "weight_map: the key is missing; "), (#"[]"#, "an array; "), ("", "line 1, column 1: "),
            ] {
                try writeIndex(text)
                #expect(Self.fault { _ = try ModelFiles(folder) }.hasPrefix("\(index): \(expected)"), "\(text)")
            }
            // One file goes before several.
            try Self.write([("c", .float32, [], Self.bytes([Float(5).bitPattern]))], to: folder + "/model.safetensors")
            #expect(try Self.read("c", [], of: folder) == [5])
        }
    }

    /// A run begins with the parameters of another one, whatever its optimizer.
    @Test func aRunBeginsWithTheModelOfAnother() throws {
        try Self.inFolder { folder in
            var first = try TrainingParts.small(.adamW(rate: 0.01))
            try first.train(on: [1, 2, 3])
            let path = folder + "/checkpoint"
            let bytes = try first.fileHeader.encoded + first.readState(0..<first.stateBytes)
            try Data(bytes).write(to: URL(filePath: path))
            let data = TrainingParts.data(rows: 40, features: 6, classes: 3, seed: 3)
            func next(_ hidden: [Int]) throws -> NetworkTrainer {
                try NetworkTrainer(
                    training: data, test: data, hidden: hidden, optimizer: .sgd(rate: 0.1), initial: ModelFiles(path),
                    seed: 9)
            }
            let second = try next([5, 4])
            #expect(second.step == 0)
            #expect(try second.numbers() == Array(first.numbers().prefix(first.gradientCount)))
            #expect(Self.fault { _ = try next([5]) }.hasPrefix("\(path): model.2.bias: F32 [3]; allowed: no tensors "))
            #expect(
                Self.fault { _ = try next([4, 4]) } == "\(path): model.0.weight: shape [6, 5]; allowed: shape [6, 4]")
        }
    }
}
