import ChaosModel

/// The derivations of a certificate, made twice: a line says which is the last one that refers to it, so that a checker may
/// forget it, and that is known only when all have been made. Making them anew takes less than keeping them.
struct VIPRLines {
    /// The number of the first.
    let first: Int
    /// For each line the number of the last one that refers to it, or -1.
    private(set) var lastUses: [Int32] = []
    private var made = 0
    /// Where lines are written to once the last uses are known.
    private var text: VIPRText?

    init(first: Int) { self.first = first }

    /// How many there are.
    var count: Int { lastUses.count }

    /// Adds a derivation. - Returns: its number.
    mutating func add(_ line: VIPRLine) throws -> Int {
        let number = first + made
        if text == nil {
            lastUses.append(-1)
            line.forEachReference { if $0 >= first { lastUses[$0 - first] = Int32(number) } }
        } else {
            try line.write(to: &text!)
            text!.append(" ", Int(lastUses[made]))
            try text!.endLine()
        }
        made += 1
        return number
    }

    /// Has all lines made again and writes them.
    mutating func write(to text: inout VIPRText, _ make: (inout VIPRLines) throws -> Void) throws {
        text.append("DER ", count, "\n")
        made = 0
        self.text = text
        try make(&self)
        text = self.text!
        self.text = nil
    }
}
