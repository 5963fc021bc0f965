/// An interval (low, high] of times in ticks that is known to contain T, the least time at which a sum of counts reaches
/// its target, and where to look next. Each decision is an exact count; this only chooses the places.
struct Bracket {
    let target: Int
    /// Nothing is complete here.
    let start: Int128
    private(set) var low: Int128
    private(set) var high: Int128
    private(set) var lowSum = 0
    /// nil: it is not known yet whether the target is reached there.
    private(set) var highSum: Int?
    private(set) var steps = 0
    private var widthBefore: Int128

    init(target: Int, start: Int128, end: Int128) {
        self.target = target
        self.start = start
        low = start
        high = end
        widthBefore = end - start
    }

    var width: Int128 { high - low }

    /// How much the sum rises inside.
    var rise: Int { (highSum ?? PassTree.most) - lowSum }

    /// Takes note of the sum at a time in it.
    /// - Returns: whether it is the lower end from now on.
    mutating func record(_ tick: Int128, _ sum: Int) -> Bool {
        if sum < target {
            (low, lowSum) = (tick, sum)
            return true
        }
        (high, highSum) = (tick, sum)
        return false
    }

    /// A time strictly inside, if there is one: where the sum should be a little on the other side of the target, seen from
    /// the nearer end, if it rose evenly. Where that does not halve the bracket in two steps, the third does, or halves the
    /// digits of the time since the start while the ends are of different magnitude.
    mutating func next() -> Int128 {
        let gap = target - lowSum
        let margin = min(rise.squareRootAbove, rise / 4)
        let aim = 2 * gap >= rise ? max(gap - margin - 1, 1) : min(gap + margin, rise - 1)
        var tick = low + (rise < 8 || highSum == nil ? width / 2 : Self.part(aim, of: rise, width))
        if steps % 3 == 2 {
            if width * 2 > widthBefore { tick = middle }
            widthBefore = width
        }
        steps += 1
        return min(max(tick, low + 1), high - 1)
    }

    private var middle: Int128 {
        let digits = { (tick: Int128) in 128 - max(1, tick).leadingZeroBitCount }
        let (least, most) = (digits(low - start), digits(high - start))
        return most - least < 8 ? low + width / 2 : start + 1 << Int128((least + most) / 2)
    }

    /// width · part / whole, rounded somehow.
    private static func part(_ part: Int, of whole: Int, _ width: Int128) -> Int128 {
        let ratio = (Int128(max(part, 0)) << 30) / Int128(max(whole, 1))
        return (width >> 30) * ratio + ((width & (1 << 30 - 1)) * ratio) >> 30
    }
}

extension Int {
    /// A power of two at or above the square root.
    var squareRootAbove: Int {
        var root = 1
        while root < 1 << 31, root * root < self { root += root }
        return root
    }
}
