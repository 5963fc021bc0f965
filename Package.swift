// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode with its strict concurrency, and no warning goes by.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let bigIntegers = Target.Dependency.product(name: "BigInt", package: "BigInt")

let package = Package(
    name: "Chaos",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "chaos", targets: ["chaos"]),
        .executable(name: "chaos-cbc", targets: ["chaos-cbc"]),
        .executable(name: "chaos-glpk", targets: ["chaos-glpk"]),
        .executable(name: "chaosd", targets: ["chaosd"]),
        .library(name: "ChaosCertificate", targets: ["ChaosCertificate"]),
        .library(name: "ChaosControl", targets: ["ChaosControl"]),
        .library(name: "ChaosMILP", targets: ["ChaosMILP"]),
        .library(name: "ChaosModel", targets: ["ChaosModel"]),
        .library(name: "ChaosNode", targets: ["ChaosNode"]),
        .library(name: "ChaosPrograms", targets: ["ChaosPrograms"]),
        .library(name: "ChaosProcess", targets: ["ChaosProcess"]),
        .library(name: "ChaosProtocol", targets: ["ChaosProtocol"]),
        .library(name: "ChaosSimulator", targets: ["ChaosSimulator"]),
        .library(name: "ChaosSolver", targets: ["ChaosSolver"]),
        .library(name: "ChaosSources", targets: ["ChaosSources"]),
        .library(name: "ChaosTraining", targets: ["ChaosTraining"]),
        .library(name: "ChaosWire", targets: ["ChaosWire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.4"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // What an instance and a plan are.
        .target(
            name: "ChaosModel", dependencies: [bigIntegers, .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "ChaosSources", dependencies: ["ChaosModel", bigIntegers], swiftSettings: strict),
        .target(
            name: "ChaosYAML", dependencies: ["ChaosModel", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),

        // Programs, solvers, certificates.
        .target(name: "ChaosPrograms", dependencies: ["ChaosModel", bigIntegers], swiftSettings: strict),
        .target(
            name: "ChaosSolver",
            dependencies: [
                "ChaosModel", bigIntegers, .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosCertificate", dependencies: ["ChaosModel", "ChaosPrograms", bigIntegers],
            swiftSettings: strict),

        // The cluster as value types, and the simulator that tries to break it.
        .target(name: "ChaosProtocol", dependencies: ["ChaosModel", "ChaosSolver"], swiftSettings: strict),
        .target(
            name: "ChaosSimulator",
            dependencies: [
                "ChaosModel", "ChaosProtocol", "ChaosSources",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosScenarios",
            dependencies: ["ChaosModel", "ChaosProtocol", "ChaosSimulator", "ChaosSources", "ChaosYAML"],
            swiftSettings: strict),

        // What goes over a connection; Scripts/make-generated makes Generated from Protos.
        .target(
            name: "ChaosWire",
            dependencies: ["ChaosProtocol", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Generated/SHA256SUMS", "Protos"], swiftSettings: strict),
        // What the nodes compute: the trainer protocol and the trainers that come with it.
        .target(name: "ChaosTraining", dependencies: ["ChaosModel", "ChaosSources"], swiftSettings: strict),

        // How a node is talked to and what it writes down: a control socket and a journal.
        .target(name: "ChaosControl", dependencies: ["ChaosModel", "ChaosProtocol"], swiftSettings: strict),

        // The node: the protocol on sockets, clocks and a training engine.
        .target(
            name: "ChaosNode",
            dependencies: [
                "ChaosControl", "ChaosModel", "ChaosProtocol", "ChaosSources", "ChaosTraining", "ChaosWire",
                "ChaosYAML",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "chaosd",
            dependencies: [
                "ChaosModel", "ChaosNode", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Other programs, run as processes; CProcess is what glibc hides from Swift.
        .target(name: "CProcess"),
        .target(name: "ChaosProcess", dependencies: ["CProcess"], swiftSettings: strict),

        // MILP solvers, each in a worker of its own, and the cross-check. Debian has no glpk.pc.
        .systemLibrary(name: "CGLPK", providers: [.apt(["libglpk-dev"])]),
        .systemLibrary(name: "CCbc", pkgConfig: "cbc", providers: [.apt(["coinor-libcbc-dev"])]),
        .target(
            name: "ChaosWorker", dependencies: ["ChaosModel", "ChaosPrograms", bigIntegers], swiftSettings: strict),
        // A program of its own under GPL-3, as its library is.
        .executableTarget(
            name: "chaos-glpk", dependencies: ["CGLPK", "ChaosWorker"], exclude: ["COPYING", "LICENSE"],
            swiftSettings: strict),
        .executableTarget(name: "chaos-cbc", dependencies: ["CCbc", "ChaosWorker"], swiftSettings: strict),
        .target(
            name: "ChaosMILP",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosWorker",
                bigIntegers,
            ],
            swiftSettings: strict),

        // The command line.
        .target(
            name: "ChaosReport",
            dependencies: [
                "ChaosCertificate", "ChaosMILP", "ChaosModel", "ChaosProtocol", "ChaosSimulator", "ChaosSolver",
            ],
            swiftSettings: strict),
        // Clusters of real nodes on this machine, by scenario.
        .target(
            name: "ChaosLab",
            dependencies: [
                "ChaosControl", "ChaosModel", "ChaosProcess", "ChaosProtocol", "ChaosReport", "ChaosSimulator",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "chaos",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosLab", "ChaosMILP", "ChaosModel", "ChaosPrograms",
                "ChaosProtocol", "ChaosReport", "ChaosScenarios", "ChaosSimulator", "ChaosSolver", "ChaosSources",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Benchmarks and tests.
        .executableTarget(
            name: "ChaosBenchmarks",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosLab", "ChaosMILP", "ChaosModel", "ChaosProcess",
                "ChaosPrograms", "ChaosProtocol", "ChaosReport", "ChaosSimulator", "ChaosSolver",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Benchmarks/ChaosBenchmarks", swiftSettings: strict),
        .target(
            name: "ChaosTesting", dependencies: ["ChaosModel", "ChaosSolver", "ChaosSources", bigIntegers],
            path: "Tests/ChaosTesting", swiftSettings: strict),
        .testTarget(
            name: "ChaosModelTests",
            dependencies: ["ChaosModel", "ChaosProcess", "ChaosSolver", "ChaosTesting", bigIntegers],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSolverTests", dependencies: ["ChaosModel", "ChaosSolver", "ChaosTesting", bigIntegers],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosProgramsTests",
            dependencies: [
                "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosTesting", bigIntegers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosMILPTests",
            dependencies: [
                "ChaosMILP", "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosTesting",
                "ChaosWorker", "chaos-cbc", "chaos-glpk", bigIntegers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosReportTests",
            dependencies: ["ChaosModel", "ChaosReport", "ChaosSolver", "ChaosTesting"], swiftSettings: strict),
        .testTarget(
            name: "ChaosCommandTests",
            dependencies: ["ChaosModel", "ChaosProcess", "ChaosTesting", "chaos", "chaos-cbc", "chaos-glpk", "chaosd"],
            swiftSettings: strict),
        .testTarget(name: "ChaosProcessTests", dependencies: ["ChaosProcess"], swiftSettings: strict),
        .testTarget(
            name: "ChaosCertificateTests",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosTesting",
                bigIntegers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSourcesTests", dependencies: ["ChaosModel", "ChaosSolver", "ChaosSources", "ChaosTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosYAMLTests",
            dependencies: ["ChaosModel", "ChaosTesting", "ChaosYAML", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosProtocolTests",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosProtocol", "ChaosSolver", "ChaosSources", "ChaosTesting",
            ],
            exclude: ["Transcripts"], swiftSettings: strict),
        .testTarget(
            name: "ChaosSimulatorTests",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosProtocol", "ChaosSimulator", "ChaosSolver", "ChaosSources",
                "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosScenariosTests",
            dependencies: [
                "ChaosModel", "ChaosProtocol", "ChaosScenarios", "ChaosSimulator", "ChaosSources", "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosWireTests",
            dependencies: [
                "ChaosProcess", "ChaosProtocol", "ChaosTesting", "ChaosWire",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosControlTests", dependencies: ["ChaosControl", "ChaosModel", "ChaosProtocol"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosLabTests",
            dependencies: [
                "ChaosControl", "ChaosLab", "ChaosModel", "ChaosNode", "ChaosProtocol", "ChaosReport", "ChaosScenarios",
                "ChaosSimulator", "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosNodeTests",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosModel", "ChaosNode", "ChaosProcess", "ChaosProtocol",
                "ChaosTesting", "ChaosWire", "chaosd", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosTrainingTests", dependencies: ["ChaosModel", "ChaosSources", "ChaosTesting", "ChaosTraining"],
            exclude: ["Reference"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
