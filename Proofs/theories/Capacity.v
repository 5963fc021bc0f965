(** * Capacity of a forest, and the threshold theorem (claim 1) *)

From Coq Require Import NArith Lia List.
From Chaos Require Import Server Forest.
Local Open Scope N_scope.

(** [F(T)]: a neighbour delivers [cap(T)], a group the smaller of its own
    [cap(T)] and what its members deliver, a row of nodes the sum. *)
Fixpoint F (f : forest) (T : N) : N :=
  match f with
  | Nil => 0
  | Leaf _ c r => cap c T + F r T
  | Group c k r => N.min (cap c T) (F k T) + F r T
  end.

Lemma F_mono : forall f T T', sound f -> T <= T' -> F f T <= F f T'.
Proof.
  induction f; simpl; intros T T' Hs HT; [lia| |].
  - destruct Hs. pose proof (cap_mono c T T' H HT). pose proof (IHf T T' H0 HT). lia.
  - destruct Hs as (Hp&Hk&Hr). pose proof (cap_mono c T T' Hp HT).
    pose proof (IHf1 T T' Hk HT). pose proof (IHf2 T T' Hr HT). lia.
Qed.

Lemma F_zero : forall f, F f 0 = 0.
Proof. induction f; simpl; rewrite ?cap_zero; lia. Qed.

(** No plan that is finished by [T] has more than [F(T)] shards. *)
Theorem threshold_bound : forall f x T, sound f ->
  finished f x T -> total x <= F f T.
Proof.
  induction f; destruct x; simpl; intros T Hs H; try tauto; try lia.
  - destruct Hs as (Hp&Hr), H as (H&Hy). apply cap_spec in H; [|assumption].
    pose proof (IHf _ _ Hr Hy). lia.
  - destruct Hs as (Hp&Hk&Hr), H as (H&Hm&Hy). apply cap_spec in H; [|assumption].
    pose proof (IHf1 _ _ Hk Hm). pose proof (IHf2 _ _ Hr Hy). lia.
Qed.

(** A plan that reaches any number up to [F(T)]: fill from the left. *)
Fixpoint fill (f : forest) (T q : N) : plan :=
  match f with
  | Nil => Nothing
  | Leaf _ c r => let n := N.min q (cap c T) in Serve n (fill r T (q - n))
  | Group c k r => let m := N.min q (N.min (cap c T) (F k T)) in
                   Inside (fill k T m) (fill r T (q - m))
  end.

Lemma fill_total : forall f T q, total (fill f T q) = N.min q (F f T).
Proof.
  induction f; simpl; intros T q; [lia| |].
  - rewrite IHf. lia.
  - rewrite IHf1, IHf2. lia.
Qed.

(** [F(T)] and every smaller number of shards can be finished by [T]. *)
Theorem threshold_reached : forall f T q, sound f -> q <= F f T ->
  exists x, fits f x /\ total x = q /\ finished f x T.
Proof.
  intros f T q Hs Hq. exists (fill f T q).
  assert (Hd : forall f q, sound f -> finished f (fill f T q) T).
  { clear. induction f; simpl; intros q Hs; [exact I| |].
    - destruct Hs. split; [apply cap_spec; lia | auto].
    - destruct Hs as (Hp&Hk&Hr). repeat split; auto.
      apply cap_spec; [assumption|]. rewrite fill_total. lia. }
  repeat split; auto.
  - eapply finished_fits; auto.
  - rewrite fill_total. lia.
Qed.

(** [T] is the optimum for [q] shards: some plan of [q] shards is finished by
    [T], and none earlier. *)
Definition optimum (f : forest) (q T : N) : Prop :=
  (exists x, total x = q /\ finished f x T) /\
  (forall x T', total x = q -> finished f x T' -> T <= T').

(** [T] is the least time with [F(T) >= q]. *)
Definition least (f : forest) (q T : N) : Prop :=
  q <= F f T /\ forall T', q <= F f T' -> T <= T'.

(** Claim 1: the optimum is the least [T] with [F(T) >= q]. *)
Theorem threshold : forall f q T, sound f -> (optimum f q T <-> least f q T).
Proof.
  intros f q T Hs. unfold optimum, least. split.
  - intros ((x&Hx&HT)&Hmin). split.
    + rewrite <- Hx. apply threshold_bound; assumption.
    + intros T' H. destruct (threshold_reached f T' q Hs H) as (y&_&Hy&Hd). eauto.
  - intros (HT&Hmin). split.
    + destruct (threshold_reached f T q Hs HT) as (x&_&Hx&Hd). eauto.
    + intros x T' Hx Hd. apply Hmin. rewrite <- Hx. apply threshold_bound; assumption.
Qed.

(** ... and there is no plan at all exactly when no [T] reaches [q]. *)
Theorem threshold_infeasible : forall f q, sound f ->
  ((forall x T, total x = q -> ~ finished f x T) <-> (forall T, F f T < q)).
Proof.
  intros f q Hs. split; intros H.
  - intros T. destruct (N.lt_ge_cases (F f T) q) as [?|Hge]; [assumption|exfalso].
    destruct (threshold_reached f T q Hs Hge) as (x&_&Hx&Hd). exact (H x T Hx Hd).
  - intros x T Hx Hd. pose proof (threshold_bound f x T Hs Hd). specialize (H T). lia.
Qed.

(** The least time exists as soon as some time reaches [q]. *)
Lemma least_exists : forall f q T, sound f -> q <= F f T -> exists T', least f q T' /\ T' <= T.
Proof.
  intros f q T Hs. pattern T. apply N.peano_ind; clear T.
  - intros H. exists 0. repeat split; [assumption|lia|lia].
  - intros T IH H. destruct (N.le_gt_cases q (F f T)) as [Hle|Hgt].
    + destruct (IH Hle) as (T'&?&?). exists T'. split; [assumption|lia].
    + exists (N.succ T). split; [split|lia]; [assumption|].
      intros T' H'. destruct (N.lt_ge_cases T' (N.succ T)) as [Hlt|]; [exfalso|assumption].
      pose proof (F_mono f T' T Hs ltac:(lia)). lia.
Qed.

(** A time is the least one exactly when it reaches [q] and the time before
    does not: the certificate, for whole times. *)
Lemma least_pred : forall f q T, sound f -> 0 < q ->
  (least f q T <-> q <= F f T /\ F f (T - 1) < q).
Proof.
  intros f q T Hs Hq. unfold least. split; intros (H1&H2); split; try assumption.
  - destruct (N.lt_ge_cases (F f (T - 1)) q) as [|Hge]; [assumption|exfalso].
    pose proof (H2 _ Hge). assert (T = 0) by lia. subst. rewrite F_zero in H1. lia.
  - intros T' H'. destruct (N.lt_ge_cases T' T) as [Hlt|]; [exfalso|assumption].
    pose proof (F_mono f T' (T - 1) Hs ltac:(lia)). lia.
Qed.
