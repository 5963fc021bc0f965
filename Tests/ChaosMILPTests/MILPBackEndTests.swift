import ChaosMILPWorker
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// Whatever cannot be made from the registry of MILP solvers is compared with it here, so that a solver that is added is
/// added everywhere.
@Suite struct MILPBackEndTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: PackageRoot.url(path), encoding: .utf8)
    }

    /// The targets and products of Package.swift, without spaces and line breaks.
    private static func manifest() throws -> String {
        try text("Package.swift").filter { !$0.isWhitespace }
    }

    @Test func everyWorkerHasAFolderAndNothingElseHas() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.url("Sources").path)
        #expect(folders.filter { $0.hasPrefix("chaos-") }.sorted() == MILPBackEnd.allCases.map(\.executable).sorted())
    }

    @Test(arguments: MILPBackEnd.allCases) func thePackageBuildsIt(_ backEnd: MILPBackEnd) throws {
        let (manifest, facts, name) = (try Self.manifest(), backEnd.facts, backEnd.executable)
        let library = try #require(
            manifest.split(separator: ".systemLibrary(").first { $0.hasPrefix("name:\"\(facts.library)\"") })
        #expect(library.prefix { $0 != "]" }.hasSuffix("[.apt([\"\(facts.package)\""))
        #expect(manifest.contains(".executable(name:\"\(name)\",targets:[\"\(name)\"])"))
        #expect(manifest.contains(".executableTarget(name:\"\(name)\",dependencies:[\"\(facts.library)\","))
        let list = try #require(manifest.firstMatch(of: /letworkers:\[Target\.Dependency\]=\[([^\]]*)\]/)).1
        #expect(list.split(separator: ",").contains("\"\(name)\""))
        for file in ["module.modulemap", "shim.h"] {
            let path = PackageRoot.url("Sources/\(facts.library)/\(file)").path
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
    }

    /// What the Makefile finds for itself.
    @Test func makeInstallsAndBuildsThem() throws {
        let result = try Command(
            "/usr/bin/make", ["-C", PackageRoot.url.path, "--print-data-base", "--question"], timeLimit: .hanging
        ).run()
        func words(_ variable: String) throws -> [Substring] {
            let line = result.output.text.split(separator: "\n").first { $0.hasPrefix(variable + " := ") }
            return try #require(line).split(separator: " ").dropFirst(2).sorted()
        }
        #expect(try words("WORKERS") == MILPBackEnd.allCases.map { $0.executable[...] }.sorted())
        // Beside the solvers the programs link libcrypto.
        let packages = MILPBackEnd.allCases.map { $0.facts.package[...] } + ["libssl-dev", "pkg-config"]
        #expect(try words("PACKAGES") == packages.sorted())
    }

    @Test(arguments: MILPBackEnd.allCases) func theLicenceIsWithIt(_ backEnd: MILPBackEnd) throws {
        let folder = PackageRoot.url("Sources/\(backEnd.executable)")
        let licence = backEnd.facts.workerLicence
        let isOurs = licence == "Apache-2.0"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        for text in ["COPYING", "LICENSE"] { #expect(files.contains(text) != isOurs, "\(text)") }
        for file in files where file.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            #expect(source.hasPrefix("// SPDX-License-Identifier: \(licence)\n") != isOurs, "\(file)")
        }
        // "GPL-3" in prose.
        let readme = try Self.text("README.md")
        for word in [backEnd.facts.title, "`\(backEnd.executable)`", "\(backEnd.facts.licence.prefix { $0 != "." })"] {
            #expect(readme.contains(word), "\(word)")
        }
    }

    @Test func theIndexOfInstancesHasAColumnForEach() throws {
        let columns = try Self.text("Instances/index.csv").prefix { !$0.isNewline }.split(separator: ",")
        #expect(
            columns.split(separator: "sha256").last.map(Array.init) == MILPBackEnd.allCases.map { $0.rawValue[...] })
    }

    @Test func theTitlesAreAPhrase() {
        let titles = MILPBackEnd.allCases.map(\.facts.title)
        #expect(Set(titles).count == titles.count)
        #expect(MILPBackEnd.titles.hasPrefix("GLPK") && MILPBackEnd.titles.hasSuffix(" and \(titles.last!)"))
        #expect(MILPBackEnd.titles.replacing(" and ", with: ", ") == titles.joined(separator: ", "))
    }
}
