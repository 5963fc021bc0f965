(** * A server: affine completion times and their capacity

    A neighbour or a group, seen as a machine that works through identical
    shards: it starts at [start], spends [pace] on each, and takes at most
    [most] of them ([None]: no limit).  Times are whole numbers, in units
    chosen so that every time of an instance is whole (file Scaling). *)

From Coq Require Import NArith Lia List.
Local Open Scope N_scope.

Record server := Server { start : N; pace : N; most : option N }.

Definition allows (c : server) (n : N) : bool :=
  match most c with None => true | Some u => n <=? u end.

(** [C(n)], the completion time of [n] shards; [None] is infinity. *)
Definition completion (c : server) (n : N) : option N :=
  if n =? 0 then Some 0
  else if allows c n then Some (start c + n * pace c) else None.

(** [t <= T], for a time [t] that may be infinite. *)
Definition by_time (t : option N) (T : N) : Prop :=
  match t with Some t => t <= T | None => False end.

(** [cap(T)], by one division.  Subtraction stops at 0. *)
Definition cap (c : server) (T : N) : N :=
  let n := (T - start c) / pace c in
  match most c with None => n | Some u => N.min u n end.

(** [cap(T) = max { n : C(n) <= T }]: [n] shards are complete by [T] exactly
    when [n] is at most the capacity. *)
Theorem cap_spec : forall c T n, 0 < pace c ->
  (n <= cap c T <-> by_time (completion c n) T).
Proof.
  intros c T n Hp. unfold cap, completion, allows, by_time.
  assert (Hdiv : n <= (T - start c) / pace c <-> n * pace c <= T - start c).
  { split; intro H.
    - pose proof (N.mul_div_le (T - start c) (pace c) ltac:(lia)). nia.
    - apply N.div_le_lower_bound; nia. }
  destruct (N.eqb_spec n 0) as [->|Hn]; [split; lia|].
  assert (0 < n * pace c) by nia.
  destruct (most c) as [u|].
  - destruct (N.leb_spec n u); rewrite N.min_glb_iff, Hdiv; split; lia.
  - rewrite Hdiv. split; lia.
Qed.

Lemma by_time_mono : forall t T T', T <= T' -> by_time t T -> by_time t T'.
Proof. intros [t|] T T' H; simpl; [lia|tauto]. Qed.

Lemma cap_mono : forall c T T', 0 < pace c -> T <= T' -> cap c T <= cap c T'.
Proof.
  intros c T T' Hp HT. apply cap_spec; [assumption|].
  eapply by_time_mono; [exact HT|]. apply cap_spec; lia.
Qed.

Lemma cap_zero : forall c, cap c 0 = 0.
Proof.
  intros c. unfold cap. rewrite N.sub_0_l.
  replace (0 / pace c) with 0.
  - destruct (most c); lia.
  - destruct (pace c); reflexivity.
Qed.
