import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import ChaosWire

extension NodeConfig {
    /// What a node says of itself, so that others that are set up differently are found out before any harm is done.
    ///
    /// - Parameters:
    ///   - trainer: as it begins.
    ///   - endStep: the step that is not done any more; nil: there is no end.
    ///   - start: the SHA-256 of the state that a founder begins with; nil: it follows from the seed.
    func introduction(of trainer: any Replica, endStep: Int?, start: String?) -> Introduction {
        let training =
            "\(trainer.configuration); batches of \(batch) in the order of seed \(sampleSeed), \(chunks) chunks, "
            + (lost == .repeated ? "" : "lost samples \(lost.rawValue), ")
            + (wire == .float32 ? "" : "numbers as \(wire.rawValue), ")
            + (endStep.map { "\($0) steps" } ?? "no end")
        let isShort = training.utf8.count <= Introduction.mostTrainingBytes
        return Introduction(
            node: node, cluster: cluster,
            training: isShort ? training : "sha256 \(ContentDigest(of: training).hexadecimal)",
            founding: founding.flatMap { view in
                let text = "\(view), step \(trainer.step), state \(start ?? "of the seed")"
                return Digest(bytes: ContentDigest(of: text).bytes)
            })
    }
}
