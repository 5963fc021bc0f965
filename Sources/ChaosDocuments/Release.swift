/// What release this is.
public enum Release {
    /// The version of all programs and of the package, as Debian orders versions.
    public static let version = "0.1.0"
}
