/// torchft (0.2; measured beside ours in Benchmarks/peers): the quorum waits at the end of a step; a joiner takes the whole
/// state from one member, the k-th joiner from the k-th, and all wait. A crash is noticed after 5 s; the others then go on
/// with what they have.
struct TorchFT: Policy {
    let name = "torchft"
    let title = "torchft"

    func course(for situation: Situation) -> Course {
        Course.copying(situation, from: situation.next, adjustment: 0)
    }
}
