import ChaosControl
import ChaosDocuments
import ChaosJudgement
import ChaosProtocol

/// What a node says of itself, for programs.
extension NodeStatus {
    /// The value of the key `format`.
    public static let documentFormat = "chaos-status"

    /// A JSON document in a line, version 1. Times are nanoseconds of the machine's CLOCK_MONOTONIC. Losses and
    /// accuracies, which decide nothing, are texts.
    public func document() throws -> String {
        try JSONLine.document(Self.documentFormat) { json in
            json.field("node", node.rawValue)
            json.field("cluster", cluster)
            json.field("institution", institution)
            try json.objects("institutions", institutions.sorted { $0.key < $1.key }) { json, entry in
                json.field("node", entry.key.rawValue)
                json.field("institution", entry.value)
            }
            json.field("certificate_expiry", certificateExpiry)
            json.field("process", process)
            json.field("address", address)
            json.field("time_ns", time)
            json.field("uptime_ns", uptime)
            json.field("phase", phaseText.replacing(" ", with: "-"))
            json.field("reason", reason)
            json.field("halted", isHalted)
            json.field("epoch", view.map { View.name(ofEpoch: $0.epoch) })
            if let view { try json.object("view") { try view.write(to: &$0) } } else { json.field("view", Int?.none) }
            json.field("step", step)
            json.field("loss", loss.map { "\($0)" })
            json.field("test_loss", testLoss.map { "\($0)" })
            json.field("test_accuracy", testAccuracy.map { "\($0)" })
            json.field("state_digest", stateDigest?.hexadecimal)
            json.field("state_digest_step", stateDigestStep)
            json.field("idle_ns", idleTime)
            json.field("checkpoint_step", checkpoint)
            json.field("trouble", trouble)
            json.field("slowness", slowness)
            json.field("lies", lies)
            try json.objects("links", links) { $1.write(to: &$0) }
            if let transfer {
                try json.object("transfer") { try transfer.write(to: &$0) }
            } else {
                json.field("transfer", Int?.none)
            }
            json.key("snapshot_steps")
            json.beginArray()
            for step in snapshots { json.value(step) }
            try json.end()
        }
    }
}

extension NodeStatus.Link {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("peer", peer.rawValue)
        json.field("address", address)
        json.field("up", isUp)
        json.field("trouble", trouble)
        json.field("institution", institution)
        json.field("connections", connections)
        json.field("bandwidth", bandwidth)
        json.field("round_trip_ns", roundTrip)
        json.field("sent_bytes", bytesSent)
        json.field("received_bytes", bytesReceived)
        json.field("queued_bytes", bytesQueued)
    }
}

extension NodeStatus.Transfer {
    fileprivate func write(to json: inout JSONWriter) throws {
        json.field("admitted", admitted)
        json.field("step", step)
        json.field("state_bytes", stateBytes)
        json.field("shard_size", shardSize)
        json.field("bytes", bytes)
        json.field("began_ns", began)
        json.field("complete_ns", ended)
        json.field("planned_makespan_ns", plannedMakespan)
        json.field("plans_anew", plansAnew)
        try json.objects("neighbors", neighbors) { json, neighbor in
            json.field("node", neighbor.node.rawValue)
            json.field("bytes", neighbor.bytes)
            json.field("planned_bytes", neighbor.plannedBytes)
            json.field("bandwidth", neighbor.measuredRate)
            json.field("planned_bandwidth", neighbor.plannedRate)
            json.field("planned_finish_ns", neighbor.plannedFinish)
            json.field("finish_ns", neighbor.lastArrival)
        }
    }
}
