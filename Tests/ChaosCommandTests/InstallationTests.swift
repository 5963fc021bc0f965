import ChaosMILPWorker
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// `make install`, without the build before it.
@Suite struct InstallationTests {
    @Test func allProgramsAndWorkersAreInstalled() throws {
        try Chaos.withFolder { prefix in
            let result = try Command(
                PackageRoot.url("Scripts/install").path, [Chaos.buildFolder, prefix], timeLimit: .seconds(120)
            ).run()
            #expect(result.isSuccess, "\(result.errors.text)")
            let workers = MILPBackEnd.allCases.map { "libexec/chaos/" + $0.executable }
            for path in ["bin/chaos", "bin/chaosd", "share/doc/chaos/COPYING.chaos-glpk"] + workers {
                #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(path)"), "\(path)")
            }
            // The installed program finds the installed workers.
            let version = try Command(prefix + "/bin/chaos", ["--version"], timeLimit: .seconds(60)).run()
            for backEnd in MILPBackEnd.allCases {
                let line = version.output.text.split(separator: "\n").first { $0.hasSuffix("(\(backEnd.executable))") }
                #expect(line?.hasPrefix("\(backEnd.facts.title) ") == true, "\(version.output.text)")
            }
        }
    }
}
