import ChaosMILPWorker
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// `make install`, without the build before it.
@Suite struct InstallationTests {
    @Test func allProgramsAndWorkersAreInstalled() throws {
        try Chaos.withFolder { prefix in
            try Self.install(below: prefix)
            let workers = MILPBackEnd.allCases.map { "libexec/chaos/" + $0.executable }
            for path in ["bin/chaos", "bin/chaosd", "share/doc/chaos/COPYING.chaos-glpk"] + workers {
                #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(path)"), "\(path)")
            }
            // The installed program finds the installed workers.
            let version = try Command(prefix + "/bin/chaos", ["--version"], timeLimit: .hanging).run()
            for backEnd in MILPBackEnd.allCases {
                let line = version.output.text.split(separator: "\n").first { $0.hasSuffix("(\(backEnd.executable))") }
                #expect(line?.hasPrefix("\(backEnd.facts.title) ") == true, "\(version.output.text)")
            }
            try Self.expectWhatIsReferredTo(in: prefix)
        }
    }

    static func install(below prefix: String) throws {
        let result = try Command(
            PackageRoot.url("Scripts/install").path, [Chaos.buildFolder, prefix], timeLimit: .hanging
        ).run()
        #expect(result.isSuccess, "\(result.errors.text)")
    }

    /// Every file that a manual page names, and every file that a page of the documentation links to, is there.
    static func expectWhatIsReferredTo(in prefix: String) throws {
        let documents = prefix + "/share/doc/chaos"
        var named: Set<String> = []
        for page in ["chaos.1", "chaosd.8"] {
            let text = try String(contentsOf: PackageRoot.url("Documentation/" + page), encoding: .utf8)
                .replacing("\\-", with: "-")
            for match in text.matches(of: /\b(?:Documentation|Instances|Schemas|Data)\/[\w.\/-]*\w/) {
                named.insert(String(match.0))
            }
        }
        for file in ["README.md", "NODE.md", "SCENARIOS.md", "MODEL.md", "PROTOCOL.md"] {
            let path = file == "README.md" ? file : "Documentation/" + file
            let text = try String(contentsOfFile: documents + "/" + path, encoding: .utf8)
            for match in text.matches(of: /\]\(((?:\.\.\/)*)((?:Documentation|Instances|Schemas|Data)\/[^)#]+)\)/) {
                named.insert(String(match.2))
            }
        }
        #expect(named.count > 8, "\(named)")
        for path in named {
            #expect(FileManager.default.fileExists(atPath: "\(documents)/\(path)"), "\(path)")
        }
    }
}

/// `make package`, which `make test` runs before: the package that it leaves in the build folder.
@Suite(.enabled(if: DebianPackage.path != nil, "make package has not been run"))
struct PackageTests {
    @Test func itInstallsIntoARootOfItsOwnAndSolves() throws {
        let package = try #require(DebianPackage.path)
        try Chaos.withFolder { root in
            let state = root + "/var/lib/dpkg"
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: state + "/status"))
            // What it depends on is there, and not in that root, where its script could not be run.
            let installed = try Command(
                "/usr/bin/env",
                [
                    "dpkg", "--root=" + root, "--force-not-root", "--force-depends", "--force-script-chrootless",
                    "--log=" + root + "/log", "--install", package,
                ],
                timeLimit: .hanging
            ).run()
            #expect(installed.isSuccess, "\(installed.errors.text)")
            let program = root + "/usr/bin/chaos"
            let documents = root + "/usr/share/doc/chaos"
            let instance = documents + "/Instances/skyplane/aws-sa-east-1-7-nearest-gpt2_medium-overhead-rtt.json"
            let plan = root + "/plan.json"
            for arguments in [
                ["solve", "--output", plan, instance], ["verify", instance, plan], ["crosscheck", instance],
            ] {
                let result = try Command(program, arguments, timeLimit: .hanging).run()
                #expect(result.isSuccess, "\(arguments[0]): \(result.errors.text)")
            }
            try InstallationTests.expectWhatIsReferredTo(in: root + "/usr")
            for page in ["man1/chaos.1.gz", "man8/chaosd.8.gz"] {
                #expect(FileManager.default.fileExists(atPath: root + "/usr/share/man/" + page), "\(page)")
            }
            try expectNoLibraryOfAToolchain(below: root)
            try expectASoundUnit(below: root)
        }
    }

    /// Nothing that is loaded lies outside of what Debian's packages bring.
    private func expectNoLibraryOfAToolchain(below root: String) throws {
        let workers = MILPBackEnd.allCases.map { "libexec/chaos/" + $0.executable }
        for program in ["bin/chaos", "bin/chaosd"] + workers {
            let libraries = try Command("/usr/bin/ldd", [root + "/usr/" + program], timeLimit: .hanging).run()
            #expect(libraries.isSuccess)
            for line in libraries.output.text.split(separator: "\n") where line.contains("=>") {
                let path = line.split(separator: ">")[1].trimmingCharacters(in: .whitespaces)
                #expect(path.hasPrefix("/lib/") || path.hasPrefix("/usr/lib/"), "\(program): \(line)")
            }
        }
    }

    /// Systemd finds no fault with the unit, its program taken from that root.
    private func expectASoundUnit(below root: String) throws {
        let unit = try String(contentsOfFile: root + "/usr/lib/systemd/system/chaosd@.service", encoding: .utf8)
        let tried = root + "/chaosd@node.service"
        try Data(unit.replacing("/usr/bin/chaosd", with: root + "/usr/bin/chaosd").utf8).write(to: URL(filePath: tried))
        let verdict = try Command(
            "/usr/bin/env", ["systemd-analyze", "verify", "--man=no", tried], timeLimit: .hanging
        ).run()
        #expect(verdict.isSuccess && verdict.errors.text == "", "\(verdict.errors.text)")
    }
}

/// The package that lies in the build folder.
private enum DebianPackage {
    static let path: String? = {
        let folder = PackageRoot.url(".build").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.sorted().last { $0.hasPrefix("chaos_") && $0.hasSuffix(".deb") }.map { folder + "/" + $0 }
    }()
}
