import ChaosModel
import ChaosSimulator
import ChaosTesting
import Foundation
import Testing

/// How far behind their makespan optimal plans finish when groups share fairly, as Documentation/MODEL.md has it.
struct TransferLatenessTests {
    /// Lateness over the instances of the library with groups.
    struct Lateness {
        /// (finish - makespan) / makespan of those that are late by a nanosecond or more, ascending, and the file.
        private(set) var late: [(part: Rational, file: String)] = []
        private(set) var count = 0

        mutating func add(_ file: String, _ plan: Plan, _ report: TransferReport) {
            count += 1
            let makespan = Rational(plan.makespan)
            let delay = Rational(report.finish) - makespan
            guard delay >= 1 else { return }
            late.append((delay / makespan, file))
            late.sort { $0.part < $1.part }
        }

        var median: Rational { (late[(late.count - 1) / 2].part + late[late.count / 2].part) / 2 }

        func count(above part: Rational) -> Int { late.count { $0.part > part } }

        /// In percent with the given number of decimals, rounded half up.
        static func percent(_ part: Rational, decimals: Int) -> String {
            let scale = (0..<decimals).reduce(1) { power, _ in power * 10 }
            let value = Int((part * Rational(100 * scale) + Rational("1/2")!).floor)
            return "\(value / scale).\("\(scale + value % scale)".dropFirst()) %"
        }
    }

    private static func document() throws -> String {
        let text = try String(contentsOf: PackageRoot.url("Documentation/MODEL.md"), encoding: .utf8)
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func documentSaysHowLate() throws {
        var lateness = Lateness()
        for (item, report) in zip(TransferLibrary.withGroups, TransferLibrary.reports) {
            lateness.add(item.file, item.plan, report)
        }
        let worst = try #require(lateness.late.last)
        let expected = """
            Of the \(lateness.count) instances of the library with groups, \(lateness.count - lateness.late.count) finish \
            within a nanosecond of their makespan. The other \(lateness.late.count) are late by \
            \(Lateness.percent(lateness.median, decimals: 1)) at the median, \
            \(lateness.count(above: Rational("1/100")!)) of them by more than 1 %, and the latest by \
            \(Lateness.percent(worst.part, decimals: 1)) (`\(worst.file.dropLast(5))`)
            """
        #expect(try Self.document().contains(expected), "\(expected)")
    }

    @Test func documentSaysHowLateWhenReadyTogether() throws {
        var lateness = Lateness()
        for item in TransferLibrary.withGroups {
            let instance = try TransferPlanTests.readyTogether(item.instance)
            let plan = try #require(try TransferLibrary.plan(of: instance))
            lateness.add(item.file, plan, try TransferSimulation(instance).run(plan))
        }
        let worst = try #require(lateness.late.last)
        let expected = """
            even with all members ready together and no overhead, \(lateness.late.count) of the \(lateness.count) are \
            late, by up to \(Lateness.percent(worst.part, decimals: 1)) (`\(worst.file.dropLast(5))`)
            """
        #expect(try Self.document().contains(expected), "\(expected)")
    }
}
