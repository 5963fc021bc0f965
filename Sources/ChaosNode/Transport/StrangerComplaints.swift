/// How often the log tells of connections whose other end never said who it is: whoever scans ports must not fill it.
struct StrangerComplaints {
    /// From one line to the next, in ns.
    static let pause = 60_000_000_000

    private var toldAt: Int?
    private var untold = 0

    /// Another one was refused.
    /// - Returns: how many were since the last line, this one included, if a line is due; nil: none is.
    mutating func count(at now: Int) -> Int? {
        untold += 1
        if let toldAt, now < toldAt + Self.pause { return nil }
        defer { (toldAt, untold) = (now, 0) }
        return untold
    }
}
