import ChaosCertificate
import ChaosModel
import ChaosSolver

/// What checking costs: `verify` against reading its files, and certificates for third parties.
enum CertificateBenchmark {
    static func run() throws {
        try verification()
        try certificates()
    }

    /// A plan with 10^6 neighbours and 20 sizes: the check against reading both files.
    private static func verification() throws {
        print("## Checking a plan with 10^6 neighbors and 20 sizes (target: at most 2)\n")
        print("| instance | reading both files, s | check, s | ratio of medians |")
        print("|---|---|---|---|")
        for (name, overhead) in [("without overheads", false), ("with overheads", true)] {
            let instance = BenchmarkInstance.wideArea(
                neighbors: 1_000_000, bytes: 1 << 42, sizes: (0..<20).map { 4096 << $0 }, withOverhead: overhead)
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let plan = Plan(best, for: instance, isOptimal: true, algorithm: "threshold")
            var files: [[UInt8]] = [[], []]
            try collect(into: &files[0]) { try instance.writeJSON(to: $0) }
            try collect(into: &files[1]) { try plan.writeJSON(to: $0) }
            let times = Measurement.inTurn(
                rounds: 3,
                [
                    {
                        keep(try? files[0].withUnsafeBufferPointer { try Instance(json: $0) })
                        keep(try? files[1].withUnsafeBufferPointer { try Plan(json: $0) })
                    },
                    { keep(PlanChecker(instance).check(plan)) },
                ])
            print(
                "| \(name) | "
                    + (times.map(\.median) + [times[1].median / times[0].median])
                    .map(Benchmarks.decimal).joined(separator: " | ") + " |")
        }
        print()
    }

    private static func collect(
        into bytes: inout [UInt8], _ write: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let buffer = Buffer()
        try write { buffer.bytes.append(contentsOf: $0) }
        bytes = buffer.bytes
    }

    private final class Buffer {
        var bytes: [UInt8] = []
    }

    /// A certificate for 1000 neighbours: written and checked.
    private static func certificates() throws {
        print("## A VIPR certificate for 1000 neighbors (target: written and checked in under 2 s)\n")
        print("| instance | size, kB | written, s | checked, s |")
        print("|---|---|---|---|")
        for (name, groups) in [("flat", 0), ("50 groups", 50)] {
            let instance = BenchmarkInstance.wideArea(neighbors: 1000, bytes: 1 << 40, sizes: [65536], groups: groups)
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let bytes = try SizeCertificate(of: best, for: instance).bytes
            let times = Measurement.inTurn(
                rounds: 3,
                [
                    { keep(try? SizeCertificate(of: best, for: instance).bytes) },
                    { keep(try? VIPRChecker.check(bytes)) },
                ])
            print(
                "| \(name) | \(bytes.count / 1000) | \(Benchmarks.decimal(times[0].median)) | "
                    + "\(Benchmarks.decimal(times[1].median)) |")
        }
        print()
    }
}
