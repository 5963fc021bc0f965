import FoundationEssentials
import Glibc

/// Where a program of a given name is looked for, in order.
public struct ExecutableSearch: Sendable {
    /// One folder to look into, and why, as in "beside the running program".
    public struct Place: Sendable, Equatable {
        public let folder: String
        public let reason: String

        public init(folder: String, reason: String) {
            self.folder = folder
            self.reason = reason
        }
    }

    public let places: [Place]

    public init(_ places: [Place]) { self.places = places }

    /// The folders of the variable PATH.
    public static var path: [Place] {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
            Place(folder: String($0), reason: "PATH")
        }
    }

    /// The folder of the program that runs now, links resolved; nil if the system does not tell.
    public static var besideRunningProgram: Place? {
        guard let program = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(program) }
        let folder = String(cString: program).split(separator: "/").dropLast().joined(separator: "/")
        return Place(folder: "/" + folder, reason: "beside the running program")
    }

    /// The path of the first file of that name that may be executed.
    /// - Throws: `ExecutableNotFound`, which says where was looked.
    public func find(_ name: String) throws(ExecutableNotFound) -> String {
        for place in places {
            let path = place.folder + "/" + name
            var info = stat()
            if access(path, X_OK) == 0, stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG { return path }
        }
        throw ExecutableNotFound(name: name, places: places)
    }
}

/// A program that is in none of the folders in which it is looked for.
public struct ExecutableNotFound: Error, Sendable, Equatable, CustomStringConvertible {
    public let name: String
    public let places: [ExecutableSearch.Place]

    /// Names every folder that was looked into, those with one reason together.
    public var description: String {
        var looked: [String] = []
        var reasons: [String] = []
        for place in places where !reasons.contains(place.reason) {
            reasons.append(place.reason)
            let folders = places.filter { $0.reason == place.reason }.map(\.folder)
            looked.append("\(place.reason): \(folders.joined(separator: ", "))")
        }
        return "no executable \(name) found; looked in \(looked.isEmpty ? "no folder" : looked.joined(separator: "; "))"
    }
}
