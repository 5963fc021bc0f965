(** * The fluid relaxation (claim 6, the jump)

    If shards could be split at will, a node would deliver [fluid(T)] by time
    [T].  The true capacity lags behind by no more shards than there are
    neighbours; so at the fluid optimum no more than that are missing. *)

From Coq Require Import NArith ZArith QArith Qround Qminmax Qfield Lqa Lia List.
From Chaos Require Import Server Forest Capacity Program Ticks.
Local Open Scope Q_scope.

(** Time in ticks, but any rational one. *)
Definition fluid_cap (c : server) (T : Q) : Q :=
  let n := Qmax 0 ((T - rat (start c)) / rat (pace c)) in
  match most c with None => n | Some u => Qmin (rat u) n end.

Fixpoint fluid (f : forest) (T : Q) : Q :=
  match f with
  | Nil => 0
  | Leaf _ c r => fluid_cap c T + fluid r T
  | Group c k r => Qmin (fluid_cap c T) (fluid k T) + fluid r T
  end.

Fixpoint leaves (f : forest) : N :=
  match f with
  | Nil => 0
  | Leaf _ _ r => 1 + leaves r
  | Group _ k r => leaves k + leaves r
  end.

(** Whole ticks in [T]. *)
Definition whole (T : Q) : N := Z.to_N (Qfloor T).

Ltac cases := repeat match goal with
  | |- context [Qmin ?a ?b] => destruct (Q.min_spec a b) as [(?&->)|(?&->)]
  | |- context [Qmax ?a ?b] => destruct (Q.max_spec a b) as [(?&->)|(?&->)]
  end.

Lemma rat_min : forall a b, rat (N.min a b) == Qmin (rat a) (rat b).
Proof.
  intros a b. destruct (N.min_spec a b) as [(H&->)|(H&->)].
  - rewrite Q.min_l; [reflexivity|]. apply rat_le. lia.
  - rewrite Q.min_r; [reflexivity|]. apply rat_le. lia.
Qed.

Lemma fluid_count : forall a p T, (0 < p)%N -> 0 <= T ->
  let n := ((whole T - a) / p)%N in
  let x := Qmax 0 ((T - rat a) / rat p) in
  rat n <= x /\ x < rat n + 1.
Proof.
  intros a p T Hp HT n x. pose proof (rat_positive p Hp) as Hp'.
  assert (Hn : (n = 0 \/ a + n * p <= whole T)%N).
  { destruct (N.eq_dec n 0) as [|Hn]; [auto|right].
    pose proof (N.mul_div_le (whole T - a) p ltac:(lia)) as H. fold n in H.
    assert (0 < n * p)%N by nia. lia. }
  assert (Hn1 : (whole T < a + (n + 1) * p)%N).
  { pose proof (N.mul_succ_div_gt (whole T - a) p ltac:(lia)) as H. fold n in H. lia. }
  assert (Hlow : rat n <= x).
  { unfold x. destruct Hn as [->|Hn]; [apply Q.le_max_l|].
    eapply Qle_trans; [|apply Q.le_max_r].
    apply (floor_spec T (a + n * p) HT) in Hn. rewrite rat_add, rat_mul in Hn.
    apply Qle_shift_div_l; [assumption|]. lra. }
  split; [assumption|].
  assert (Hup : ~ rat (a + (n + 1) * p) <= T).
  { intros H. apply (floor_spec T _ HT) in H. fold (whole T) in H. lia. }
  apply Qnot_le_lt in Hup. rewrite rat_add, rat_mul, rat_add in Hup. change (rat 1) with 1 in Hup.
  pose proof (rat_nonneg n). unfold x. cases; [|lra].
  apply Qlt_shift_div_r; [assumption|]. lra.
Qed.

Lemma fluid_cap_bounds : forall c T, (0 < pace c)%N -> 0 <= T ->
  rat (cap c (whole T)) <= fluid_cap c T /\ fluid_cap c T < rat (cap c (whole T)) + 1.
Proof.
  intros c T Hp HT. destruct (fluid_count (start c) (pace c) T Hp HT) as (H1&H2).
  unfold cap, fluid_cap. destruct (most c) as [u|]; [|auto].
  rewrite rat_min. cbv zeta in *.
  set (x := Qmax 0 _) in *. set (n := rat _) in H1, H2 |- *.
  destruct (Q.min_spec (rat u) x) as [(E1&E1')|(E1&E1')];
    destruct (Q.min_spec (rat u) n) as [(E2&E2')|(E2&E2')]; rewrite E1', E2'; lra.
Qed.

Lemma no_leaves : forall f T, leaves f = 0%N -> F f T = 0%N.
Proof.
  induction f; cbn [leaves F]; intros T H; [reflexivity|lia|].
  rewrite IHf1, IHf2 by lia. lia.
Qed.

(** The true capacity is at most the fluid one ... *)
Theorem fluid_above : forall f T, sound f -> 0 <= T -> rat (F f (whole T)) <= fluid f T.
Proof.
  induction f; cbn [sound F fluid]; intros T Hs HT.
  - apply Qle_refl.
  - destruct Hs as (Hp&Hr). destruct (fluid_cap_bounds c T Hp HT) as (H&_).
    specialize (IHf T Hr HT). rewrite rat_add. lra.
  - destruct Hs as (Hp&Hk&Hr). destruct (fluid_cap_bounds c T Hp HT) as (H&_).
    specialize (IHf1 T Hk HT). specialize (IHf2 T Hr HT). rewrite rat_add, rat_min.
    apply Qplus_le_compat; [|assumption]. apply Q.min_le_compat; assumption.
Qed.

(** ... and less than it by no more than the number of neighbours. *)
Theorem fluid_below : forall f T, sound f -> 0 <= T ->
  fluid f T <= rat (F f (whole T) + leaves f).
Proof.
  induction f; cbn [sound F fluid leaves]; intros T Hs HT.
  - apply Qle_refl.
  - destruct Hs as (Hp&Hr). destruct (fluid_cap_bounds c T Hp HT) as (_&H).
    specialize (IHf T Hr HT). rewrite !rat_add in *. change (rat 1) with 1. lra.
  - destruct Hs as (Hp&Hk&Hr). destruct (fluid_cap_bounds c T Hp HT) as (_&H).
    specialize (IHf1 T Hk HT). specialize (IHf2 T Hr HT).
    assert (Hg : Qmin (fluid_cap c T) (fluid f1 T) <=
                 rat (N.min (cap c (whole T)) (F f1 (whole T)) + leaves f1)).
    { destruct (N.le_gt_cases (F f1 (whole T)) (cap c (whole T))) as [Hle|Hgt].
      - rewrite N.min_r by assumption. eapply Qle_trans; [apply Q.le_min_r|assumption].
      - rewrite N.min_l by lia. eapply Qle_trans; [apply Q.le_min_l|].
        assert (Hl : (1 <= leaves f1)%N).
        { destruct (N.eq_dec (leaves f1) 0) as [E|]; [|lia]. rewrite (no_leaves f1 _ E) in Hgt. lia. }
        apply rat_le in Hl. rewrite rat_add. change (rat 1) with 1 in Hl. lra. }
    rewrite !rat_add in *. lra.
Qed.

(** Claim 6: at a time at which the fluid reaches [q], no more shards are
    missing than there are neighbours below; before the fluid reaches [q],
    some shard is missing, so that the jump never goes too far. *)
Theorem fluid_missing : forall f T q, sound f -> 0 <= T -> rat q <= fluid f T ->
  (q - F f (whole T) <= leaves f)%N.
Proof.
  intros f T q Hs HT H. pose proof (fluid_below f T Hs HT) as Hb.
  assert (rat q <= rat (F f (whole T) + leaves f)) by (eapply Qle_trans; eassumption).
  apply rat_le in H0. lia.
Qed.

Theorem fluid_not_past : forall f T q, sound f -> 0 <= T -> fluid f T < rat q ->
  (F f (whole T) < q)%N.
Proof.
  intros f T q Hs HT H. pose proof (fluid_above f T Hs HT) as Ha.
  destruct (N.lt_ge_cases (F f (whole T)) q) as [|Hge]; [assumption|exfalso].
  apply rat_le in Hge. lra.
Qed.
