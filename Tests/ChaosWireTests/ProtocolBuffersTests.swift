import ChaosProcess
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

@testable import ChaosWire

/// The reference implementation of Protocol Buffers as an oracle: it makes of our bytes the texts below, and of the
/// texts our bytes.
struct ProtocolBuffersTests {
    static let folder = PackageRoot.url("Sources/ChaosWire")
    /// Debian's package protobuf-compiler; `make test` installs it.
    static let protoc = try? ExecutableSearch(ExecutableSearch.path).find("protoc")

    private func run(
        _ option: String, _ input: [UInt8], as type: String = "Header", in file: String = "header.proto"
    ) throws -> Command.Result {
        let command = Command(
            try #require(Self.protoc),
            [
                "--\(option)=chaos.wire.\(type)", "--proto_path=\(Self.folder.appending(path: "Protos").path)",
                file,
            ], input: input)
        return try command.run()
    }

    static let view = View(
        number: 4, members: [1, 2], learners: [View.Learner(3, admitted: 4)], links: [Link(1, 2), Link(2, 3)],
        qualities: [Link(1, 2): LinkQuality(bandwidth: 1_000_000_000, roundTrip: 0)], weights: [1: 10, 2: 30], era: 3)
    static let viewText = """
        number: 4 members: 1 members: 2 weights: 10 weights: 30 learners: 3 admitted: 4
        link_ends: 0 link_ends: 1 link_ends: 1 link_ends: 2
        bandwidths: 1000000000 bandwidths: 0 round_trips: 1 round_trips: 0 era: 3
        """

    static let report = Report(
        node: 5, sequence: 2, neighbors: [6, 7], qualities: [7: LinkQuality(bandwidth: 3, roundTrip: 9)],
        resources: Resources(samplesPerSecond: 100, snapshotMemory: 4096, load: 990), uneven: 1,
        wish: .ready(view: 0), epoch: 1 << 34, address: "a.example:7000"
    ).signed("CD")
    static let envelope = Envelope(
        origin: 2, sequence: 3, destination: 0, insists: true,
        body: .promise(
            Ballot(round: 2, proposer: 2), next: 4,
            accepted: Accepted(ballot: Ballot(round: 0, proposer: 1), view: view)))

    /// As `protoc` writes bytes.
    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            switch byte {
            case 9: "\\t"
            case 10: "\\n"
            case 13: "\\r"
            case 0x22, 0x27, 0x5c: "\\\(UnicodeScalar(byte))"
            case 0x20..<0x7f: "\(UnicodeScalar(byte))"
            default: "\\" + String("00\(String(byte, radix: 8))".suffix(3))
            }
        }.joined()
    }

    /// What is signed is a message of its own.
    @Test(
        .enabled(if: protoc != nil, "protoc is not installed"),
        arguments: [
            (
                "Report", SignedContent.bytes(of: report),
                """
                node: 5 sequence: 2 neighbors: 6 neighbors: 7 bandwidths: 0 bandwidths: 3 round_trips: 0
                round_trips: 10 samples_per_second: 100 snapshot_memory: 4096 load: 990 uneven: 1 ready: 0
                epoch: 17179869184 address: "a.example:7000"
                """
            ),
            (
                "Envelope", SignedContent.bytes(of: envelope),
                """
                origin: 2 sequence: 3 destination: 0 insists: true promise {
                  ballot { round: 2 proposer: 2 } next: 4
                  accepted { ballot { proposer: 1 } view { \(viewText) } }
                }
                """
            ),
        ])
    func protocAgreesOnWhatIsSigned(_ type: String, _ bytes: [UInt8], _ text: String) throws {
        let encoded = try run("encode", Array(text.utf8), as: type, in: "negotiation.proto")
        #expect(encoded.isSuccess, "\(encoded.errors.text)")
        #expect(encoded.output.bytes == bytes)
    }

    @Test(
        .enabled(if: protoc != nil, "protoc is not installed"),
        arguments: [
            (
                .introduction(
                    Introduction(
                        node: 18_446_744_073_709_551_615, cluster: "mnist", training: "a network",
                        founding: Digest(bytes: [UInt8](repeating: 65, count: 32)),
                        claim: Claim(node: 18_446_744_073_709_551_615, bytes: [65, 66]), lane: .shards)),
                """
                introduction { version: 5 node: 18446744073709551615 cluster: "mnist" oldest: 5 claim: "AB" lane: 1 training: "a network"
                  founding: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
                """
            ),
            (
                .message(.hello(view: 1 << 62, digest: 7)),
                "negotiation { hello { view: 4611686018427387904 digest: 7 } }"
            ),
            (
                .message(.reports([report, Report(node: 6, sequence: 1, neighbors: [], wish: .leave)])),
                """
                negotiation { reports {
                  reports { content: "\(escaped(SignedContent.bytes(of: report)))" signature: "CD" }
                  reports { content: "\\t\\006\\000\\000\\000\\000\\000\\000\\000\\020\\001r\\000" }
                } }
                """
            ),
            (
                .message(.claims([Claim(node: 5, bytes: [69]), Claim(node: 6, bytes: [70, 71])])),
                "negotiation { claims { claims { node: 5 content: \"E\" } claims { node: 6 content: \"FG\" } } }"
            ),
            (
                .message(.news([Report(node: 6, sequence: 1, neighbors: [], wish: .leave)])),
                """
                negotiation { news { reports { content: "\\t\\006\\000\\000\\000\\000\\000\\000\\000\\020\\001r\\000" } } }
                """
            ),
            (.message(.unclaimed([7, 8])), "negotiation { unclaimed { nodes: 7 nodes: 8 } }"),
            (.message(.decided(view)), "negotiation { decided { \(viewText) } }"),
            (
                .message(.relayed(envelope)),
                "negotiation { relayed { content: \"\(escaped(SignedContent.bytes(of: envelope)))\" } }"
            ),
            (
                .message(.monitor(.heartbeat(Heartbeat(sent: 12, echo: 0, held: 3)))),
                "monitor { heartbeat { sent: 12 echo: 0 held: 3 } }"
            ),
            (
                .message(
                    .bundle([
                        .monitor(.heartbeat(Heartbeat(sent: 12, echo: nil, held: 0))), .hello(view: 5, digest: 7),
                    ])),
                """
                bundle { messages { monitor { heartbeat { sent: 12 } } } messages { negotiation { hello { view: 5 digest: 7 } } } }
                """
            ),
            (
                .message(.monitor(.probe(part: 1, parts: 8, bytes: 32_768))),
                "monitor { probe { part: 1 parts: 8 bytes: 32768 } }"
            ),
            (
                .message(.reduction(.readyFor(view: 4, digest: 7, applied: 9))),
                "reduction { ready_for { view: 4 digest: 7 applied: 9 } }"
            ),
            (
                .message(.reduction(.partial(view: 4, step: 9, chunk: 2, ComputeTimes(least: 5, greatest: 6)))),
                "reduction { partial { view: 4 step: 9 chunk: 2 least_compute_time: 5 greatest_compute_time: 6 } }"
            ),
            (
                .message(.reduction(.missing(view: 4, step: 9, .total([0, 300])))),
                "reduction { missing { view: 4 step: 9 total { chunks: 0 chunks: 300 } } }"
            ),
            (
                .message(
                    .replication(
                        .offer(
                            Offer(stateBytes: 1 << 40, bandwidth: 8, latency: 0, ready: 0, overhead: 1, limit: nil)))),
                "replication { offer { state_bytes: 1099511627776 bandwidth: 8 latency: 0 overhead: 1 } }"
            ),
            (.message(.replication(.refusal(.noState))), "replication { refusal: REFUSAL_NO_STATE }"),
            (
                .message(
                    .replication(
                        .digests(
                            step: 1, shardSize: 64, first: 0,
                            [Digest(bytes: Array("0123456789abcdef0123456789ABCDEF".utf8))!]))),
                "replication { digests { step: 1 shard_size: 64 digests: \"0123456789abcdef0123456789ABCDEF\" } }"
            ),
        ] as [(WireMessage, String)])
    func protocAgrees(_ message: WireMessage, _ text: String) throws {
        let encoded = try run("encode", Array(text.utf8))
        #expect(encoded.isSuccess, "\(encoded.errors.text)")
        #expect(encoded.output.bytes == (try message.header()))
        #expect(try WireMessage(header: encoded.output.bytes) == message)

        let decoded = try run("decode", try message.header())
        #expect(decoded.isSuccess, "\(decoded.errors.text)")
        func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
        #expect(words(decoded.output.text) == words(text))
    }

    /// A .proto file that was changed without `Scripts/make-generated`, or generated code that was changed by hand.
    @Test func generatedCodeIsOfTheseFiles() throws {
        let sums = try String(contentsOf: Self.folder.appending(path: "Generated/SHA256SUMS"), encoding: .utf8)
        let recorded = sums.split(separator: "\n").map { String($0.split(separator: " ")[1]) }.sorted()
        let there = try ["Generated", "Protos"].flatMap { name in
            try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: name).path)
                .filter { $0 != "SHA256SUMS" }.map { "\(name)/\($0)" }
        }
        #expect(recorded == there.sorted())
        let check = Command(
            "/bin/sh",
            ["-c", "cd \"$0\" && exec sha256sum --check --quiet Generated/SHA256SUMS", Self.folder.path])
        let result = try check.run()
        #expect(result.isSuccess, "run Scripts/make-generated: \(result.output.text)\(result.errors.text)")
    }
}

extension Report {
    fileprivate func signed(_ signature: String) -> Report {
        sealed(with: Seal(content: SignedContent.bytes(of: self), signature: Array(signature.utf8)))
    }
}
