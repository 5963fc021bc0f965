extension Duration {
    /// After which a test gives up waiting: nothing here takes so long, on however busy a machine. No other limit on real
    /// time decides whether a test passes.
    public static let hanging: Duration = .seconds(1800)
}
