import ChaosTesting
import Testing

@testable import ChaosModel

@Suite struct ModelDescriptionTests {
    private func state(_ text: String, _ kind: StateKind) throws -> TrainingState {
        try TrainingState(modelDescription: Array(text.utf8), kind: kind, file: "m.json")
    }

    private static let text = """
        {"name":"net","parameters":[{"name":"w","shape":[3,4]}],"bytes_params":48,"bytes_with_adam_fp32":144,
         "bytes_with_sgd_momentum_fp32":96,"bytes_mixed_precision_adam":168}
        """

    @Test(arguments: [(StateKind.adam, 144), (.sgdMomentum, 96), (.mixedAdam, 168), (.none, 48)])
    func takesTheSizeOfTheOptimizer(_ kind: StateKind, _ bytes: Int) throws {
        let state = try state(Self.text, kind)
        #expect(state == TrainingState(bytes: bytes, model: "net", optimizer: kind == .none ? nil : kind.rawValue))
    }

    @Test(arguments: [
        (#"{"name":"net"}"#, "bytes_params"), (#"{"bytes_params":5}"#, "name"),
        (#"{"name":"net","bytes_params":0}"#, "bytes_params"), (#"{"name":"net","bytes_params":"5"}"#, "bytes_params"),
        ("[1]", "line 1, column 1"), (#"{"name":"net","bytes_params":5"#, "line 1, column 31"),
        ("", "line 1, column 1"),
    ])
    func refusesWhatIsNoDescription(_ text: String, _ path: String) throws {
        let invalid = try #require(faults { _ = try state(text, .none) })
        #expect(invalid.file == "m.json")
        #expect(invalid.faults.map(\.path) == [path])
    }
}
