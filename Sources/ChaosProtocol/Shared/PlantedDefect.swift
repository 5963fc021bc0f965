/// Errors that the simulator plants into the protocol to see whether it would find them. Nothing outside the package can
/// switch them on.
package enum PlantedDefect: String, Sendable, CaseIterable {
    /// Exactly half of the members suffice, whichever half.
    case halfTwice
    /// A half is broken by the least id of the view that is proposed instead of the one that decides.
    case tieByProposedView
    /// Learners vote and count.
    case learnerCounted
    /// A promise is given and not kept.
    case promiseForgotten
    /// The proposer asks for its own view although another may have been decided.
    case acceptedViewIgnored
    /// A member installs what it has accepted.
    case appliedBeforeDecided
    /// The least member, when events come in, asks for another view in the ballot that it has already used.
    case firstBallotReused
    /// A request is repeated once only.
    case retryNotRearmed
    /// A promise that nobody has asked for is given and not kept.
    case earlyPromiseNotKept
    /// The least member, when others have promised the next one without having been asked, gives way to nobody.
    case earlyPromiseGivenWay
    /// What is decided waits for the votes of the rest for ever.
    case restAwaitedForever
    /// A founder that has kept back what it has to say of itself says it only when all its links are up.
    case heldBackForever
    /// A learner becomes a member on a word for an earlier view.
    case oldReadinessBelieved
    /// A minority does not notice that it is one.
    case minorityGoesOn
    /// A shard that comes before its digest counts as verified.
    case shardAcceptedWithoutDigest
    /// A snapshot is freed when the first of the learners that share it is done with it.
    case snapshotFreedTooEarly
    /// A replan is for all shards.
    case replanPullsWhatHasArrived
    /// A pull is sent once only.
    case pullNotRepeated
    /// What a closed connection has taken with it is not asked for again at once.
    case lostPullsForgotten
    /// A pull is sent again when the time of one shard has passed, however many are on the way.
    case repeatedTooEarly
    /// Nothing is asked of a neighbour beyond its part of the plan while others have shards to be asked for.
    case linkLeftIdle
    /// What is on its way is asked of no other neighbour.
    case endNeverBegun
    /// What a neighbour tells of its snapshot before the joiner knows that it has been admitted anew is not kept.
    case earlySnapshotForgotten
    /// What members have accepted is decided by nobody once the network is again as the view at hand has it.
    case acceptedLeftUndecided
    /// Digests of one neighbour suffice although there are others.
    case digestOfOneNeighborBelieved
    /// The digest that a neighbour tells of what it has sent counts as another one's.
    case neighborCountedTwice
    /// A snapshot is used whatever its step.
    case snapshotOfAnotherStepUsed
    /// What others are said to have said is believed without their signature.
    case forgeryBelieved
    /// A later claim takes an id away from the life that has it.
    case idTakenAway
    /// A member that goes on follows into another epoch, and gives up what its own has done.
    case epochDeserted
    /// A member that works in a later epoch still counts in this one.
    case otherEpochCounted
    /// Whoever is named as a member of another epoch takes part in it, whatever view he comes from.
    case epochMemberUnchecked
    /// Who cannot be dialled takes a place among the links for ever.
    case wallTakesPlace
    /// News goes over the tree to whoever is to propose, and no other way: hellos bring none, and mend nothing.
    case treeNotGoneAround
    /// A neighbour whose hellos differ for long is not told what it lacks.
    case differenceIgnored
    /// A link is looked at for silence once: the timer of the failure bound is not armed again.
    case silenceForgotten

    // The reduction.
    /// A member counts as ready whatever it has applied, and takes the step that is begun for its own.
    case updateNotHandedOver
    /// Only the step of a partial sum is looked at, not the view.
    case partialOfOldViewCounted
    /// A partial sum that has come before its step counts under a later era too.
    case earlyPartialKept
    /// A view of an era begins with a step although others may have made it already, of chunks that the root lacks.
    case givenAwayIgnored
    /// A chunk is summed when as many have come as there are children, even if one has come twice.
    case repeatedPartialCounted
    /// A gradient is brought into the next view whatever step it is of.
    case oldGradientUsed
    /// No gradient is brought into the next view.
    case gradientNotKept
    /// What a lost member would have computed is computed by nobody.
    case lostPositionsLeftOut
    /// An update of which samples are lost counts as one of all.
    case lostSamplesCounted
    /// A gradient that nothing computes any more is brought into the next view.
    case idleAwaited
    /// A learner applies an update that the members may do again.
    case unstableUpdateApplied
    /// A learner takes a state although all may be gone who had it.
    case voidStateTaken
    /// A learner brings it into the next view, chunks included.
    case unstableUpdateKept
    /// A snapshot is taken for the state after its step, not before it.
    case snapshotStepMistaken
    /// The samples are divided anew after a few uneven steps, however short they are.
    case divisionRenewedAtOnce
    /// Samples are divided as if nobody were idle.
    case idleGivenSamples
    /// Nobody is told that what computes is back.
    case returnOfEngineForgotten
    /// The root never waits for a view of the era to begin.
    case rootGoesOn
    /// An update that was made since a view began is applied by one who has not heard of the beginning.
    case totalNotHeld
    /// A view goes on in an era although members are joined by other links.
    case eraNotEnded
    /// A member that has accepted a view, and said what it has applied, goes on with the step at hand.
    case stepAfterAcceptance
    /// What is said of a view that was accepted counts in another one with the same number.
    case earlyWordOfAnyView
    /// A node that has begun does not answer one that has not heard of it.
    case beginNotRepeated
}
