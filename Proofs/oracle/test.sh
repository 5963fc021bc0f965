#!/bin/sh
# Questions with known answers.  Prints the cases that fail; the exit status
# says whether any did.
cd "$(dirname "$0")" || exit 1
status=0
cases=0

# expect NAME EXIT-STATUS ANSWER <question
expect() {
  cases=$((cases + 1))
  found=$(./chaos-oracle)
  code=$?
  if [ "$found" != "$3" ] || [ "$code" != "$2" ]; then
    status=1
    printf 'FAILED %s\n  expected, exit %s:\n%s\n  found, exit %s:\n%s\n' "$1" "$2" "$3" "$code" "$found" >&2
  fi
}

# 8 bit/s make a byte 1 s = 1000000000 ns.
expect 'two neighbours, one twice as fast' 0 'plan 3500000000 1 3 7
plan 4000000000 1 2 3
plan 1 3500000000 1 3 7' <<'Q'
instance 10
sizes 2 1 2
groups 0
neighbors 2
  8 0 0 0 -1 -1
 16 0 0 0 -1 -1
greedy 1
greedy 2
solve
end
Q

expect 'a tie goes to the neighbour listed first' 0 'plan 2000000000 1 2 1 1
plan 2000000000 1 1 1 2' <<'Q'
instance 4 sizes 1 1 groups 0 neighbors 3
8 0 0 0 -1 -1   8 0 0 0 -1 -1   8 0 0 0 -1 -1
greedy 1 end
instance 4 sizes 1 1 groups 0 neighbors 3
8 500000000 500000000 0 -1 -1   8 1000000000 0 0 -1 -1   8 0 0 0 -1 -1
greedy 1 end
Q

expect 'sizes of equal makespan: the largest' 0 'plan 4 4000000000 1 1' <<'Q'
instance 4 sizes 3 1 2 4 groups 0 neighbors 1 8 0 0 0 -1 -1 solve end
Q

expect 'overhead pays for larger shards' 0 'plan 2 6000000000 1 2' <<'Q'
instance 4 sizes 2 1 2 groups 0 neighbors 1 8 0 0 1000000000 -1 -1 solve end
Q

expect 'limits are rounded down to whole shards' 0 'plan 6000000000 1 3 3
plan 8000000000 1 1 4
infeasible' <<'Q'
instance 6 sizes 2 1 2 groups 0 neighbors 2 800 0 0 0 3 -1 8 3000000000 0 0 -1 -1 greedy 1 end
instance 10 sizes 1 2 groups 0 neighbors 2 800 0 0 0 3 -1 8 0 0 0 -1 -1 greedy 2 end
instance 10 sizes 1 2 groups 0 neighbors 2 800 0 0 0 3 -1 8 0 0 0 7 -1 greedy 2 end
Q

expect 'no neighbour at all' 0 'infeasible' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 0 solve end
Q

expect 'a group is a bottleneck' 0 'plan 3000000000 1 2 1 3' <<'Q'
instance 6 sizes 1 1 groups 1 8 -1 neighbors 3
80 0 0 0 -1 0   80 0 0 0 -1 0   8 0 0 0 -1 -1
greedy 1 end
Q

expect 'nested groups, the parent listed after and before its child' 0 'plan 4000000000 1 2 1 1 4
plan 4000000000 1 2 1 1 4' <<'Q'
instance 8 sizes 1 1 groups 2 16 1 8 -1 neighbors 4
80 0 0 0 -1 0   80 0 0 0 -1 0   8 0 0 0 -1 1   8 0 0 0 -1 -1
greedy 1 end
instance 8 sizes 1 1 groups 2 8 -1 16 0 neighbors 4
80 0 0 0 -1 1   80 0 0 0 -1 1   8 0 0 0 -1 0   8 0 0 0 -1 -1
greedy 1 end
Q

expect 'a group stands where its first neighbour stands' 0 'plan 1000000000 1 1 0 0
plan 1000000000 1 0 0 1' <<'Q'
instance 1 sizes 1 1 groups 1 8 -1 neighbors 3
8 0 0 0 -1 0   8 0 0 0 -1 -1   8 0 0 0 -1 0
greedy 1 end
instance 1 sizes 1 1 groups 1 8 -1 neighbors 3
8 1 0 0 -1 0   8 0 0 0 -1 -1   8 0 0 0 -1 0
greedy 1 end
Q

expect 'a group starts with the earliest of its neighbours' 0 'plan 3000000000 1 2 0' <<'Q'
instance 2 sizes 1 1 groups 1 8 -1 neighbors 2
800 1000000000 0 0 -1 0   800 0 2000000000 0 -1 0
greedy 1 end
Q

expect 'a makespan that is no whole number of nanoseconds' 0 'plan 24000000000 7 3' <<'Q'
instance 3 sizes 1 1 groups 0 neighbors 1 7 0 0 0 -1 -1 greedy 1 end
Q

expect 'the checker: optimal, feasible and every way to be wrong' 0 'optimal
optimal
feasible
wrong the size is not in the chain
wrong the counts do not add up to the number of shards
wrong the counts do not add up to the number of shards
wrong a limit is passed
wrong the makespan is not exact
wrong the makespan is not exact
feasible' <<'Q'
instance 10 sizes 2 1 2 groups 0 neighbors 2
 8 0 0 0 3 -1
16 0 0 0 -1 -1
check 1 3500000000 1 3 7 done
check 1 7000000000 2 3 7 done
check 1 4000000000 1 2 8 done
check 5 3500000000 1 1 1 done
check 1 3500000000 1 2 7 done
check 1 4000000000 1 3 8 done
check 1 4000000000 1 4 6 done
check 1 3499999999 1 3 7 done
check 1 35000000000000000000000001 10000000000000000 3 7 done
check 2 4000000000 1 1 4 done
end
Q

expect 'the last shard may be short' 0 'plan 3000000000 1 1
plan 6000000000 1 2
optimal
wrong the counts do not add up to the number of shards
plan 12000000000 1 4' <<'Q'
instance 1 sizes 1 3 groups 0 neighbors 1 8 0 0 0 -1 -1 greedy 3 end
instance 4 sizes 1 3 groups 0 neighbors 1 8 0 0 0 -1 -1 greedy 3 end
instance 10 sizes 1 3 groups 0 neighbors 1 8 0 0 0 -1 -1 check 3 12000000000 1 4 done check 3 9000000000 1 3 done greedy 3 end
Q

expect 'the checker waits for a group and counts what it lets through' 0 'wrong the makespan is not exact
optimal
feasible' <<'Q'
instance 6 sizes 1 1 groups 1 8 -1 neighbors 3
80 0 0 0 -1 0   80 0 0 0 -1 0   8 0 0 0 -1 -1
check 1 300000000 1 3 3 0 done
check 1 3000000000 1 1 2 3 done
check 1 4000000000 1 2 2 2 done
end
Q

expect 'each of two nested groups starts with the earliest of its own neighbours' 0 'plan 4000000000 1 2 1 1
optimal' <<'Q'
instance 4 sizes 1 1 groups 4 8 2 8 -1 8 -1 8 2 neighbors 3
80 1000000000 0 0 2 0   8 0 3000000000 0 -1 1   80 3000000000 0 0 -1 3
greedy 1
check 1 4000000000 1 2 1 1 done
end
Q

expect 'the checker takes numbers of shards beyond any greedy' 0 'optimal
feasible' <<'Q'
instance 9007199254740992 sizes 1 1 groups 1 8000000000 -1 neighbors 2
8000000000 0 0 0 -1 0 8000000000 0 0 0 -1 -1
check 1 4503599627370496 1 4503599627370496 4503599627370496 done
check 1 4503599627370497 1 4503599627370497 4503599627370495 done
end
Q

expect 'no state' 5 'error 1: size of the state: expected a decimal integer of at least 1, found 0' <<'Q'
instance 0
Q
expect 'no chain' 5 'error 2: shard size 3: expected a larger multiple of the size before it, 2' <<'Q'
instance 10
sizes 2 2 3
Q
expect 'a cycle' 5 'error 1: the parents of the groups run in a cycle; every group must lead to a root' <<'Q'
instance 1 sizes 1 1 groups 2 8 1 8 0 neighbors 0 solve end
Q
expect 'a cycle below a root, reached by a neighbour' 5 'error 1: the parents of the groups run in a cycle; every group must lead to a root' <<'Q'
instance 1 sizes 1 1 groups 4 8 -1 8 2 8 3 8 1 neighbors 2 8 0 0 0 -1 0 8 0 0 0 -1 2 solve end
Q
expect 'no such group' 5 'error 1: group of a neighbour: expected -1 or the place of one of the 0 groups, found "0"' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 1 8 0 0 0 -1 0
Q
expect 'no number' 5 'error 5: overhead: expected a decimal integer of at least 0, found "x"' <<'Q'
instance 1
sizes 1 1
groups 0
neighbors 1
8 0 0 x -1 -1
Q
expect 'no such size' 5 'error 1: shard size: expected a size of the chain, found "2"' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 0 greedy 2
Q
expect 'no end, after an answer' 5 'infeasible
error 2: the input ends where a command or "end" should stand' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 0 solve
Q
expect 'a count too many' 5 'error 3: expected "done" after the counts of 2 neighbours, found "9"' <<'Q'
instance 10 sizes 1 1 groups 0 neighbors 2
8 0 0 0 -1 -1 16 0 0 0 -1 -1
check 1 3500000000 1 3 7 9 done end
Q
expect 'a count too few, after a verdict' 5 'optimal
error 4: number of shards of neighbour 2 of 2: expected a decimal integer of at least 0, found "done"' <<'Q'
instance 10 sizes 1 1 groups 0 neighbors 2
8 0 0 0 -1 -1 16 0 0 0 -1 -1
check 1 3500000000 1 3 7 done
check 1 3500000000 1 3 done end
Q
expect 'counts without an end' 5 'error 3: expected "done" after the counts of 2 neighbours, found "end"' <<'Q'
instance 10 sizes 1 1 groups 0 neighbors 2
8 0 0 0 -1 -1 16 0 0 0 -1 -1
check 1 3500000000 1 3 7 end
Q
expect 'counts that the input cuts off' 5 'error 4: the input ends where "done" after the counts of 2 neighbours should stand' <<'Q'
instance 10 sizes 1 1 groups 0 neighbors 2
8 0 0 0 -1 -1 16 0 0 0 -1 -1
check 1 3500000000 1 3 7
Q
expect 'no command' 5 'error 1: expected "greedy", "solve", "check" or "end", found "dance"' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 0 dance
Q
expect 'too many shards' 5 'error 1: 9007199254740992 shards of size 1: this greedy gives them one at a time and takes at most 10000000' <<'Q'
instance 9007199254740992 sizes 1 1 groups 0 neighbors 1 8 0 0 0 -1 -1 solve
Q
expect 'too many neighbours' 5 'error 1: number of neighbours: expected 0 to 50000, found "50001"' <<'Q'
instance 1 sizes 1 1 groups 0 neighbors 50001
Q
expect 'nothing asked' 0 '' </dev/null

[ $status = 0 ] && echo "$cases cases, all as expected"
exit $status
