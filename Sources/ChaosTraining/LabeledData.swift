import ChaosDocuments
import ChaosModel

/// Rows of numbers and their classes.
public struct LabeledData: Sendable, Equatable {
    /// The greatest length of a file in bytes.
    public static let mostBytes = 1 << 24
    /// What `split` draws from.
    public static let splitSeed: UInt64 = 1

    /// The numbers of a row.
    public let features: Int
    /// Labels are 0 ..< `classes`.
    public let classes: Int
    /// Row by row; each 0 … 1.
    public let values: [Float]
    /// One a row.
    public let labels: [Int]

    /// The number of rows.
    public var count: Int { labels.count }

    /// Reads the CSV of `Data/digits`: a header, whose last column is `label`, and rows of whole numbers 0 … `greatest`,
    /// which are divided by `greatest`, then the label.
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - greatest: 1 … 2^24, a matter of the program and not of the file, as `classes` is.
    ///   - classes: labels are 0 ..< `classes`.
    ///   - file: the name for messages.
    /// - Throws: every fault of the file with its line and column.
    public init(csv bytes: [UInt8], greatest: Int = 16, classes: Int = 10, file: String) throws(InvalidInput) {
        guard bytes.count <= Self.mostBytes else {
            let fault = Fault(path: "", found: "\(bytes.count) bytes", allowed: "at most \(Self.mostBytes) bytes")
            throw InvalidInput(file: file, faults: [fault])
        }
        let table = try CSVTable(csv: bytes, file: file)
        var faults = FaultList()
        if table.columns.last != "label" || table.columns.count < 2 {
            faults.add("line 1", "the columns end in \"\(table.columns.last ?? "")\"", allowed: "numbers, then label")
        }
        if table.rows.isEmpty { faults.add("line 2", "no row", allowed: "at least one row") }
        var values: [Float] = []
        var labels: [Int] = []
        values.reserveCapacity(table.rows.count * (table.columns.count - 1))
        for row in table.rows {
            for (column, field) in row.fields.enumerated() {
                let isLabel = column == row.fields.count - 1
                let most = isLabel ? classes - 1 : greatest
                guard let value = Int(field), (0...most).contains(value) else {
                    faults.add(
                        "line \(row.line), column \(table.columns[column])", "\"\(field)\"",
                        allowed: "a whole number 0 … \(most)")
                    continue
                }
                if isLabel { labels.append(value) } else { values.append(Float(value) / Float(greatest)) }
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        self.init(features: table.columns.count - 1, classes: classes, values: values, labels: labels)
    }

    /// Reads a file; "-" is standard input.
    /// - Throws: `FileError` or `InvalidInput`.
    public init(contentsOf path: String) throws {
        try self.init(csv: DocumentIO.read(path, atMost: Self.mostBytes), file: DocumentIO.name(of: path))
    }

    init(features: Int, classes: Int, values: [Float], labels: [Int]) {
        self.features = features
        self.classes = classes
        self.values = values
        self.labels = labels
    }

    /// The given rows, in this order.
    func rows(_ rows: some Sequence<Int>) -> LabeledData {
        LabeledData(
            features: features, classes: classes, values: rows.flatMap { values[$0 * features..<($0 + 1) * features] },
            labels: rows.map { labels[$0] })
    }

    /// Divides the rows once and for all: of the permutation that `SeededRandom` draws from the seed 1, the first fifth,
    /// rounded down, are rows for tests and the others for training.
    public func split() -> (training: LabeledData, test: LabeledData) {
        var random = SeededRandom(seed: Self.splitSeed)
        let order = random.sample(count, below: count)
        return (rows(order[(count / 5)...]), rows(order[..<(count / 5)]))
    }

    /// The SHA-256 of values and labels, as 64 hexadecimal digits.
    var digest: String {
        var digest = ContentDigest()
        values.withUnsafeBytes { digest.update($0) }
        labels.withUnsafeBytes { digest.update($0) }
        return digest.hexadecimal
    }
}
