/// The files of the page, which are part of the program.
public enum PageAssets {
    public static let page = String(decoding: PackageResources.page_html, as: UTF8.self)
    public static let style = String(decoding: PackageResources.page_css, as: UTF8.self)
    public static let script = String(decoding: PackageResources.page_js, as: UTF8.self)

    /// Where the page asks for the others.
    static let styleMark = "<link rel=\"stylesheet\" href=\"page.css\">"
    static let scriptMark = "<script src=\"page.js\" defer></script>\n"
}
