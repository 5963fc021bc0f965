import ChaosModel

extension Instance {
    /// True when every overhead is 0: then the optimum of the chain is that of its smallest size
    /// (Documentation/MODEL.md, section 4.2).
    public var hasNoOverhead: Bool { neighbors.allSatisfy { $0.overhead == 0 } }

    /// The instance as an indented JSON text.
    public var jsonText: String {
        nonisolated(unsafe) var bytes: [UInt8] = []
        // The sink does not throw.
        try? writeJSON { bytes.append(contentsOf: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
