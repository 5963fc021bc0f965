/// EDL (Wu et al., "Elastic Deep Learning in Multi-Tenant GPU Clusters", TPDS 2021; from others' accounts): the joiner
/// prepares in the background; the leader tells all of the new topology; at the end of a step training stops, one member that
/// is drawn sends the model, and all go on. That a member goes costs next to nothing.
struct EDL: Policy {
    let name = "edl"
    let title = "EDL"

    func course(for situation: Situation) -> Course {
        Course.copying(situation, from: situation.random, adjustment: 0)
    }
}
