import ChaosDocuments
import ChaosModel

/// When the machines of a spot market came and went: the traces of Bamboo (Thorpe et al., NSDI 2023), a CSV file without a
/// header whose rows are a time in milliseconds, `add` or `remove`, and the name of a machine.
public struct SpotTrace: Sendable, Equatable {
    public struct Event: Sendable, Equatable {
        /// ns, 0 … 2^50; none is earlier than the one before it.
        public let time: Int
        public let isAddition: Bool
        /// Of the machine. One that was removed may be added again.
        public let machine: String
        /// In the file, from 1.
        public let line: Int
    }

    /// At least one; the first adds a machine.
    public let events: [Event]

    static let columns = ["t_ms", "add|remove", "node"]
    /// Longer files are refused.
    static let mostBytes = 64 << 20
    private static let mostMilliseconds = ModelRange.mostNanoseconds / 1_000_000

    /// Reads a trace file; "-" is standard input.
    /// - Throws: `FileError`, or `InvalidInput` with all faults.
    public init(contentsOf path: String) throws {
        try self.init(csv: DocumentIO.read(path, atMost: Self.mostBytes), file: DocumentIO.name(of: path))
    }

    /// Cost: O(length).
    /// - Throws: `InvalidInput` with all faults: a row that is no event, a time before that of the row above, a machine
    ///   that is added although it is there, or removed although it is not.
    public init(csv bytes: [UInt8], file: String) throws(InvalidInput) {
        let table = try CSVTable(csv: bytes, file: file, columns: Self.columns)
        var faults = FaultList()
        var events: [Event] = []
        var present: Set<String> = []
        var latest = 0
        for row in table.rows {
            let place = "line \(row.line)"
            let (time, action, machine) = (row.fields[0], row.fields[1], row.fields[2])
            guard let milliseconds = Int(time), (0...Self.mostMilliseconds).contains(milliseconds) else {
                faults.add(
                    place, "the time \"\(time)\"", allowed: "whole milliseconds, 0 … \(Self.mostMilliseconds)")
                continue
            }
            if milliseconds < latest {
                faults.add(place, "\(milliseconds) ms", allowed: "no earlier than the row before it, \(latest) ms")
            }
            latest = max(latest, milliseconds)
            guard action == "add" || action == "remove" else {
                faults.add(place, "\"\(action)\"", allowed: "add or remove")
                continue
            }
            guard !machine.isEmpty else {
                faults.add(place, "no name of a machine", allowed: "a name")
                continue
            }
            let isAddition = action == "add"
            if isAddition, !present.insert(machine).inserted {
                faults.add(place, "\"\(machine)\" is added a second time", allowed: "a machine that is not there")
            } else if !isAddition, present.remove(machine) == nil {
                faults.add(place, "\"\(machine)\" is removed", allowed: "a machine that is there")
            }
            events.append(
                Event(time: latest * 1_000_000, isAddition: isAddition, machine: machine, line: row.line))
        }
        if events.isEmpty, faults.isEmpty {
            faults.add("", "no row", allowed: "rows as in 480000,add,node1")
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        self.events = events
    }
}
