// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode with its strict concurrency, and no warning goes by.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "Chaos",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "chaos", targets: ["chaos"]),
        .library(name: "ChaosCertificate", targets: ["ChaosCertificate"]),
        .executable(name: "chaos-cbc", targets: ["chaos-cbc"]),
        .executable(name: "chaos-glpk", targets: ["chaos-glpk"]),
        .library(name: "ChaosMILP", targets: ["ChaosMILP"]),
        .library(name: "ChaosModel", targets: ["ChaosModel"]),
        .library(name: "ChaosPrograms", targets: ["ChaosPrograms"]),
        .library(name: "ChaosProcess", targets: ["ChaosProcess"]),
        .library(name: "ChaosSolver", targets: ["ChaosSolver"]),
        .library(name: "ChaosSources", targets: ["ChaosSources"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    ],
    targets: [
        .target(
            name: "ChaosModel",
            dependencies: [
                .product(name: "BigInt", package: "BigInt"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosSolver",
            dependencies: [
                "ChaosModel",
                .product(name: "BigInt", package: "BigInt"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosPrograms",
            dependencies: ["ChaosModel", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        .target(
            name: "ChaosReport", dependencies: ["ChaosCertificate", "ChaosModel", "ChaosSolver"], swiftSettings: strict),
        .target(
            name: "ChaosSources", dependencies: ["ChaosModel", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        .executableTarget(
            name: "chaos",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosReport", "ChaosSolver", "ChaosSources",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "ChaosBenchmarks", dependencies: ["ChaosModel", "ChaosReport", "ChaosSolver"],
            path: "Benchmarks/ChaosBenchmarks", swiftSettings: strict),
        // What glibc hides from Swift.
        .target(name: "CProcess"),
        .target(name: "ChaosProcess", dependencies: ["CProcess"], swiftSettings: strict),
        .testTarget(name: "ChaosProcessTests", dependencies: ["ChaosProcess"], swiftSettings: strict),
        // Debian has no glpk.pc.
        .systemLibrary(name: "CGLPK", providers: [.apt(["libglpk-dev"])]),
        .systemLibrary(name: "CCbc", pkgConfig: "cbc", providers: [.apt(["coinor-libcbc-dev"])]),
        .target(
            name: "ChaosWorker",
            dependencies: ["ChaosModel", "ChaosPrograms", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        // A program of its own under GPL-3, as its library is.
        .executableTarget(
            name: "chaos-glpk", dependencies: ["CGLPK", "ChaosWorker"], exclude: ["COPYING", "LICENSE"],
            swiftSettings: strict),
        .executableTarget(name: "chaos-cbc", dependencies: ["CCbc", "ChaosWorker"], swiftSettings: strict),
        .target(
            name: "ChaosMILP",
            dependencies: [
                "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosWorker",
                .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosMILPTests",
            dependencies: [
                "ChaosMILP", "ChaosModel", "ChaosPrograms", "ChaosProcess", "ChaosSolver", "ChaosTesting",
                "ChaosWorker", "chaos-cbc", "chaos-glpk", .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosCertificate",
            dependencies: ["ChaosModel", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosCertificateTests",
            dependencies: [
                "ChaosCertificate", "ChaosModel", "ChaosSolver", "ChaosTesting",
                .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosTesting",
            dependencies: ["ChaosModel", "ChaosSolver", "ChaosSources", .product(name: "BigInt", package: "BigInt")],
            path: "Tests/ChaosTesting", swiftSettings: strict),
        .testTarget(
            name: "ChaosModelTests",
            dependencies: ["ChaosModel", "ChaosTesting", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSolverTests",
            dependencies: [
                "ChaosModel", "ChaosSolver", "ChaosTesting", .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosProgramsTests",
            dependencies: [
                "ChaosModel", "ChaosProcess", "ChaosPrograms", "ChaosSolver", "ChaosTesting",
                .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosSourcesTests", dependencies: ["ChaosModel", "ChaosSolver", "ChaosSources", "ChaosTesting"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
