import ChaosDocuments

/// Instances from tables of measured links: bandwidth, and round-trip time in the same table or another.
///
/// Bandwidth is that of the link neighbour → joiner. Latency is half the round trip, which is that of the pair
/// neighbour → joiner or, if that was not measured, joiner → neighbour. Decimals are converted exactly and rounded once
/// (`Quantity.rounded`). Left out, with a note: a node without a bandwidth to the joiner or with one that rounds to 0,
/// and, where round trips are given, a node without one.
public struct MatrixImport: Sendable {
    public var bandwidthTable: CSVTable
    public var bandwidthRows: LinkRows
    public var bandwidth: FigureColumn
    /// nil: the round trips stand in the table of bandwidths.
    public var roundTripTable: CSVTable?
    public var roundTripRows: LinkRows
    /// nil: no round trips, latency 0.
    public var roundTrip: FigureColumn?
    /// Of both tables.
    public var form = TableForm()

    public init(
        bandwidth: FigureColumn, of table: CSVTable, rows: LinkRows, roundTrip: FigureColumn? = nil,
        of roundTripTable: CSVTable? = nil, rows roundTripRows: LinkRows? = nil
    ) {
        bandwidthTable = table
        bandwidthRows = rows
        self.bandwidth = bandwidth
        self.roundTripTable = roundTripTable
        self.roundTripRows = roundTripRows ?? rows
        self.roundTrip = roundTrip
    }

    /// Cost: O(rows) for each column that is read.
    /// - Throws: `InvalidInput` or `SettingRefusal`.
    public func instance(joiner: String, recipe: InstanceRecipe) throws -> ImportedInstance {
        let table = bandwidthTable
        let bandwidths = try LinkFigures(table, bandwidthRows, bandwidth, form, quantity: .bandwidth, joiner: joiner)
        if roundTrip == nil, recipe.selection == .nearest, recipe.neighbors != nil {
            throw SettingRefusal("--select nearest needs round trips; allowed: a column of them, or another selection")
        }
        let latencies = try roundTrips(joiner, dividedBy: 2)
        let roundTrips = try roundTrips(joiner, dividedBy: 1)
        var columns: [NeighborFigure: LinkFigures] = [:]
        for case (let figure, .column(let column)) in recipe.settings {
            columns[figure] = try LinkFigures(
                table, bandwidthRows, column, form, quantity: figure.quantity, joiner: joiner)
        }
        var candidates: [Candidate] = []
        var (withoutRoundTrip, withoutBandwidth) = ([String](), bandwidths.unmeasured.sorted())
        for (id, bandwidth) in bandwidths.values.sorted(by: { $0.key < $1.key }) {
            if bandwidth == 0 {
                withoutBandwidth.append(id)
            } else if let latencies, latencies[id] == nil {
                withoutRoundTrip.append(id)
            } else {
                candidates.append(
                    Candidate(
                        id: id, bandwidth: bandwidth, latency: latencies?[id] ?? 0, roundTrip: roundTrips?[id],
                        columns: columns.compactMapValues { $0.values[id] }))
            }
        }
        var notes: [String] = []
        if !withoutBandwidth.isEmpty {
            notes.append("left out, without a bandwidth: \(withoutBandwidth.joined(separator: ", "))")
        }
        if !withoutRoundTrip.isEmpty {
            notes.append("left out, without a round trip: \(withoutRoundTrip.joined(separator: ", "))")
        }
        return try recipe.instance(
            joiner: joiner, candidates: candidates, file: table.file, derivation: derivation, notes: notes)
    }

    private func roundTrips(_ joiner: String, dividedBy divisor: Int) throws -> [String: Int]? {
        guard let roundTrip else { return nil }
        let table = roundTripTable ?? bandwidthTable
        // A round trip has no direction.
        var rows = roundTripRows
        rows.isSymmetric = true
        return try LinkFigures(
            table, rows, roundTrip, form, quantity: .time, dividedBy: divisor, joiner: joiner
        ).values
    }

    private var derivation: [String] {
        func text(_ column: FigureColumn, _ table: CSVTable, _ rows: LinkRows) -> String {
            let name = table.file.split(separator: "/").last.map(String.init) ?? table.file
            let filters = rows.filters.isEmpty ? "" : " where " + rows.filters.map(\.text).joined(separator: " and ")
            return "\(column.name) (\(column.unit)) of \(name)\(filters), repeated pairs: \(rows.duplicates.rawValue)"
        }
        let symmetric = bandwidthRows.isSymmetric ? ", the same in both directions" : ""
        let first = "bandwidth: \(text(bandwidth, bandwidthTable, bandwidthRows))\(symmetric)"
        guard let roundTrip else { return [first, "latency: none known, 0"] }
        return [first, "latency: half of \(text(roundTrip, roundTripTable ?? bandwidthTable, roundTripRows))"]
    }
}
