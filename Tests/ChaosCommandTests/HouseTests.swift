import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// The targets, their arrows, and the picture of both.
@Suite struct HouseTests {
    /// What the package manager makes of Package.swift.
    private static func package() throws -> [String: Any] {
        try Chaos.withFolder { folder in
            let dump = try Command(
                "/usr/bin/env",
                [
                    "swift", "package", "--package-path", PackageRoot.url.path, "--scratch-path", folder + "/scratch",
                    "dump-package",
                ], timeLimit: .hanging
            ).run()
            return try #require(try JSONSerialization.jsonObject(with: Data(dump.output.bytes)) as? [String: Any])
        }
    }

    /// - Returns: the picture and the faults.
    private static func draw(_ package: [String: Any]) throws -> (picture: String, faults: [String]) {
        let result = try Command(
            PackageRoot.url("Scripts/draw-targets").path,
            input: [UInt8](try JSONSerialization.data(withJSONObject: package)), timeLimit: .hanging
        ).run()
        let faults = result.errors.text.split(separator: "\n").map(String.init)
        #expect(result.ending == .exited(faults.isEmpty ? 0 : 1))
        return (result.output.text, faults)
    }

    @Test func thePictureIsThatOfThePackageAndNoArrowRunsAgainstTheWay() throws {
        let (picture, faults) = try Self.draw(try Self.package())
        #expect(faults == [])
        let kept = try String(contentsOf: PackageRoot.url("Documentation/targets.svg"), encoding: .utf8)
        #expect(picture == kept, "run make targets")
    }

    @Test(
        arguments: [
            ("ChaosProtocol", "ChaosNode", "knows nothing of the node"),
            ("ChaosSolver", "ChaosProtocol", "must not use the cluster"),
            ("ChaosNode", "ChaosImport", "a node reads no maps"), ("ChaosLab", "ChaosMILP", "asks no MILP solver"),
            ("ChaosCertificate", "ChaosSolver", "knows nothing of the solvers"),
            ("ChaosModel", "ChaosLab", "must not use the laboratory"), ("ChaosWire", "NewTarget", "stands in no room"),
        ])
    func anArrowAgainstTheWayIsFound(from source: String, to destination: String, reason: String) throws {
        var package = try Self.package()
        var targets = try #require(package["targets"] as? [[String: Any]])
        if destination == "NewTarget" {
            targets.append(["name": destination, "type": "regular", "dependencies": [Any]()])
        }
        let place = try #require(targets.firstIndex { $0["name"] as? String == source })
        var dependencies = try #require(targets[place]["dependencies"] as? [Any])
        dependencies.append(["byName": [destination, NSNull()]])
        targets[place]["dependencies"] = dependencies
        package["targets"] = targets
        let faults = try Self.draw(package).faults
        #expect(faults.contains { $0.contains(reason) }, "\(faults)")
    }
}
