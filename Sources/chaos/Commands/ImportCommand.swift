import ArgumentParser
import ChaosDocuments
import ChaosImport

/// Instances from measurements and maps. One subcommand for each form of source.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an instance from measured links, from the map of a network, or from a graph of hosts.",
        discussion: """
            Three forms of source:
              matrix    CSV tables of bandwidth and round-trip time between named nodes
              topology  GraphML of the Internet Topology Zoo: places, links, capacities
              gml       hosts with up and down bandwidth and latencies between them, as
                        the Shadow simulator has them
            Figures are converted exactly and rounded once, to whole bit/s and ns, halves upwards. The same options and \
            files give the same instance, byte for byte. What is left out is said on standard error; with --format json a \
            document goes to standard output that holds the instance and these notes.

            EXAMPLES
              chaos import matrix --joiner Oregon --bandwidth-table aws10.csv \\
                --source-column region_a --destination-column region_b --symmetric \\
                --bandwidth bandwidth_gbps:Gbit/s --rtt delay_ms:ms \\
                --model gpt2_small.json | chaos solve -
              chaos import topology Arnes.graphml --joiner Ljubljana \\
                --neighbors 8 --select nearest --state 14MB
              chaos import gml homes.gml --joiner home3 \\
                --model resnet50.json --optimizer sgd-momentum

            Exit status: 0 done, 5 invalid input, 64 wrong usage.
            """,
        subcommands: [MatrixCommand.self, TopologyCommand.self, HostGraphCommand.self])
}

/// `chaos import matrix`.
struct MatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Make an instance from CSV tables of bandwidth and round-trip time.",
        discussion: """
            A table has one row for each pair of nodes; with --wide it is a matrix whose first column names the source \
            of each row and whose header names the destinations. Bandwidth is that of the link from the neighbor to the \
            joiner. Latency is half the round trip, for which a row of the other direction serves where the right one \
            is missing. Several rows about one pair: --duplicates says which counts. An empty field means that nothing \
            was measured; a neighbor without a bandwidth, or without a round trip where these are given, is left out. \
            Tables are CSV by RFC 4180 and read strictly; --separator, --decimal-comma, --missing and --trim-spaces say \
            how others are written. Units of bandwidth are bit/s, Mbit/s, MiB/s and their like; bps, kbps, Mbps, Gbps and \
            Tbps are decimal multiples of bit/s.

            EXAMPLES
              chaos import matrix --joiner gcp:us-west1-a --neighbors 8 \\
                --select fastest --bandwidth-table throughput.csv \\
                --source-column src_region --destination-column dst_region \\
                --bandwidth throughput_received:bit/s \\
                --filter src_tier=PREMIUM --filter dst_tier=PREMIUM \\
                --rtt-table latency.csv --rtt avg_rtt:ms \\
                --model gpt2_xl.json --overhead rtt --ingress 7Gbit/s
              chaos import matrix --wide --joiner paris --state 1GB \\
                --bandwidth-table mbit.csv --bandwidth value:Mbit/s
              chaos import matrix --joiner Wien --state 1GB --bandwidth-table netz.csv \\
                --separator ';' --decimal-comma --missing NA --missing - \\
                --bandwidth rate:Mbps --rtt rtt:ms --group 'at-*=1Gbps'

            Exit status: 0 done, 5 invalid input, 64 wrong usage.
            """)

    @Option(help: ArgumentHelp("CSV with bandwidths; - is standard input.", valueName: "file"))
    var bandwidthTable: String

    @Option(
        help: ArgumentHelp(
            "The column with bandwidths and its unit: throughput:bit/s, bw:Gbit/s.", valueName: "column:unit"),
        transform: { try FigureColumn(setting: $0, .bandwidth) })
    var bandwidth: FigureColumn

    @Option(help: ArgumentHelp("CSV with round trips; without it they stand in the other table.", valueName: "file"))
    var rttTable: String?

    @Option(
        help: ArgumentHelp(
            "The column with round trips and its unit: avg_rtt:ms. Without it latencies are 0.",
            valueName: "column:unit"),
        transform: { try FigureColumn(setting: $0, .time) })
    var rtt: FigureColumn?

    @Option(help: ArgumentHelp("The column with the sending end, in both tables.", valueName: "column"))
    var sourceColumn = "source"

    @Option(help: ArgumentHelp("The column with the receiving end, in both tables.", valueName: "column"))
    var destinationColumn = "destination"

    @Option(
        help: ArgumentHelp(
            "Take only rows of the bandwidth table with column=text, column!=text or column^=beginning. Repeatable.",
            valueName: "condition"),
        transform: { try ColumnFilter($0) })
    var filter: [ColumnFilter] = []

    @Option(
        help: ArgumentHelp(
            "The same for the table of round trips; --filter holds there if it is the same table.",
            valueName: "condition"),
        transform: { try ColumnFilter($0) })
    var rttFilter: [ColumnFilter] = []

    @Option(
        help: """
            Which of several rows about a pair counts: median (the lower of two middle ones), first, last, least, \
            greatest.
            """)
    var duplicates: DuplicateRule = .median

    @Flag(help: "A row holds for both directions.")
    var symmetric = false

    @Flag(
        help: """
            The tables are matrices: the first column names the source, the header the destinations; the figures are \
            called value.
            """)
    var wide = false

    @OptionGroup(title: "Form of the tables") var tables: TableOptions

    @OptionGroup var options: ImportOptions

    func run() throws {
        try options.run { recipe in
            let table = try table(bandwidthTable)
            var rows = LinkRows(
                source: wide ? "source" : sourceColumn, destination: wide ? "destination" : destinationColumn,
                filters: filter, isSymmetric: symmetric, duplicates: duplicates)
            var source = MatrixImport(bandwidth: bandwidth, of: table, rows: rows, roundTrip: rtt)
            rows.filters = (rttTable == nil ? filter : []) + rttFilter
            source.roundTripTable = try rttTable.map(self.table)
            source.roundTripRows = rows
            source.form = tables.form
            return try source.instance(joiner: options.joiner, recipe: recipe)
        }
    }

    private func table(_ path: String) throws -> CSVTable {
        let table = try CSVTable(
            csv: try DocumentIO.read(path), file: ImportOptions.title(of: path), dialect: tables.form.dialect)
        return wide ? table.listOfPairs : table
    }
}

/// `chaos import topology`.
struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Make an instance from a GraphML map of the Internet Topology Zoo.",
        discussion: """
            Every place that the joiner reaches is a neighbor. Paths are those of least latency, which is the great \
            circle at 2/3 of the speed of light; bandwidth is the least LinkSpeedRaw on the path. Links that several \
            neighbors lie behind are groups. Nodes without coordinates are put in the middle of the nodes they are \
            linked to, carry paths, and are no neighbors. Parallel links count as one with the sum of their capacities; \
            a link from a node to itself does not count. With edgedefault="directed" paths follow the links from the \
            neighbor to the joiner, as the state does. The <default> of a key holds where no other value stands. \
            Hyperedges, nested graphs, edges of both kinds and links to unknown nodes are refused.

            Groups of the map and --group: a shared link is inside the group of a pattern that matches all neighbors \
            behind it, and round one that matches only some of them; a pattern that cuts through is refused.

            EXAMPLES
              chaos import topology Arnes.graphml --joiner Ljubljana \\
                --groups tree --model resnet50.json
              chaos import topology Cesnet200304.graphml --joiner Praha \\
                --neighbors 16 --select random --seed 3 --state 1GiB

            Exit status: 0 done, 5 invalid input, 64 wrong usage.
            """)

    @Argument(help: ArgumentHelp("A GraphML file; - is standard input.", valueName: "file"))
    var file: String

    @Option(
        help:
            "Groups: first-hop (shared links at the joiner), tree (all shared links of the tree of paths, nested), none."
    )
    var groups: TopologyImport.Sharing = .firstHop

    @Option(
        help: ArgumentHelp(
            "Capacity of links without LinkSpeedRaw; without it the lower median of the others.", valueName: "bandwidth"
        ),
        transform: { try Quantity.bandwidth.parse(setting: $0) })
    var missingSpeed: Int?

    @Flag(help: "Leave out nodes without coordinates and their links, instead of placing them between others.")
    var skipUnlocated = false

    @OptionGroup var options: ImportOptions

    func run() throws {
        try options.run { recipe in
            let graph = try TopologyGraph(graphML: try DocumentIO.read(file), file: ImportOptions.title(of: file))
            let source = TopologyImport(
                graph, sharing: groups, missingSpeed: missingSpeed, interpolates: !skipUnlocated)
            return try source.instance(joiner: options.joiner, recipe: recipe)
        }
    }
}

/// `chaos import gml`.
struct HostGraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gml",
        abstract: "Make an instance from a GML graph of hosts.",
        discussion: """
            Nodes have host_bandwidth_up and host_bandwidth_down ("83592 Kibit", a second understood), edges a one-way \
            latency ("130859 us"). A neighbor's bandwidth is what its host can send; what the joiner's host can take is \
            the group ingress round all, unless --ingress sets another. Only hosts with an edge to the joiner are \
            neighbors. With directed 1 that is the edge from the neighbor to the joiner, on which the state travels; \
            otherwise edges have no direction. Of parallel edges, which multigraph 1 allows, the one with the least \
            latency counts. Edges to unknown nodes are refused.

            EXAMPLES
              chaos import gml homes.gml --joiner home3 \\
                --model mobilenet_v2.json --optimizer none
              chaos import gml homes.gml --joiner home0 --neighbors 6 \\
                --select nearest --state 100MB --limit 10%..60%

            Exit status: 0 done, 5 invalid input, 64 wrong usage.
            """)

    @Argument(help: ArgumentHelp("A GML file; - is standard input.", valueName: "file"))
    var file: String

    @OptionGroup var options: ImportOptions

    func run() throws {
        try options.run { recipe in
            try HostGraphImport(gml: try DocumentIO.read(file), file: ImportOptions.title(of: file))
                .instance(joiner: options.joiner, recipe: recipe)
        }
    }
}
