import Foundation

/// The memory of the machine.
enum MemoryInfo {
    /// Bytes that programs can be given without others being swapped out, as the kernel estimates; nil: it does not say.
    static var available: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.firstMatch(of: /MemAvailable:\s+(\d+) kB/), let kibibytes = Int(line.1)
        else { return nil }
        return 1024 * kibibytes
    }
}
