/// e^x for x ≤ 0, correct to two units in the last place; 0 below −87, where Float32 nears its least normal number.
///
/// Libraries differ in the last bits of their exponential functions. This one uses only basic operations, and so the
/// gradient too is the same to the bit on every machine, and a whole run is named by its settings. Argument reduction in
/// two parts (Cody and Waite 1980), then the Taylor polynomial of degree 7 on |r| ≤ ln 2 ÷ 2.
func exponential(ofNonPositive x: Float) -> Float {
    guard x >= -87 else { return x.isNaN ? x : 0 }
    // Adding and subtracting 1.5 · 2^23 rounds to a whole number.
    let shift: Float = 12_582_912
    let k = (x * 1.442_695_04 + shift) - shift
    let r = (x - k * 0.693_359_375) - k * -2.121_944_4e-4
    var p: Float = 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    return p * Float(bitPattern: UInt32(127 + Int32(k)) << 23)
}
