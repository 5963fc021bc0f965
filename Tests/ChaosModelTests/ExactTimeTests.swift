import Testing

@testable import ChaosModel

@Test func exactTimesReadBackAsWritten() {
    for text in ["0", "7", "8648023441/7", "1/1125899906842624"] {
        #expect(ExactTime(text)?.description == text)
    }
    for text in ["", "07", "2/4", "4/2", "7/1", "1/0", "-1", "1.5", "1/1125899906842625", "75557863725914323419137"] {
        #expect(ExactTime(text) == nil, "\(text)")
    }
}
