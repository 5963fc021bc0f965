import Foundation

/// Where the package lies, for tests that read its files or run its tools.
public enum PackageRoot {
    /// The folder of Package.swift.
    public static let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A file or folder of the package, by its path from the root.
    public static func url(_ path: String) -> URL { url.appending(path: path) }

    /// The interpreter that `make` installs for the tests, or nil where that has not been done.
    public static var python: URL? {
        let url = url(".venv/bin/python3")
        return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
    }
}
