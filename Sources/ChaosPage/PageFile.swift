import ChaosDocuments
import Foundation

/// The page with a recorded story in it: one file that opens from disk, needs nothing from elsewhere, and may load nothing.
public struct PageFile: Sendable {
    public let title: String
    /// In the order of time.
    public let events: [PageEvent]
    /// When the story ends, in ns.
    public let end: Int

    public init(title: String, events: [PageEvent], end: Int) {
        self.title = title
        self.events = events
        self.end = end
    }

    /// The file's text. Whatever the story holds, no part of it is markup.
    public func text() throws -> String {
        let (style, script) = (PageAssets.style, PageAssets.script)
        let policy =
            "default-src 'none'; script-src '\(Self.source(script))'; style-src '\(Self.source(style))'; img-src data:"
        var page = PageAssets.page
        func put(_ text: String, for mark: String) {
            guard let range = page.range(of: mark) else { preconditionFailure("the page has no \(mark)") }
            page.replaceSubrange(range, with: text)
        }
        put(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">\n<style>\(style)</style>",
            for: PageAssets.styleMark)
        put("", for: PageAssets.scriptMark)
        put(
            "<script type=\"application/json\" id=\"recording\">\(try recording())</script>\n<script>\(script)</script>\n</body>",
            for: "</body>")
        return page
    }

    /// By which a policy allows what stands in the page.
    private static func source(_ text: String) -> String {
        "sha256-" + Data(ContentDigest(of: text).bytes).base64EncodedString()
    }

    private func recording() throws -> String {
        let bytes = Buffer()
        var json = JSONWriter(.compact) { bytes.content.append(contentsOf: $0) }
        json.beginObject()
        json.field("title", SingleLine.of(title))
        json.field("end", end)
        json.key("events")
        json.beginArray()
        for event in events { try event.write(to: &json) }
        try json.end()
        try json.end()
        try json.finish()
        // Within a script nothing but this ends it; in JSON it stands in texts only.
        return String(decoding: bytes.content, as: UTF8.self).replacingOccurrences(of: "<", with: "\\u003c")
    }

    private final class Buffer {
        var content: [UInt8] = []
    }
}
