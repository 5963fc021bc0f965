import ChaosDocuments
import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosTraining

@Suite struct SafetensorsTests {
    /// What the format's own library says of a file.
    private struct Answer: Decodable {
        let file: String
        /// By name: type, shape, digest of the bytes.
        let tensors: [String: [String]]?
    }

    private static func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-tensors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private static func answers(_ folder: URL, seed: Int, count: Int, _ files: [URL] = []) throws -> [Answer] {
        let (status, lines) = try PythonTool.run(
            [PackageRoot.url("Tests/read_with_safetensors.py").path, folder.path, "\(seed)", "\(count)"]
                + files.map(\.path))
        #expect(status == .exited(0) && lines.count == 2 * count + files.count)
        return try lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
    }

    /// What our reader says, in the same form.
    private static func read(_ bytes: [UInt8]) throws -> [String: [String]] {
        try bytes.withUnsafeBytes { bytes in
            let (header, start) = try SafetensorsHeader.read(bytes)
            return Dictionary(
                uniqueKeysWithValues: header.tensors.map { tensor in
                    let range = start + tensor.bytes.lowerBound..<start + tensor.bytes.upperBound
                    var digest = ContentDigest()
                    digest.update(UnsafeRawBufferPointer(rebasing: bytes[range]))
                    return (tensor.name, [tensor.type.rawValue, "\(tensor.shape)", digest.hexadecimal])
                })
        }
    }

    /// Whole files are read alike, and what the library refuses we do not read. It reads a little more than we do: unknown
    /// keys, keys that come twice.
    @Test(arguments: 1...4) func filesAreReadAlike(_ seed: Int) throws {
        try Self.inFolder { folder in
            var refused = 0
            for answer in try Self.answers(folder, seed: seed, count: 300) {
                let bytes = try DocumentIO.read(answer.file)
                if answer.file.hasSuffix("whole.safetensors") {
                    #expect(try Self.read(bytes) == answer.tensors, "\(answer.file)")
                } else if let found = try? Self.read(bytes) {
                    #expect(found == answer.tensors, "\(answer.file)")
                } else {
                    refused += 1
                }
            }
            #expect(refused > 100)
        }
    }

    /// A state behind its header: the library finds every tensor where it should be.
    @Test func statesAreFilesOfTheFormat() throws {
        try Self.inFolder { folder in
            var names: [[String]] = []
            var files: [URL] = []
            for (k, optimizer) in [Optimizer.sgd(rate: 0.1), .sgd(rate: 0.1, momentum: 0.9), .adamW(rate: 0.1)]
                .enumerated()
            {
                var trainer = try TrainingParts.small(optimizer, hidden: [5])
                try trainer.train(on: [1, 2, 3])
                files.append(folder.appending(path: "state-\(k)"))
                let bytes = trainer.fileHeader.encoded + (try trainer.readState(0..<trainer.stateBytes))
                try Data(bytes).write(to: files[k])
                names.append(["model"] + optimizer.moments)
                #expect(trainer.tensors.last?.bytes.upperBound == trainer.stateBytes)
            }
            for (answer, parts) in zip(try Self.answers(folder, seed: 1, count: 0, files), names) {
                let tensors = try #require(answer.tensors)
                #expect(try Self.read(DocumentIO.read(answer.file)) == tensors)
                let shapes = tensors.mapValues { Array($0[..<2]) }
                var expected = ["chaos.header": ["U8", "[64]"]]
                for part in parts {
                    expected["\(part).0.weight"] = ["F32", "[6, 5]"]
                    expected["\(part).0.bias"] = ["F32", "[5]"]
                    expected["\(part).1.weight"] = ["F32", "[5, 3]"]
                    expected["\(part).1.bias"] = ["F32", "[3]"]
                }
                #expect(shapes == expected)
            }
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        var random = SeededRandom(seed: 9)
        for count in 0..<60 {
            var tensors: [Tensor] = []
            for k in 0..<count % 7 {
                let shape = (0..<random.int(0...3)).map { _ in random.int(0...4) }
                let type = ElementType.allCases[random.int(0...ElementType.allCases.count - 1)]
                tensors.append(Tensor("t\(k)\u{7}\"é", type, shape, at: tensors.last?.bytes.upperBound ?? 0))
            }
            let header = SafetensorsHeader(tensors, metadata: count % 2 == 0 ? [:] : ["a\n": "\u{1B}[31m", "b": ""])
            let encoded = header.encoded
            #expect(encoded.count % 8 == 0)
            let file = encoded + [UInt8](repeating: 7, count: header.dataBytes)
            try file.withUnsafeBytes {
                let (found, start) = try SafetensorsHeader.read($0)
                #expect(found == header && start == encoded.count)
            }
        }
    }

    @Test func everyFaultHasItsPlace() throws {
        func file(_ text: String, data: Int = 8) -> [UInt8] {
            withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
                + [UInt8](repeating: 0, count: data)
        }
        func faults(_ bytes: [UInt8]) -> [String] {
            do {
                _ = try Self.read(bytes)
                return []
            } catch let error as InvalidInput {
                return error.faults.map(\.path)
            } catch {
                return ["\(error)"]
            }
        }
        #expect(faults(file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#)) == [])
        #expect(faults([]) == [""])
        #expect(faults([1, 2, 3]) == [""])
        #expect(faults([UInt8](repeating: 0xFF, count: 20)) == ["header"])
        for (text, paths) in [
            (#"[]"#, [""]), (#"{"#, ["line 1, column 2"]), (#"{}"#, [""]),
            (#"{"a":3}"#, ["a"]),
            (#"{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}"#, ["a.dtype"]),
            (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, ["a.shape[0]"]),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}"#, ["a.data_offsets"]),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, ["a.data_offsets"]),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}"#, ["a.data_offsets"]),
            (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, ["a"]),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, ["a"]),
            (#"{"a":{"dtype":"F32","shape":[2]}}"#, ["a.data_offsets"]),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, ["a.x"]),
            (#"{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, ["__metadata__.k"]),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, ["a.data_offsets"]),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, [""]),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
                ["a"]
            ),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                ["b.data_offsets"]
            ),
        ] {
            #expect(faults(file(text)) == paths, "\(text)")
        }
    }

    @Test func tellsTheFirstDifference() throws {
        let own = SafetensorsHeader(
            [Tensor("a", .float32, [2], at: 0), Tensor("b", .float32, [3], at: 8)], metadata: ["k": "v"])
        func difference(_ tensors: [Tensor], _ metadata: [String: String] = ["k": "v"]) -> String? {
            do throws(InvalidInput) {
                try own.require(SafetensorsHeader(tensors, metadata: metadata))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(difference(own.tensors) == nil)
        #expect(
            difference([own.tensors[0], Tensor("b", .float32, [2], at: 8)])
                == "b: b: F32 [2] at 8; allowed: b: F32 [3] at 8")
        #expect(difference([own.tensors[0]]) == "b: no such tensor; allowed: b: F32 [3] at 8")
        #expect(
            difference(own.tensors + [Tensor("c", .uint8, [], at: 20)])
                == "c: c: U8 [] at 20; allowed: no further tensor")
        #expect(difference(own.tensors, [:]) == "__metadata__.k: no such text; allowed: v")
    }
}
