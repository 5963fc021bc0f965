// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode with its strict concurrency, and no warning goes by.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let bigIntegers = Target.Dependency.product(name: "BigInt", package: "BigInt")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heaps = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let histograms = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// The MILP solvers, each a program of its own; Sources/ChaosMILPWorker/MILPBackEnd.swift is their registry.
let workers: [Target.Dependency] = ["chaos-cbc", "chaos-glpk"]

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
        .library(name: "ChaosDocuments", targets: ["ChaosDocuments"]),
        .library(name: "ChaosFormulation", targets: ["ChaosFormulation"]),
        .library(name: "ChaosImport", targets: ["ChaosImport"]),
        .library(name: "ChaosJudgement", targets: ["ChaosJudgement"]),
        .library(name: "ChaosMILP", targets: ["ChaosMILP"]),
        .library(name: "ChaosModel", targets: ["ChaosModel"]),
        .library(name: "ChaosNode", targets: ["ChaosNode"]),
        .library(name: "ChaosPage", targets: ["ChaosPage"]),
        .library(name: "ChaosPolicies", targets: ["ChaosPolicies"]),
        .library(name: "ChaosProcess", targets: ["ChaosProcess"]),
        .library(name: "ChaosProtocol", targets: ["ChaosProtocol"]),
        .library(name: "ChaosScenario", targets: ["ChaosScenario"]),
        .library(name: "ChaosSimulator", targets: ["ChaosSimulator"]),
        .library(name: "ChaosSolver", targets: ["ChaosSolver"]),
        .library(name: "ChaosTraining", targets: ["ChaosTraining"]),
        .library(name: "ChaosWire", targets: ["ChaosWire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.4"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // MARK: Support

        // Other programs, run as processes; CProcess is what glibc hides from Swift.
        .target(name: "CProcess"),
        .target(name: "ChaosProcess", dependencies: ["CProcess"], swiftSettings: strict),

        // MARK: What things are

        // SHA-256, by which contents are named: Debian's, for another one would take most of the time of a build.
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Texts, files and faults: whatever is read or written goes through here.
        .target(name: "ChaosDocuments", dependencies: ["CLibcrypto", bigIntegers], swiftSettings: strict),
        .target(name: "ChaosYAML", dependencies: ["ChaosDocuments", yams], swiftSettings: strict),
        // What an instance and a plan are.
        .target(name: "ChaosModel", dependencies: ["ChaosDocuments", bigIntegers], swiftSettings: strict),
        // Tables, the terminal, pictures, numbers for reading: no room above the model is known to it, so that all may use
        // it.
        .target(name: "ChaosText", dependencies: ["ChaosDocuments", "ChaosModel"], swiftSettings: strict),
        // Instances from measurements and maps, and random ones.
        .target(
            name: "ChaosImport", dependencies: ["ChaosDocuments", "ChaosModel", bigIntegers], swiftSettings: strict),

        // MARK: The optimizer

        .target(
            name: "ChaosFormulation", dependencies: ["ChaosDocuments", "ChaosModel", bigIntegers],
            swiftSettings: strict),
        .target(
            name: "ChaosSolver", dependencies: ["ChaosDocuments", "ChaosModel", bigIntegers, heaps],
            swiftSettings: strict),
        .target(
            name: "ChaosCertificate",
            dependencies: ["ChaosDocuments", "ChaosModel", bigIntegers], swiftSettings: strict),
        // MILP solvers, each in a worker of its own, and the cross-check. Debian has no glpk.pc.
        .systemLibrary(name: "CGLPK", providers: [.apt(["libglpk-dev"])]),
        .systemLibrary(name: "CCbc", pkgConfig: "cbc", providers: [.apt(["coinor-libcbc-dev"])]),
        .target(
            name: "ChaosMILPWorker", dependencies: ["ChaosDocuments", "ChaosFormulation", "ChaosModel", bigIntegers],
            swiftSettings: strict),
        // A program of its own under GPL-3, as its library is.
        .executableTarget(
            name: "chaos-glpk", dependencies: ["CGLPK", "ChaosMILPWorker"], exclude: ["COPYING", "LICENSE"],
            swiftSettings: strict),
        .executableTarget(name: "chaos-cbc", dependencies: ["CCbc", "ChaosMILPWorker"], swiftSettings: strict),
        .target(
            name: "ChaosMILP",
            dependencies: [
                "ChaosCertificate", "ChaosFormulation", "ChaosMILPWorker", "ChaosModel", "ChaosProcess",
                "ChaosSolver", bigIntegers,
            ],
            swiftSettings: strict),

        // MARK: The cluster

        // The cluster as value types.
        .target(name: "ChaosProtocol", dependencies: ["ChaosModel", "ChaosSolver"], swiftSettings: strict),
        // What goes over a connection; Scripts/make-generated makes Generated from Protos.
        .target(
            name: "ChaosWire", dependencies: ["ChaosProtocol", protobuf], exclude: ["Generated/SHA256SUMS", "Protos"],
            swiftSettings: strict),
        // What the nodes compute: the trainer protocol and the trainers that come with it.
        // CUpdate is the update of the parameters, as a C compiler makes vectors of it.
        .target(name: "CUpdate"),
        .target(
            name: "ChaosTraining", dependencies: ["CUpdate", "ChaosDocuments", "ChaosModel"], swiftSettings: strict),
        // How a node is talked to and what it writes down: a control socket and a journal.
        .target(
            name: "ChaosControl", dependencies: ["ChaosDocuments", "ChaosModel", "ChaosProtocol"],
            swiftSettings: strict),
        // What a browser shows of a cluster: the page, and the events that it is made of.
        .target(
            name: "ChaosPage", dependencies: ["ChaosDocuments", "ChaosProtocol"],
            resources: [
                .embedInCode("Assets/page.css"), .embedInCode("Assets/page.html"), .embedInCode("Assets/page.js"),
            ],
            swiftSettings: strict),
        // Who a node is and whom it trusts: certificates, and TLS with them.
        .target(
            name: "ChaosIdentity", dependencies: ["ChaosDocuments", asn1, crypto, nioCore, nioSSL, x509],
            swiftSettings: strict),
        // The node: the protocol on sockets, clocks and a training engine. CEngine is the memory that it shares with an
        // engine in another process.
        .target(name: "CEngine"),
        .target(
            name: "ChaosNode",
            dependencies: [
                "CEngine", "ChaosControl", "ChaosDocuments", "ChaosIdentity", "ChaosModel", "ChaosProtocol",
                "ChaosTraining", "ChaosWire", "ChaosYAML", logging, metrics, nioCore, nioLocks, nioPosix, nioSSL,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "chaosd",
            dependencies: ["ChaosDocuments", "ChaosIdentity", "ChaosNode", argumentParser, logging],
            swiftSettings: strict),

        // MARK: The laboratory

        // What may happen to a cluster, and on what network.
        .target(
            name: "ChaosScenario",
            dependencies: ["ChaosDocuments", "ChaosImport", "ChaosModel", "ChaosProtocol", "ChaosYAML"],
            swiftSettings: strict),
        // The promises, the record of a run by which they are judged, and its story.
        .target(
            name: "ChaosJudgement",
            dependencies: ["ChaosDocuments", "ChaosModel", "ChaosPage", "ChaosProtocol", "ChaosScenario", "ChaosText"],
            swiftSettings: strict),
        // Clusters in virtual time, and the simulator that tries to break them.
        .target(
            name: "ChaosSimulator",
            dependencies: [
                "ChaosDocuments", "ChaosJudgement", "ChaosModel", "ChaosPage", "ChaosProtocol", "ChaosScenario",
                deques, heaps,
            ],
            swiftSettings: strict),
        // What others do when nodes and links come and go, beside ours, on the same virtual network.
        .target(
            name: "ChaosPolicies",
            dependencies: [
                "ChaosDocuments", "ChaosModel", "ChaosProtocol", "ChaosScenario", "ChaosSimulator", "ChaosSolver",
                "ChaosText", heaps,
            ],
            swiftSettings: strict),
        // Clusters of real nodes on this machine, by scenario.
        .target(
            name: "ChaosLab",
            dependencies: [
                "ChaosControl", "ChaosDocuments", "ChaosJudgement", "ChaosModel", "ChaosPage", "ChaosPolicies",
                "ChaosProcess", "ChaosProtocol", "ChaosScenario", "ChaosText", "ChaosTraining",
            ],
            swiftSettings: strict),

        // MARK: The command line

        // Plans and verdicts as text and pictures.
        .target(
            name: "ChaosReport",
            dependencies: [
                "ChaosCertificate", "ChaosDocuments", "ChaosMILP", "ChaosModel", "ChaosSolver", "ChaosText",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "chaos",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosDocuments", "ChaosFormulation", "ChaosImport",
                "ChaosJudgement", "ChaosLab", "ChaosMILP", "ChaosMILPWorker", "ChaosModel", "ChaosPage",
                "ChaosPolicies", "ChaosProcess", "ChaosProtocol", "ChaosReport", "ChaosScenario", "ChaosSimulator",
                "ChaosSolver", "ChaosText", argumentParser,
            ],
            swiftSettings: strict),

        // MARK: Benchmarks and tests

        .executableTarget(
            name: "ChaosBenchmarks",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosDocuments", "ChaosFormulation", "ChaosIdentity",
                "ChaosJudgement",
                "ChaosLab", "ChaosMILP", "ChaosMILPWorker", "ChaosModel", "ChaosPolicies", "ChaosProcess",
                "ChaosProtocol", "ChaosScenario", "ChaosSimulator", "ChaosSolver", "ChaosText", "ChaosWire", histograms,
                nioCore, nioPosix,
            ],
            path: "Benchmarks/ChaosBenchmarks", swiftSettings: strict),
        // Whether the simulation finds the planted defects: a program, for it needs a release build.
        .executableTarget(
            name: "ChaosPlantedDefects", dependencies: ["ChaosJudgement", "ChaosProtocol", "ChaosSimulator"],
            path: "Tests/ChaosPlantedDefects", swiftSettings: strict),
        .target(
            name: "ChaosTesting",
            dependencies: [
                "ChaosDocuments", "ChaosIdentity", "ChaosModel", "ChaosProcess", "ChaosSolver", "ChaosText",
                bigIntegers,
            ],
            path: "Tests/ChaosTesting", swiftSettings: strict),
        .testTarget(
            name: "ChaosCertificateTests",
            dependencies: [
                "ChaosCertificate", "ChaosFormulation", "ChaosModel", "ChaosProcess", "ChaosSolver", "ChaosTesting",
                bigIntegers,
            ],
            exclude: ["Certificates"], swiftSettings: strict),
        .testTarget(
            name: "ChaosCommandTests",
            dependencies: ["ChaosMILPWorker", "ChaosProcess", "ChaosTesting", "chaos", "chaosd"] + workers,
            swiftSettings: strict),
        .testTarget(
            name: "ChaosControlTests",
            dependencies: ["ChaosControl", "ChaosDocuments", "ChaosModel", "ChaosProtocol", "ChaosTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosDocumentsTests",
            dependencies: ["ChaosDocuments", "ChaosModel", "ChaosTesting", bigIntegers], swiftSettings: strict),
        .testTarget(
            name: "ChaosExampleTests",
            dependencies: [
                "ChaosCertificate", "ChaosDocuments", "ChaosModel", "ChaosScenario", "ChaosSimulator", "ChaosSolver",
                "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosFormulationTests",
            dependencies: [
                "ChaosFormulation", "ChaosModel", "ChaosProcess", "ChaosSolver", "ChaosTesting", bigIntegers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosIdentityTests",
            dependencies: ["ChaosDocuments", "ChaosIdentity", "ChaosTesting"], swiftSettings: strict),
        .testTarget(
            name: "ChaosImportTests",
            dependencies: ["ChaosDocuments", "ChaosImport", "ChaosModel", "ChaosSolver", "ChaosTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosJudgementTests",
            dependencies: ["ChaosJudgement", "ChaosProtocol", "ChaosScenario", "ChaosTesting"], swiftSettings: strict),
        .testTarget(
            name: "ChaosLabTests",
            dependencies: [
                "ChaosControl", "ChaosJudgement", "ChaosLab", "ChaosModel", "ChaosNode", "ChaosPolicies",
                "ChaosProtocol", "ChaosScenario", "ChaosTesting", "ChaosText",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosMILPTests",
            dependencies: [
                "ChaosFormulation", "ChaosMILP", "ChaosMILPWorker", "ChaosModel", "ChaosProcess", "ChaosSolver",
                "ChaosTesting", bigIntegers,
            ] + workers,
            swiftSettings: strict),
        .testTarget(
            name: "ChaosModelTests",
            dependencies: ["ChaosDocuments", "ChaosModel", "ChaosProcess", "ChaosSolver", "ChaosTesting", bigIntegers],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosNodeTests",
            dependencies: [
                "ChaosCertificate", "ChaosControl", "ChaosDocuments", "ChaosIdentity", "ChaosModel", "ChaosNode",
                "ChaosProcess", "ChaosProtocol", "ChaosTesting", "ChaosTraining", "ChaosWire", "chaosd", logging,
                nioCore, nioLocks, nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosPageTests", dependencies: ["ChaosDocuments", "ChaosPage", "ChaosProtocol"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosPoliciesTests",
            dependencies: [
                "ChaosDocuments", "ChaosModel", "ChaosPolicies", "ChaosProtocol", "ChaosScenario", "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(name: "ChaosProcessTests", dependencies: ["ChaosProcess", "ChaosTesting"], swiftSettings: strict),
        .testTarget(
            name: "ChaosProtocolTests",
            dependencies: ["ChaosCertificate", "ChaosModel", "ChaosProtocol", "ChaosSolver", "ChaosTesting"],
            exclude: ["Transcripts"], swiftSettings: strict),
        .testTarget(
            name: "ChaosReportTests",
            dependencies: ["ChaosModel", "ChaosReport", "ChaosSolver", "ChaosTesting", "ChaosText"],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosScenarioTests",
            dependencies: [
                "ChaosDocuments", "ChaosImport", "ChaosModel", "ChaosProtocol", "ChaosScenario", "ChaosSimulator",
                "ChaosTesting", "ChaosYAML",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSimulatorTests",
            dependencies: [
                "ChaosCertificate", "ChaosDocuments", "ChaosImport", "ChaosJudgement", "ChaosModel", "ChaosPage",
                "ChaosProtocol", "ChaosScenario", "ChaosSimulator", "ChaosSolver", "ChaosTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSolverTests", dependencies: ["ChaosModel", "ChaosSolver", "ChaosTesting", bigIntegers],
            swiftSettings: strict),
        .testTarget(name: "ChaosTextTests", dependencies: ["ChaosTesting", "ChaosText"], swiftSettings: strict),
        .testTarget(
            name: "ChaosTrainingTests",
            dependencies: [
                "CUpdate", "ChaosDocuments", "ChaosModel", "ChaosProcess", "ChaosTesting", "ChaosTraining",
            ],
            exclude: ["Reference", "UpdateDigest"], swiftSettings: strict),
        .testTarget(
            name: "ChaosWireTests",
            dependencies: ["ChaosModel", "ChaosProcess", "ChaosProtocol", "ChaosTesting", "ChaosWire", protobuf],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosYAMLTests",
            dependencies: ["ChaosDocuments", "ChaosModel", "ChaosTesting", "ChaosYAML", yams], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
