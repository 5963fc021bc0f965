import ChaosText
import Foundation

/// The texts of a picture with the room that each takes, by the measure of `TextMetrics`.
package struct PictureBounds {
    package struct Box {
        package let text: String
        let size: Int
        let left: Double
        let right: Double
        let y: Double
    }

    let width: Double
    let height: Double
    package let boxes: [Box]

    package init(_ svg: String) {
        let frame = svg.firstMatch(of: /<svg [^>]*width="(\d+)" height="(\d+)"/)!
        (width, height) = (Double(frame.1)!, Double(frame.2)!)
        let form =
            /<text x="([-\d.]+)" y="([-\d.]+)" font-size="(\d+)" text-anchor="(\w+)" [^>]*?(bold)?"?>(?:<title>[^<]*<\/title>)?([^<]*)<\/text>/
        boxes = svg.matches(of: form).map { match in
            let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")].reduce(String(match.6)) {
                $0.replacing($1.0, with: $1.1)
            }
            let (x, size) = (Double(match.1)!, Int(match.3)!)
            let width = TextMetrics.width(text, size: size, isBold: match.5 != nil)
            let left = match.4 == "start" ? x : match.4 == "end" ? x - width : x - width / 2
            return Box(text: text, size: size, left: left, right: left + width, y: Double(match.2)!)
        }
    }

    /// The texts that leave the picture.
    package var outside: [String] {
        boxes.filter { $0.left < 0 || $0.right > width || $0.y < Double($0.size) * 0.8 || $0.y > height - 2 }.map(
            \.text)
    }

    /// Pairs of texts in one line of which one begins before the other ends.
    package var overlapping: [(String, String)] {
        var pairs: [(String, String)] = []
        for line in Dictionary(grouping: boxes, by: \.y).values {
            let sorted = line.sorted { $0.left < $1.left }
            for (a, b) in zip(sorted, sorted.dropFirst()) where a.right > b.left { pairs.append((a.text, b.text)) }
        }
        return pairs
    }
}
