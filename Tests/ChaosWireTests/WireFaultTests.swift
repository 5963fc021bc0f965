import ChaosModel
import ChaosProtocol
import ChaosTesting
import Foundation
import SwiftProtobuf
import Testing

@testable import ChaosWire

/// Bytes that no correct node sends.
struct WireFaultTests {
    private static func relayed(_ make: (inout ProtoEnvelope) -> Void) -> ProtoHeader {
        .with { header in
            let envelope = ProtoEnvelope.with {
                ($0.origin, $0.sequence) = (1, 1)
                make(&$0)
            }
            header.negotiation.relayed = signed(envelope)
        }
    }

    private static func signed(_ message: some SwiftProtobuf.Message) -> ProtoSigned {
        .with { $0.content = try! message.serializedBytes() }
    }

    private static func view(_ change: (inout ProtoView) -> Void) -> ProtoHeader {
        .with { header in
            header.negotiation.decided = .with {
                ($0.number, $0.era, $0.members, $0.weights) = (5, 4, [1, 2, 3], [0, 0, 0])
                ($0.learners, $0.admitted) = ([9], [5])
                ($0.linkEnds, $0.bandwidths, $0.roundTrips) = ([0, 1, 1, 2], [0, 7], [0, 1])
                change(&$0)
            }
        }
    }

    private static func report(_ change: (inout ProtoReport) -> Void) -> ProtoHeader {
        .with { header in
            let valid = ProtoReport.with { ($0.node, $0.sequence, $0.wish) = (1, 1, .stay(ProtoNothing())) }
            var other = ProtoReport.with {
                ($0.node, $0.sequence, $0.wish) = (2, 1, .join(ProtoNothing()))
                ($0.neighbors, $0.bandwidths, $0.roundTrips) = ([4, 5], [0, 1], [1, 0])
            }
            change(&other)
            header.negotiation.reports.reports = [signed(valid), signed(other)]
        }
    }

    @Test func whatTheCasesChangeIsValid() throws {
        for header in [Self.view { _ in }, Self.report { _ in }, Self.relayed { $0.behind = 0 }] {
            _ = try WireMessage(header: header.serializedBytes() as [UInt8])
        }
    }

    private static let most = MessageLimits.greatestNumber
    private static let quantity = MessageLimits.greatestQuantity

    private static let cases: [Case] =
        ([
            (ProtoHeader(), WireFault("kind", .missing)),
            (.with { $0.negotiation = .init() }, WireFault("negotiation.kind", .missing)),
            (.with { $0.monitor = .init() }, WireFault("monitor.kind", .missing)),
            (.with { $0.reduction = .init() }, WireFault("reduction.kind", .missing)),
            (.with { $0.reduction.missing.view = 1 }, WireFault("reduction.missing.chunks", .missing)),
            (.with { $0.replication = .init() }, WireFault("replication.kind", .missing)),
            (.with { $0.bundle = .init() }, WireFault("bundle.messages", .count(0, allowed: 2...16))),
            (
                .with { $0.bundle.messages = Array(repeating: .with { $0.negotiation.hello.view = 1 }, count: 17) },
                WireFault("bundle.messages", .count(17, allowed: 2...16))
            ),
            (
                .with {
                    $0.bundle.messages = [.with { $0.negotiation.hello.view = 1 }, .with { $0.bundle = .init() }]
                },
                WireFault("bundle.messages[1].kind", .missing)
            ),
            (
                .with {
                    $0.bundle.messages = [
                        .with { $0.negotiation.hello.view = 1 }, .with { $0.negotiation.hello.view = .max },
                    ]
                },
                WireFault("bundle.messages[1].negotiation.hello.view", .number(.max, allowed: 0...most))
            ),
            (
                .with {
                    $0.bundle.messages = [
                        .with { $0.negotiation.hello.view = 1 }, .with { $0.monitor.probeRequest.bytes = 1 },
                    ]
                },
                WireFault("bundle", .message(.bundle(2)))
            ),
            (
                .with { $0.introduction.cluster = "c" },
                WireFault("introduction.version", .number(0, allowed: 1...Int(UInt32.max)))
            ),
            (.with { $0.introduction.version = 1 }, WireFault("introduction.cluster", .count(0, allowed: 1...255))),
            (
                .with { $0.introduction = .with { ($0.version, $0.cluster, $0.lane) = (1, "c", 2) } },
                WireFault("introduction.lane", .unknownValue(2))
            ),
            (
                .with {
                    $0.introduction = .with { ($0.version, $0.cluster) = (1, String(repeating: "é", count: 128)) }
                },
                WireFault("introduction.cluster", .count(256, allowed: 1...255))
            ),
            (
                .with { $0.negotiation.hello.view = 1 << 62 + 1 },
                WireFault("negotiation.hello.view", .number(1 << 62 + 1, allowed: 0...most))
            ),
            (
                .with { $0.negotiation.hello.view = .max },
                WireFault("negotiation.hello.view", .number(.max, allowed: 0...most))
            ),
            (relayed { _ in }, WireFault("negotiation.relayed.content.body", .missing)),
            (relayed { $0.prepare.next = 1 }, WireFault("negotiation.relayed.content.prepare.ballot", .missing)),
            (relayed { $0.accept.ballot.round = 1 }, WireFault("negotiation.relayed.content.accept.view", .missing)),
            (
                relayed { $0.promise = .with { ($0.ballot, $0.next, $0.accepted) = (.init(), 1, .init()) } },
                WireFault("negotiation.relayed.content.promise.accepted.ballot", .missing)
            ),
            (
                relayed { $0.accepted.ballot.round = .max },
                WireFault("negotiation.relayed.content.accepted.ballot.round", .number(.max, allowed: 0...most))
            ),
            (report { $0.wish = nil }, WireFault("negotiation.reports.reports[1].content.wish", .missing)),
            (
                report { $0.sequence = 0 },
                WireFault("negotiation.reports.reports[1].content.sequence", .number(0, allowed: 1...most))
            ),
            (
                report { $0.load = 1001 },
                WireFault("negotiation.reports.reports[1].content.load", .number(1001, allowed: 0...1000))
            ),
            (
                report { $0.neighbors = [4, 4] },
                WireFault("negotiation.reports.reports[1].content.neighbors", .entry(1))
            ),
            (
                report { $0.bandwidths = [] },
                WireFault("negotiation.reports.reports[1].content.bandwidths", .count(0, allowed: 2...2))
            ),
            (
                report { $0.bandwidths[1] = UInt64(quantity) + 1 },
                WireFault(
                    "negotiation.reports.reports[1].content.bandwidths[1]",
                    .number(UInt64(quantity) + 1, allowed: 0...quantity))
            ),
            (
                report { $0.roundTrips[0] = UInt64(quantity) + 2 },
                WireFault(
                    "negotiation.reports.reports[1].content.round_trips[0]",
                    .number(UInt64(quantity) + 2, allowed: 0...quantity + 1))
            ),
            (
                report { $0.epoch = 1 << 34 + 1 },
                WireFault(
                    "negotiation.reports.reports[1].content.epoch",
                    .number(1 << 34 + 1, allowed: 0...View.greatestEpoch))
            ),
            (report { $0.address = "a.example" }, WireFault("negotiation", .message(.address(of: 2)))),
            (report { $0.address = "a\u{1b}[2J:1" }, WireFault("negotiation", .message(.address(of: 2)))),
            (
                .with { $0.negotiation.relayed.content = Data([0xff]) },
                WireFault("negotiation.relayed.content", .malformed)
            ),
            (
                .with { $0.negotiation.relayed.signature = Data(count: 1025) },
                WireFault("negotiation.relayed.signature", .count(1025, allowed: 0...1024))
            ),
            (
                .with { $0.negotiation.claims.claims = [.init()] },
                WireFault("negotiation.claims.claims[0].content", .count(0, allowed: 1...16_384))
            ),
            (
                .with { $0.negotiation.unclaimed.nodes = Array(1...4097) },
                WireFault("negotiation.unclaimed.nodes", .count(4097, allowed: 0...4096))
            ),
            (report { $0.node = 4 }, WireFault("negotiation", .message(.neighbors(of: 4)))),
            (view { $0.number = 0 }, WireFault("negotiation.decided.number", .number(0, allowed: 1...most))),
            (view { $0.members = [] }, WireFault("negotiation.decided.members", .count(0, allowed: 1...4096))),
            (view { $0.members = [2, 1, 3] }, WireFault("negotiation.decided.members", .entry(1))),
            (view { $0.learners = [3] }, WireFault("negotiation.decided", .view(.order))),
            (
                view { $0.learners = Array(10..<4104) },
                WireFault("negotiation.decided.learners", .count(4094, allowed: 0...4093))
            ),
            (view { $0.era = 6 }, WireFault("negotiation.decided.era", .number(6, allowed: 1...5))),
            (view { $0.era = 0 }, WireFault("negotiation.decided.era", .number(0, allowed: 1...5))),
            (view { $0.admitted = [6] }, WireFault("negotiation.decided.admitted[0]", .number(6, allowed: 1...5))),
            (view { $0.linkEnds = [0, 4] }, WireFault("negotiation.decided.link_ends", .entry(1))),
            (view { $0.linkEnds = [1, 0] }, WireFault("negotiation.decided.link_ends", .entry(1))),
            (view { $0.linkEnds = [1, 1] }, WireFault("negotiation.decided.link_ends", .entry(1))),
            (view { $0.linkEnds = [1, 2, 0, 1] }, WireFault("negotiation.decided.link_ends", .entry(2))),
            (view { $0.linkEnds = [0, 1, 1] }, WireFault("negotiation.decided.link_ends", .count(3, allowed: 2...2))),
            (
                view { $0.linkEnds = Array(repeating: 0, count: 2 * 65_537) },
                WireFault("negotiation.decided.link_ends", .count(65_537, allowed: 0...65_536))
            ),
            (
                .with { $0.monitor.probeRequest.bytes = 1 << 21 + 1 },
                WireFault("monitor.probe_request.bytes", .number(1 << 21 + 1, allowed: 1...1 << 21))
            ),
            (
                .with { $0.monitor.probe = .with { ($0.part, $0.parts, $0.bytes) = (2, 2, 1) } },
                WireFault("monitor", .message(.probe(2)))
            ),
            (
                .with { $0.reduction.missing = .with { ($0.view, $0.partial.chunks) = (1, [3, 3]) } },
                WireFault("reduction.missing.partial.chunks", .entry(1))
            ),
            (
                .with { $0.reduction.missing = .with { ($0.view, $0.total.chunks) = (1, Array(0...4096)) } },
                WireFault("reduction.missing.total.chunks", .count(4097, allowed: 0...4096))
            ),
            (.with { $0.replication.refusal = .unspecified }, WireFault("replication.refusal", .unknownValue(0))),
            (.with { $0.replication.refusal = .UNRECOGNIZED(77) }, WireFault("replication.refusal", .unknownValue(77))),
            (
                .with { $0.replication.offer.ready = 1 },
                WireFault("replication.offer.state_bytes", .number(0, allowed: 1...1 << 53))
            ),
            (
                .with { $0.replication.offer = .with { ($0.stateBytes, $0.bandwidth) = (1, 0) } },
                WireFault("replication.offer.bandwidth", .number(0, allowed: 1...quantity))
            ),
            (
                .with { $0.replication.digests = .with { ($0.shardSize, $0.digests) = (1, Data(count: 33)) } },
                WireFault("replication.digests.digests", .count(33, allowed: 32...32))
            ),
        ] as [(ProtoHeader, WireFault)]).map(Case.init)

    @Test(arguments: cases)
    func faultSaysWhatAndWhere(_ spoilt: Case) throws {
        let bytes: [UInt8] = try spoilt.header.serializedBytes()
        #expect(throws: spoilt.fault) { try WireMessage(header: bytes) }
    }

    /// Named by the fault in the log of the tests: some headers are very long.
    struct Case: CustomTestStringConvertible {
        let header: ProtoHeader
        let fault: WireFault

        var testDescription: String { fault.description }
    }

    @Test func faultReadsWell() {
        let fault = WireFault("neighbors", .count(5000, allowed: 0...4096)).inside("reports[3]")
        #expect(fault.description == "header.reports[3].neighbors: 5000 entries or bytes; allowed are 0...4096")
    }

    /// Empty reports, which take a hundred times as many bytes in memory as on the wire, are counted and not made.
    @Test func reportsAreCountedBeforeTheyAreMade() {
        let reports = (0..<100_000).flatMap { _ in [0x0a, 0x00] as [UInt8] }
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            var (length, bytes) = (content.count, [number << 3 | 2])
            while length > 127 {
                bytes.append(UInt8(length & 127) | 128)
                length >>= 7
            }
            return bytes + [UInt8(length)] + content
        }
        let header = field(2, field(2, reports))
        #expect(header.count <= Frame.mostHeader)
        #expect(throws: WireFault("negotiation.reports.reports", .count(reports.count / 2, allowed: 0...4096))) {
            try WireMessage(header: header)
        }
        let bundle = field(6, field(1, field(2, field(2, reports))))
        let name = "bundle.messages.negotiation.reports.reports"
        #expect(throws: WireFault(name, .count(reports.count / 2, allowed: 0...4096))) {
            try WireMessage(header: bundle)
        }
        #expect(throws: WireFault("bundle.messages", .count(reports.count / 2, allowed: 0...4096))) {
            try WireMessage(header: field(6, reports))
        }
        // Split over two fields of which the second completes the first.
        let half = field(2, field(2, Array(reports.prefix(3000 * 2))))
        #expect(throws: WireFault("negotiation.reports.reports", .count(6000, allowed: 0...4096))) {
            try WireMessage(header: half + half)
        }
    }

    /// Whatever is done to the bytes of a message, a fault or a valid message comes of it.
    @Test(arguments: 0..<RandomMessage.kinds) func spoiltBytesDoNoHarm(kind: Int) throws {
        var random = SeededRandom(seed: UInt64(kind))
        for seed in 0..<6 as Range<UInt64> {
            let bytes = try RandomMessage.make(kind: kind, seed: seed).header()
            for length in 0..<bytes.count { check(Array(bytes[..<length])) }
            for _ in 0..<200 {
                var spoilt = bytes
                for _ in 0...random.int(0...3) {
                    guard !spoilt.isEmpty else { break }
                    let place = random.int(0...spoilt.count - 1)
                    switch random.int(0...3) {
                    case 0: spoilt[place] ^= 1 << UInt8(random.int(0...7))
                    case 1: spoilt[place] = UInt8(random.int(0...255))
                    case 2: spoilt.remove(at: place)
                    default: spoilt.insert(UInt8(random.int(0...255)), at: place)
                    }
                }
                check(spoilt)
            }
        }
    }

    @Test func randomBytesDoNoHarm() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<5000 { check((0..<random.int(0...60)).map { _ in UInt8(random.int(0...255)) }) }
    }

    private func check(_ bytes: [UInt8]) {
        guard let message = try? WireMessage(header: bytes) else { return }
        if case .message(let message) = message { #expect(message.fault == nil) }
        let again = (try? message.header()).flatMap { try? WireMessage(header: $0) }
        #expect(again == message)
    }
}
