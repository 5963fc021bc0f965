/// Numbers for reading. Nothing is decided by them: the exact values stand beside them.
public enum Readable {
    /// A number of bytes with a binary unit and three digits: "1.39 GiB", "640 KiB", "12 B".
    public static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var exponent = 0
        while exponent + 1 < units.count, count >> (10 * (exponent + 1)) > 0 { exponent += 1 }
        return exponent == 0 ? "\(count) B" : "\(threeDigits(count, per: 1 << (10 * exponent))) \(units[exponent])"
    }

    /// A bandwidth with a decimal unit and three digits: "4.52 Gbit/s".
    public static func bandwidth(_ bitsPerSecond: Int) -> String {
        let units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s"]
        var (exponent, unit) = (0, 1)
        while exponent + 1 < units.count, bitsPerSecond / unit >= 1000 {
            exponent += 1
            unit *= 1000
        }
        return "\(exponent == 0 ? "\(bitsPerSecond)" : threeDigits(bitsPerSecond, per: unit)) \(units[exponent])"
    }

    /// A share of a whole in percent with one decimal: "23.1 %".
    public static func share(_ part: Int, of whole: Int) -> String {
        let perMille = whole == 0 ? 0 : (Int128(part) * 2000 + Int128(whole)) / (2 * Int128(whole))
        return "\(perMille / 10).\(perMille % 10) %"
    }

    /// A count with thin groups of three digits: "22 786".
    public static func count(_ value: Int) -> String {
        let digits = Array(String(value))
        guard digits.count > 4 else { return String(digits) }
        var text = ""
        for (k, digit) in digits.enumerated() {
            if k > 0, (digits.count - k) % 3 == 0 { text.append("\u{202F}") }
            text.append(digit)
        }
        return text
    }

    private static func threeDigits(_ value: Int, per unit: Int) -> String {
        let whole = value / unit
        let decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2
        let scale = [1, 10, 100][decimals]
        let scaled = Int((Int128(value) * Int128(scale) * 2 + Int128(unit)) / (2 * Int128(unit)))
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % scale)"
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
