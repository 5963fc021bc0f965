import ChaosDocuments

/// Keeps the rows of a table in which a column has, has not, or begins with a text.
public struct ColumnFilter: Sendable, Equatable {
    public enum Relation: String, Sendable, CaseIterable {
        case equals = "="
        case differs = "!="
        case begins = "^="
    }

    public let column: String
    public let relation: Relation
    public let value: String

    /// Reads "tier=PREMIUM", "tier!=STANDARD" or "utc^=2021-08".
    public init(_ text: String) throws(SettingRefusal) {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
            throw SettingRefusal("\"\(text)\" is no filter; allowed: column=text, column!=text, column^=beginning")
        }
        let before = text.index(before: sign)
        value = String(text[text.index(after: sign)...])
        switch text[before] {
        case "!": relation = .differs
        case "^": relation = .begins
        default: relation = .equals
        }
        column = String(relation == .equals ? text[..<sign] : text[..<before])
        if column.isEmpty {
            throw SettingRefusal("\"\(text)\" names no column; allowed: column=text, column!=text, column^=beginning")
        }
    }

    func keeps(_ field: String) -> Bool {
        switch relation {
        case .equals: field == value
        case .differs: field != value
        case .begins: field.utf8.starts(with: value.utf8)
        }
    }

    var text: String { column + relation.rawValue + value }
}

/// Which of several rows about one pair counts.
public enum DuplicateRule: String, Sendable, CaseIterable {
    /// The lower of the two middle values when their number is even: a value that was measured.
    case median
    case first
    case last
    case least
    case greatest

    func choose(_ values: [Int]) -> Int {
        switch self {
        case .median: values.sorted()[(values.count - 1) / 2]
        case .first: values[0]
        case .last: values[values.count - 1]
        case .least: values.min()!
        case .greatest: values.max()!
        }
    }
}

/// Which columns of a table hold the ends of a link, and which rows count.
public struct LinkRows: Sendable, Equatable {
    /// The column with the sending end.
    public var source: String
    /// The column with the receiving end, which is the joiner's.
    public var destination: String
    public var filters: [ColumnFilter]
    /// True: a row holds for both directions, and what stands directly in the wanted direction comes before.
    public var isSymmetric: Bool
    public var duplicates: DuplicateRule

    public init(
        source: String = "source", destination: String = "destination", filters: [ColumnFilter] = [],
        isSymmetric: Bool = false, duplicates: DuplicateRule = .median
    ) {
        self.source = source
        self.destination = destination
        self.filters = filters
        self.isSymmetric = isSymmetric
        self.duplicates = duplicates
    }
}

/// A column with figures and their unit.
public struct FigureColumn: Sendable, Equatable {
    public var name: String
    /// One of the quantity's units, as in "Gbit/s".
    public var unit: String

    public init(_ name: String, unit: String) {
        self.name = name
        self.unit = unit
    }

    /// Reads "throughput:bit/s"; the name may hold colons itself.
    public init(setting text: String, _ quantity: Quantity) throws(SettingRefusal) {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else {
            throw SettingRefusal("\"\(text)\" is no column with a unit; allowed: NAME:UNIT, as in avg_rtt:ms")
        }
        name = String(text[..<colon])
        unit = String(text[text.index(after: colon)...])
        _ = try quantity.unit(named: unit)
    }
}

/// The figures of one column for the links to one joiner.
struct LinkFigures {
    /// By the name of the other end.
    private(set) var values: [String: Int] = [:]
    /// Pairs whose rows all have an empty field there.
    private(set) var unmeasured: Set<String> = []

    /// - Parameters:
    ///   - form: how the table writes figures.
    ///   - divisor: as in `Quantity.rounded`.
    /// - Throws: `InvalidInput` for a column that is not there, a joiner that no row names, a figure that is none.
    init(
        _ table: CSVTable, _ rows: LinkRows, _ column: FigureColumn, _ form: TableForm, quantity: Quantity,
        dividedBy divisor: Int = 1, joiner: String
    ) throws {
        let (source, destination) = (try table.place(of: rows.source), try table.place(of: rows.destination))
        let place = try table.place(of: column.name)
        let filters = try rows.filters.map { (place: try table.place(of: $0.column), filter: $0) }
        let unit = try quantity.unit(named: column.unit)
        var faults = FaultList()
        var direct: [String: [Int]] = [:]
        var reverse: [String: [Int]] = [:]
        var empty: Set<String> = []
        var names: Set<String> = []
        for row in table.rows where filters.allSatisfy({ $0.filter.keeps(row.fields[$0.place]) }) {
            let (from, to) = (row.fields[source], row.fields[destination])
            names.insert(to)
            if rows.isSymmetric { names.insert(from) }
            let isDirect = to == joiner
            guard from != to, isDirect || (rows.isSymmetric && from == joiner) else { continue }
            let other = isDirect ? from : to
            let text = row.fields[place]
            if form.isMissing(text) {
                empty.insert(other)
            } else if let value = form.decimal(text).flatMap({
                quantity.rounded($0, unit: unit, dividedBy: divisor)
            }) {
                if isDirect {
                    direct[other, default: []].append(value)
                } else {
                    reverse[other, default: []].append(value)
                }
            } else {
                faults.add(
                    "line \(row.line), column \(row.column ?? column.name)", "\"\(text)\"",
                    allowed: "a decimal number\(form.hasDecimalComma ? " with a comma" : "") of \(column.unit) from 0, "
                        + "or \(form.namesOfMissing) where nothing was measured")
            }
        }
        if !names.contains(joiner) {
            let known = names.sorted()
            let shown = known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", …" : "")
            faults.add(
                "column \(rows.destination)",
                rows.filters.isEmpty
                    ? "no row with the joiner \"\(joiner)\""
                    : "no row with the joiner \"\(joiner)\" where \(rows.filters.map(\.text).joined(separator: " and "))",
                allowed: known.isEmpty ? "rows that pass the filters" : "one of \(known.count) names: \(shown)")
        }
        if !faults.isEmpty { throw InvalidInput(file: table.file, faults: faults.faults, count: faults.count) }
        values = direct.merging(reverse) { direct, _ in direct }.mapValues(rows.duplicates.choose)
        unmeasured = empty.filter { values[$0] == nil }
    }
}
