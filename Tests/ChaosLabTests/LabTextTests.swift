import ChaosControl
import ChaosLab
import ChaosProtocol
import ChaosTesting
import ChaosText
import Foundation
import Testing

/// What is shown of running nodes.
@Suite struct LabTextTests {
    private static func status(_ node: NodeID, _ transfer: NodeStatus.Transfer? = nil) -> NodeStatus {
        NodeStatus(
            node: node, cluster: "c\u{1B}[2J", process: 7, address: "127.0.0.1:1", time: 5,
            phase: transfer == nil ? .training : .pulling, view: View(number: 3, members: [1, 2], links: [Link(1, 2)]),
            isHalted: false, step: 41, loss: 0.5, testLoss: nil, testAccuracy: 0.9625, stateDigest: nil,
            idleTime: 1_500_000_000, slowness: 1, lies: false,
            links: [
                .init(
                    peer: 2, address: nil, isUp: true, connections: 3, bandwidth: 1_000_000, roundTrip: 2_000_000,
                    bytesSent: 1024, bytesReceived: 0, bytesQueued: 0, trouble: "refused")
            ], transfer: transfer, snapshots: [4], reason: "why it is", uptime: 3_000_000_000, trouble: "the disk")
    }

    private static let transfer = NodeStatus.Transfer(
        admitted: 2, step: 4, stateBytes: 1000, shardSize: 10, bytes: 250, began: 1, ended: nil, plannedMakespan: 9,
        plansAnew: 1,
        neighbors: [
            .init(
                node: 1, plannedBytes: 500, bytes: 250, plannedRate: 8000, measuredRate: 4000, plannedFinish: 9,
                lastArrival: 5)
        ])

    @Test func aStatusTellsEverything() {
        let lines = Self.status(5, Self.transfer).lines()
        let text = lines.joined(separator: "\n")
        for part in [
            "node 5", "pulling", "step 41", "loss 0.500", "test accuracy 96.3 %", "idle 1.5 s of 3 s", "why it is",
            "cannot be written: the disk", "dials us: refused",
            "snapshots of the steps 4",
            "1.00 Mbit/s", "2 ms", "250 B of 1000 B, 25.0 %, replanned once", "4.00 kbit/s", "8.00 kbit/s",
        ] { #expect(text.contains(part), "\(part) in \(text)") }
        // What another program says brings no control characters along.
        #expect(!text.unicodeScalars.contains("\u{1B}"))
    }

    @Test(.enabled(if: PackageRoot.python != nil)) func aStatusIsValidAndTellsEverything() throws {
        var bare = Self.status(5)
        (bare.view, bare.step, bare.loss, bare.links, bare.phase) = (nil, nil, nil, [], .catchingUp)
        let documents = try [Self.status(NodeID(UInt64.max), Self.transfer), bare].map { try $0.document() }
        #expect(try PythonTool.validate("status", documents: documents) == (.exited(0), []))
        for part in [
            #""node":18446744073709551615,"#, #""phase":"pulling""#, #""step":41,"loss":"0.5","#,
            #""test_accuracy":"0.9625""#, #""idle_ns":1500000000,"#, #""reason":"why it is""#, #""trouble":"the disk""#,
            #""trouble":"refused""#, #""snapshot_steps":[4]"#, #""bandwidth":1000000,"round_trip_ns":2000000,"#,
            #""bytes":250,"planned_bytes":500,"bandwidth":4000,"planned_bandwidth":8000,"#, #""ends":[1,2]"#,
        ] { #expect(documents[0].contains(part), "\(part) in \(documents[0])") }
        #expect(documents[1].contains(#""phase":"catching-up""#) && documents[1].contains(#""view":null"#))
    }

    @Test func theTableHasWhoIsThere() {
        var statuses = [5: Self.status(5, Self.transfer)] as [NodeID: NodeStatus]
        for node in 6...30 as ClosedRange<UInt64> { statuses[NodeID(node)] = Self.status(NodeID(node)) }
        let progress = LabProgress(
            title: "t", time: 2_000_000_000, doing: "crash 9", statuses: statuses, gone: [6, 7], steps: 12)
        let lines = progress.lines(.plain, width: 100, most: 10)
        #expect(lines[0] == "t  2 s, 12 steps; next: crash 9")
        // A title, ten nodes, how many more, who is gone, and one bar.
        #expect(lines.count == 1 + 1 + 10 + 1 + 1 + 1)
        #expect(lines.contains("and 14 nodes more") && lines.contains("gone: 6 7"))
        #expect(lines.last?.hasPrefix("5 pulls ██████ ") == true, "\(lines.last ?? "")")
    }
}
