/*
 * The decision of one view: single-decree Paxos with a first ballot that needs
 * no promises, and dynamic linear voting. Promela.md says which functions of
 * the Swift types each part mirrors, and what is left out.
 *
 *   MEMBERS   members of the view that decides, 2 to 4, with ids 0, 1, ...
 *   ROUNDS    how many rounds a proposer may begin after round 0, 1 to 3
 *   CRASHES   how many members may crash, at any moment and for good
 *
 * Errors can be planted: HALF_TWICE, PROMISE_FORGOTTEN, ACCEPTED_VIEW_IGNORED,
 * APPLIED_BEFORE_DECIDED, FIRST_BALLOT_REUSED, NEVER_AGAIN, LEAST_ADOPTED,
 * ACCEPTED_WITHOUT_PROMISE.
 */

#ifndef MEMBERS
#define MEMBERS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define PROPOSERS 2
#define NONE 255
/* Ballots in their order: round, then proposer. Round 0 is member 0's alone. */
#define BALLOT(round, proposer) ((round) * PROPOSERS + (proposer))
#define BALLOTS BALLOT(ROUNDS + 1, 0)
#define HAS(set, i) (((set) >> (i)) & 1)
#define COUNT(set) (HAS(set, 0) + HAS(set, 1) + HAS(set, 2) + HAS(set, 3))

/* View.isQuorum */
#ifdef HALF_TWICE
#define QUORUM(set) (2 * COUNT(set) >= MEMBERS)
#else
#define QUORUM(set) (2 * COUNT(set) > MEMBERS || (2 * COUNT(set) == MEMBERS && HAS(set, 0)))
#endif

/*
 * The network keeps every request that was ever sent, and taking one does not
 * remove it: requests are lost, repeated, overtaken and late. An answer is
 * noted at the proposer in the step that makes it, or is lost, and then the
 * request may be taken once more. A late answer is no other case, for the
 * proposer may look at what is noted as late as it likes.
 */
bool prepared[BALLOTS];
byte asked[BALLOTS] = NONE;           /* the view that the ballot asks for, by the ballot that asked for it first */
byte promises[BALLOTS];               /* who has promised, a bit for each member */
byte votes[BALLOTS];                  /* who has accepted */
byte greatestBallot[BALLOTS] = NONE;  /* of what those who promised had accepted, */
byte greatestView[BALLOTS] = NONE;    /* the greatest ballot and its view */

/* Acceptor.promised, Acceptor.accepted: ballot 0 is promised from the start. */
byte promised[MEMBERS];
byte acceptedBallot[MEMBERS] = NONE;
byte acceptedView[MEMBERS] = NONE;

byte alive = (1 << MEMBERS) - 1;
byte crashed;
byte decided = NONE;                  /* the view that was installed first */
byte installed[MEMBERS] = NONE;
bool spread;                          /* whether the one who decided has told anyone */
byte begun[PROPOSERS];                /* the next round of each proposer */

/* Takes part in the decision, and does not know its outcome. */
#define VOTES(i) (HAS(alive, i) && installed[i] == NONE)

/* Agreement: whatever is installed anywhere is one view. */
inline install(i, view) {
    assert(decided == NONE || decided == view);
    decided = view;
    installed[i] = view
}

/* Negotiation.handle(.prepare), Acceptor.prepare, Proposal.onPromise */
#ifdef LEAST_ADOPTED
#define ADOPTED(b, than) ((b) < (than))
#else
#define ADOPTED(b, than) ((b) > (than))
#endif
inline promise(i, b) {
#ifndef PROMISE_FORGOTTEN
    promised[i] = b;
#endif
    if
    :: skip                           /* the answer is lost */
    :: promises[b] = promises[b] | (1 << i);
       if
       :: acceptedBallot[i] != NONE && (greatestBallot[b] == NONE || ADOPTED(acceptedBallot[i], greatestBallot[b])) ->
          greatestBallot[b] = acceptedBallot[i];
          greatestView[b] = acceptedView[i]
       :: else
       fi
    fi
}

/* Negotiation.handle(.accept), Acceptor.accept, Proposal.onAccepted */
inline accept(i, b) {
#ifndef ACCEPTED_WITHOUT_PROMISE
    promised[i] = b;
#endif
    acceptedBallot[i] = b;
    acceptedView[i] = asked[b];
    if
    :: skip                           /* the answer is lost */
    :: votes[b] = votes[b] | (1 << i)
    fi;
#ifdef APPLIED_BEFORE_DECIDED
    install(i, asked[b])
#endif
}

#define ON_PREPARE(b) \
    :: atomic { VOTES(me) && prepared[b] && !HAS(promises[b], me) && b >= promised[me] -> promise(me, b) }
#define ON_ACCEPT(b) \
    :: atomic { VOTES(me) && asked[b] != NONE && !HAS(votes[b], me) && b >= promised[me] -> accept(me, b) }

proctype Acceptor(byte me) {
end:
    do
    ON_ACCEPT(0)
    ON_PREPARE(2) ON_ACCEPT(2)
    ON_PREPARE(3) ON_ACCEPT(3)
#if ROUNDS > 1
    ON_PREPARE(4) ON_ACCEPT(4)
    ON_PREPARE(5) ON_ACCEPT(5)
#endif
#if ROUNDS > 2
    ON_PREPARE(6) ON_ACCEPT(6)
    ON_PREPARE(7) ON_ACCEPT(7)
#endif
    /* Negotiation.handle(.decided), install: from anyone who has it, once the deciding member has passed it on. */
    :: atomic { VOTES(me) && spread -> install(me, decided) }
    od
}

/*
 * Negotiation.considerProposing, ask, Decision.giveUp. A proposer wants another
 * view each time, for what it knows has changed by then; so a view is named by
 * the ballot that asked for it first. It may give a ballot up at any moment and
 * begin the next round: that stands for a refusal, for another's ballot that it
 * yields to, and for whatever its clock may do.
 */
proctype Proposer(byte me) {
    byte b;
begin:
    atomic {
        VOTES(me) && begun[me] <= ROUNDS ->
        b = BALLOT(begun[me], me);
        begun[me]++;
        if
        :: b == 0 -> asked[0] = 0; goto accepting
        :: else -> prepared[b] = true
        fi
    };
preparing:
    if
    :: atomic {
        VOTES(me) && QUORUM(promises[b]) ->
        asked[b] = b;
#ifndef ACCEPTED_VIEW_IGNORED
        if
        :: greatestBallot[b] != NONE -> asked[b] = greatestView[b]
        :: else
        fi
#endif
       }
#ifndef NEVER_AGAIN
    :: atomic { VOTES(me) && begun[me] <= ROUNDS -> goto begin }
#endif
    fi;
accepting:
    if
    :: atomic { VOTES(me) && QUORUM(votes[b]) -> install(me, asked[b]) }
    /* It may crash before anybody hears of the decision, so passing it on is a step of its own. */
#ifdef FIRST_BALLOT_REUSED
    :: atomic { VOTES(me) && b == 0 && asked[0] == 0 -> asked[0] = BALLOTS; goto accepting }
#endif
#ifndef NEVER_AGAIN
    :: atomic { VOTES(me) && begun[me] <= ROUNDS -> goto begin }
#endif
    fi;
    atomic { HAS(alive, me) -> spread = true }
}

#define MAY_CRASH(i) :: atomic { crashed < CRASHES && HAS(alive, i) -> alive = alive & ~(1 << i); crashed++ }

proctype Crash() {
end:
    do
    MAY_CRASH(0)
    MAY_CRASH(1)
#if MEMBERS > 2
    MAY_CRASH(2)
#endif
#if MEMBERS > 3
    MAY_CRASH(3)
#endif
    od
}

#define KNOWS(i) (!HAS(alive, i) || installed[i] != NONE)
#if MEMBERS == 2
#define ALL_KNOW (KNOWS(0) && KNOWS(1))
#elif MEMBERS == 3
#define ALL_KNOW (KNOWS(0) && KNOWS(1) && KNOWS(2))
#else
#define ALL_KNOW (KNOWS(0) && KNOWS(1) && KNOWS(2) && KNOWS(3))
#endif

/*
 * No deadlock: when nothing can happen any more, every living member has the
 * view. Two excuses are allowed: the living are no quorum; or the proposer that
 * owns the greatest ballot has crashed, and the other one has used up its
 * rounds, which only this model bounds.
 */
proctype Watch() {
end:
    timeout ->
    assert(ALL_KNOW || !QUORUM(alive) || (!HAS(alive, 1) && begun[0] > ROUNDS) || !HAS(alive, 0) && begun[1] > ROUNDS)
}

init {
    atomic {
        begun[1] = 1;
        run Acceptor(0); run Acceptor(1);
#if MEMBERS > 2
        run Acceptor(2);
#endif
#if MEMBERS > 3
        run Acceptor(3);
#endif
        run Proposer(0); run Proposer(1);
        run Crash(); run Watch()
    }
}
