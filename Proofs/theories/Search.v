(** * The search over the chain: definitions

    From the largest size to the smallest; a size is solved only if it can
    beat the incumbent, so that among sizes of equal makespan the largest
    wins.  A time in ticks becomes a fraction of nanoseconds in lowest terms. *)

From Coq Require Import NArith Lia List Bool.
From Chaos Require Import Server Forest Capacity Greedy Instance Tree Scaling.
Import ListNotations.
Local Open Scope N_scope.

(** A plan of an instance: size, makespan in ticks, counts. *)
Record answer := Answer { size : N; ticks_of : N; served : list N }.

(** The greedy at one size. *)
Definition solve_at (I : instance) (s : N) : option answer :=
  let f := tree I s in
  match greedy f (K I s) with
  | Some (t, x) => Some (Answer s t (counts I f x))
  | None => None
  end.

(** Size [s] can be faster than the incumbent. *)
Definition can_beat (I : instance) (s : N) (best : option answer) : bool :=
  match best with
  | None => true
  | Some a => K I s <=? F (tree I s) (ticks_of a - 1)
  end.

Definition consider (I : instance) (best : option answer) (s : N) : option answer :=
  if can_beat I s best
  then match solve_at I s with Some a => Some a | None => best end
  else best.

Definition solve (I : instance) : option answer :=
  fold_left (consider I) (rev (sizes I)) None.

(** [t] ticks of [1/L] ns, in lowest terms. *)
Definition nanoseconds (I : instance) (t : N) : N * N :=
  let g := N.gcd t (scale I) in (t / g, scale I / g).
