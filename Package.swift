// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode with its strict concurrency, and no warning goes by.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "Chaos",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "ChaosModel", targets: ["ChaosModel"]),
        .library(name: "ChaosPrograms", targets: ["ChaosPrograms"]),
        .library(name: "ChaosSolver", targets: ["ChaosSolver"]),
    ],
    dependencies: [
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
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "ChaosPrograms",
            dependencies: ["ChaosModel", .product(name: "BigInt", package: "BigInt")],
            swiftSettings: strict),
        .target(
            name: "ChaosTesting",
            dependencies: ["ChaosModel", "ChaosSolver", .product(name: "BigInt", package: "BigInt")],
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
                "ChaosModel", "ChaosPrograms", "ChaosSolver", "ChaosTesting",
                .product(name: "BigInt", package: "BigInt"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
