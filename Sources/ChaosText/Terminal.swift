#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is known about the terminal behind a standard stream.
public enum Terminal {
    public enum Stream: Int32, Sendable {
        case output = 1
        case error = 2
    }

    public static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

    /// Colours only on a terminal, never when NO_COLOR is set to anything (no-color.org), nor on a dumb one.
    public static func style(of stream: Stream) -> TextStyle {
        let isRefused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        return TextStyle(hasColor: isTerminal(stream) && !isRefused && environment("TERM") != "dumb")
    }

    /// The columns of the terminal, 20 … 1000; 100 where there is none, unless COLUMNS says otherwise.
    public static var width: Int {
        var size = winsize()
        if ioctl(Stream.output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return columns(Int(size.ws_col))
        }
        return environment("COLUMNS").flatMap { Int($0) }.map(columns) ?? 100
    }

    private static func columns(_ said: Int) -> Int { min(max(20, said), 1000) }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
