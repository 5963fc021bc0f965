import ChaosProtocol
import ChaosTraining
import Metrics

/// What a node measures of itself, for whatever backend the process has chosen (swift-metrics).
struct NodeMeters: Sendable {
    let steps: Counter
    let samples: Counter
    let bytesServed: Counter
    let bytesWritten: Counter
    let failedWrites: Counter
    /// Connections that were closed because of what the other end is, says or does.
    let refusedConnections: Counter
    private let step: Gauge
    private let loss: Gauge
    private let testLoss: Gauge
    private let testAccuracy: Gauge
    private let view: Gauge
    private let members: Gauge
    private let certificate: Gauge
    private let computeTime: Metrics.Timer

    init(node: NodeID) {
        let dimensions = [("node", "\(node)")]
        steps = Counter(label: "chaos_steps", dimensions: dimensions)
        samples = Counter(label: "chaos_samples", dimensions: dimensions)
        bytesServed = Counter(label: "chaos_bytes_served", dimensions: dimensions)
        bytesWritten = Counter(label: "chaos_bytes_written", dimensions: dimensions)
        failedWrites = Counter(label: "chaos_failed_writes", dimensions: dimensions)
        refusedConnections = Counter(label: "chaos_refused_connections", dimensions: dimensions)
        step = Gauge(label: "chaos_step", dimensions: dimensions)
        loss = Gauge(label: "chaos_loss", dimensions: dimensions)
        testLoss = Gauge(label: "chaos_test_loss", dimensions: dimensions)
        testAccuracy = Gauge(label: "chaos_test_accuracy", dimensions: dimensions)
        view = Gauge(label: "chaos_view", dimensions: dimensions)
        members = Gauge(label: "chaos_members", dimensions: dimensions)
        certificate = Gauge(label: "chaos_certificate_seconds_left", dimensions: dimensions)
        computeTime = Metrics.Timer(label: "chaos_compute_time", dimensions: dimensions)
    }

    func noteApplied(_ step: Int, _ loss: Double?) {
        steps.increment()
        self.step.record(step + 1)
        if let loss { self.loss.record(loss) }
    }

    func noteCertificate(secondsLeft: Double) { certificate.record(secondsLeft) }

    func noteComputed(_ count: Int, _ time: Int) {
        samples.increment(by: count)
        computeTime.recordNanoseconds(time)
    }

    func noteTest(_ report: TrainingReport) {
        testLoss.record(report.loss)
        testAccuracy.record(report.accuracy)
    }

    func noteView(_ new: View) {
        view.record(new.number)
        members.record(new.members.count)
    }
}
