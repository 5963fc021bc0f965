(** * The greedy is optimal (claim 5)

    A node gives its next shard to the child that would complete it first,
    ties to the child listed first; a group completes its m-th shard at the
    later of [C(m)] and the completion inside. *)

From Coq Require Import NArith Lia List.
From Chaos Require Import Server Forest Capacity.
Local Open Scope N_scope.

(** One shard more for the plan [x]: when it completes, and the new plan.
    [None]: every neighbour or a group above it is at its limit. *)
Fixpoint step (f : forest) (x : plan) : option (N * plan) :=
  match f, x with
  | Leaf _ c r, Serve n y =>
      match completion c (N.succ n), step r y with
      | None, None => None
      | Some t, None => Some (t, Serve (N.succ n) y)
      | None, Some (u, y') => Some (u, Serve n y')
      | Some t, Some (u, y') =>
          if t <=? u then Some (t, Serve (N.succ n) y) else Some (u, Serve n y')
      end
  | Group c k r, Inside xk y =>
      let here := match completion c (N.succ (total xk)), step k xk with
                  | Some t, Some (u, xk') => Some (N.max t u, xk')
                  | _, _ => None
                  end in
      match here, step r y with
      | None, None => None
      | Some (t, xk'), None => Some (t, Inside xk' y)
      | None, Some (u, y') => Some (u, Inside xk y')
      | Some (t, xk'), Some (u, y') =>
          if t <=? u then Some (t, Inside xk' y) else Some (u, Inside xk y')
      end
  | _, _ => None
  end.

(** The greedy: [q] shards, one after the other, and the time at which the
    last of them completes. *)
Definition next (f : forest) (state : option (N * plan)) : option (N * plan) :=
  match state with Some (_, x) => step f x | None => None end.

Definition greedy (f : forest) (q : N) : option (N * plan) :=
  N.iter q (next f) (Some (0, zero f)).

(** ** What characterises the greedy's plans

    A head that delivers [H(T)] and a rest that delivers [R(T)] share shards
    as [n] and [q].  The split is the greedy's when nobody holds a shard that
    the other would have completed first:
    - where the head's last shard is not complete, the rest's share holds all
      that the rest completes;
    - where the rest's last shard is not complete, the head's share holds all
      that the head completes, even one tick later: ties go to the head. *)
Definition fair (H R : N -> N) (n q : N) : Prop :=
  (forall T, H T < n -> R T <= q) /\
  (forall T, R T < q -> H (T + 1) <= n).

Definition monotone (H : N -> N) := forall T T', T <= T' -> H T <= H T'.

Definition group_cap (c : server) (k : forest) (T : N) : N := N.min (cap c T) (F k T).

Fixpoint merged (f : forest) (x : plan) : Prop :=
  match f, x with
  | Nil, Nothing => True
  | Leaf _ c r, Serve n y => fair (cap c) (F r) n (total y) /\ merged r y
  | Group c k r, Inside xk y =>
      fair (group_cap c k) (F r) (total xk) (total y) /\ merged k xk /\ merged r y
  | _, _ => False
  end.

Lemma zero_merged : forall f, merged f (zero f).
Proof.
  induction f; simpl; rewrite ?zero_total; auto.
  - split; auto. split; intros; lia.
  - repeat split; auto; intros; lia.
Qed.

Lemma merged_fits : forall f x, merged f x -> fits f x.
Proof. induction f; destruct x; simpl; intuition. Qed.

Lemma fair_sum : forall H R n q T, monotone H -> fair H R n q ->
  (n + q <= H T + R T <-> n <= H T /\ q <= R T).
Proof.
  intros H R n q T Hm (A&B). specialize (A T). specialize (B T).
  pose proof (Hm T (T + 1) ltac:(lia)). lia.
Qed.

Lemma monotone_cap : forall c, 0 < pace c -> monotone (cap c).
Proof. intros c H T T' HT. apply cap_mono; assumption. Qed.

Lemma monotone_F : forall f, sound f -> monotone (F f).
Proof. intros f H T T' HT. apply F_mono; assumption. Qed.

Lemma monotone_group : forall c k, 0 < pace c -> sound k -> monotone (group_cap c k).
Proof.
  intros c k Hp Hk T T' HT. unfold group_cap.
  pose proof (cap_mono c T T' Hp HT). pose proof (F_mono k T T' Hk HT). lia.
Qed.

(** A merged plan is finished as soon as any plan of its size can be; the
    same holds inside each group, for the group's share. *)
Theorem merged_optimal : forall f x, sound f -> merged f x ->
  forall T, finished f x T <-> total x <= F f T.
Proof.
  induction f; destruct x; simpl; intros Hs Hm T; try tauto.
  - split; [lia|trivial].
  - destruct Hs as (Hp&Hr), Hm as (Hf&Hy).
    rewrite (fair_sum _ _ _ _ T (monotone_cap c Hp) Hf), IHf, cap_spec by assumption.
    tauto.
  - destruct Hs as (Hp&Hk&Hr), Hm as (Hf&Hx&Hy).
    change (N.min (cap c T) (F f1 T)) with (group_cap c f1 T).
    rewrite (fair_sum _ _ _ _ T (monotone_group c f1 Hp Hk) Hf).
    unfold group_cap. rewrite N.min_glb_iff, cap_spec, IHf1, IHf2 by assumption. tauto.
Qed.

(** The earlier of two next completions, ties to the head, keeps a split
    fair; it is the time at which the pair reaches one shard more. *)
Lemma fair_head : forall H R n q t, monotone H -> monotone R -> fair H R n q ->
  (forall T, t <= T <-> N.succ n <= H T) ->
  (forall T, N.succ q <= R T -> t <= T) ->
  fair H R (N.succ n) q /\ forall T, t <= T <-> N.succ (n + q) <= H T + R T.
Proof.
  intros H R n q t HH HR (A&B) Ht Hu. split; [split|]; intros T.
  - intros HT. destruct (N.le_gt_cases (N.succ q) (R T)) as [Hq|]; [|lia].
    apply Hu, Ht in Hq. lia.
  - intros HT. apply B in HT. lia.
  - pose proof (HH T (T + 1) ltac:(lia)). specialize (A T). specialize (B T).
    specialize (Ht T). specialize (Hu T). lia.
Qed.

Lemma fair_rest : forall H R n q u, monotone H -> monotone R -> fair H R n q ->
  (forall T, u <= T <-> N.succ q <= R T) ->
  (forall T, N.succ n <= H T -> u < T) ->
  fair H R n (N.succ q) /\ forall T, u <= T <-> N.succ (n + q) <= H T + R T.
Proof.
  intros H R n q u HH HR (A&B) Hu Ht. split; [split|]; intros T.
  - intros HT. apply A in HT. lia.
  - intros HT. destruct (N.le_gt_cases (H (T + 1)) n) as [|Hn]; [assumption|].
    pose proof (Ht (T + 1) ltac:(lia)). assert (u <= T) by lia. apply Hu in H1. lia.
  - pose proof (HH T (T + 1) ltac:(lia)). specialize (A T). specialize (B T).
    specialize (Hu T). specialize (Ht T). lia.
Qed.

Lemma fair_none : forall H R n q, monotone H -> fair H R n q ->
  (forall T, H T <= n) -> (forall T, R T <= q) -> forall T, H T + R T <= n + q.
Proof. intros H R n q _ _ Hn Hq T. specialize (Hn T). specialize (Hq T). lia. Qed.

(** One step from a merged plan gives a merged plan of one shard more and the
    least time for it; no step means that no time allows one shard more. *)
Lemma step_merged : forall f x, sound f -> merged f x ->
  match step f x with
  | Some (t, x') => merged f x' /\ total x' = N.succ (total x) /\
                    forall T, t <= T <-> N.succ (total x) <= F f T
  | None => forall T, F f T <= total x
  end.
Proof.
  induction f; destruct x; simpl; intros Hs Hm; try tauto.
  - intros; lia.
  - destruct Hs as (Hp&Hr), Hm as (Hf&Hy).
    pose proof (fun T => cap_spec c T (N.succ n) Hp) as Hc.
    specialize (IHf x Hr Hy).
    assert (HH := monotone_cap c Hp). assert (HR := monotone_F f Hr).
    destruct (completion c (N.succ n)) as [t|]; simpl in Hc;
      destruct (step f x) as [[u y']|].
    + destruct IHf as (Hm'&Ht'&Hu).
      destruct (N.leb_spec t u).
      * destruct (fair_head (cap c) (F f) n (total x) t HH HR Hf) as (Hf'&HT).
        { intros T. rewrite Hc. reflexivity. }
        { intros T H1. apply Hu in H1. lia. }
        simpl. repeat split; auto; try apply Hf'; try apply HT; lia.
      * destruct (fair_rest (cap c) (F f) n (total x) u HH HR Hf Hu) as (Hf'&HT).
        { intros T H1. apply Hc in H1. lia. }
        simpl. rewrite Ht'. repeat split; auto; try apply Hf'; try apply HT; lia.
    + destruct (fair_head (cap c) (F f) n (total x) t HH HR Hf) as (Hf'&HT).
      { intros T. rewrite Hc. reflexivity. }
      { intros T H1. specialize (IHf T). lia. }
      simpl. repeat split; auto; try apply Hf'; try apply HT; lia.
    + destruct IHf as (Hm'&Ht'&Hu).
      destruct (fair_rest (cap c) (F f) n (total x) u HH HR Hf Hu) as (Hf'&HT).
      { intros T H1. apply Hc in H1. tauto. }
      simpl. rewrite Ht'. repeat split; auto; try apply Hf'; try apply HT; lia.
    + intros T. specialize (IHf T). specialize (Hc T). lia.
  - destruct Hs as (Hp&Hk&Hr), Hm as (Hf&Hx&Hy).
    pose proof (fun T => cap_spec c T (N.succ (total x1)) Hp) as Hc.
    specialize (IHf1 x1 Hk Hx). specialize (IHf2 x2 Hr Hy).
    assert (HH := monotone_group c f1 Hp Hk). assert (HR := monotone_F f2 Hr).
    change (forall T, F f2 T <= total x2) with (forall T, F f2 T <= total x2) in *.
    assert (Hhere :
      match (match completion c (N.succ (total x1)), step f1 x1 with
             | Some t, Some (u, xk') => Some (N.max t u, xk')
             | _, _ => None end) with
      | Some (t, xk') => merged f1 xk' /\ total xk' = N.succ (total x1) /\
                         forall T, t <= T <-> N.succ (total x1) <= group_cap c f1 T
      | None => forall T, group_cap c f1 T <= total x1
      end).
    { unfold group_cap. destruct (completion c (N.succ (total x1))) as [t|]; simpl in Hc.
      - destruct (step f1 x1) as [[u xk']|].
        + destruct IHf1 as (?&?&Hu). repeat split; auto; specialize (Hc T); specialize (Hu T); lia.
        + intros T. specialize (IHf1 T). lia.
      - intros T. specialize (Hc T). lia. }
    destruct (match completion c (N.succ (total x1)), step f1 x1 with
              | Some t, Some (u, xk') => Some (N.max t u, xk')
              | _, _ => None end) as [[t xk']|]; destruct (step f2 x2) as [[u y']|].
    + destruct Hhere as (Hxm&Hxt&Ht), IHf2 as (Hm'&Ht'&Hu).
      destruct (N.leb_spec t u).
      * destruct (fair_head (group_cap c f1) (F f2) (total x1) (total x2) t HH HR Hf Ht) as (Hf'&HT).
        { intros T H1. apply Hu in H1. lia. }
        simpl. rewrite Hxt. repeat split; auto; try apply Hf'; try apply HT; lia.
      * destruct (fair_rest (group_cap c f1) (F f2) (total x1) (total x2) u HH HR Hf Hu) as (Hf'&HT).
        { intros T H1. apply Ht in H1. lia. }
        simpl. rewrite Ht'. repeat split; auto; try apply Hf'; try apply HT; lia.
    + destruct Hhere as (Hxm&Hxt&Ht).
      destruct (fair_head (group_cap c f1) (F f2) (total x1) (total x2) t HH HR Hf Ht) as (Hf'&HT).
      { intros T H1. specialize (IHf2 T). lia. }
      simpl. rewrite Hxt. repeat split; auto; try apply Hf'; try apply HT; lia.
    + destruct IHf2 as (Hm'&Ht'&Hu).
      destruct (fair_rest (group_cap c f1) (F f2) (total x1) (total x2) u HH HR Hf Hu) as (Hf'&HT).
      { intros T H1. specialize (Hhere T). lia. }
      simpl. rewrite Ht'. repeat split; auto; try apply Hf'; try apply HT; lia.
    + intros T. specialize (Hhere T). specialize (IHf2 T). unfold group_cap in Hhere. lia.
Qed.

(** After [q] steps: a merged plan of [q] shards and its least time; or [q]
    shards are more than any time allows. *)
Lemma greedy_merged : forall f q, sound f ->
  match greedy f q with
  | Some (t, x) => merged f x /\ total x = q /\ least f q t
  | None => forall T, F f T < q
  end.
Proof.
  intros f q Hs. unfold greedy. pattern q. apply N.peano_ind; clear q.
  - simpl. split; [apply zero_merged|]. split; [apply zero_total|].
    split; intros; lia.
  - intros q IH. rewrite N.iter_succ.
    destruct (N.iter q (next f) (Some (0, zero f))) as [[t x]|]; simpl.
    + destruct IH as (Hm&Ht&Hl). pose proof (step_merged f x Hs Hm) as Hstep.
      destruct (step f x) as [[t' x']|].
      * destruct Hstep as (Hm'&Ht'&HT). rewrite Ht in *. repeat split; auto.
        -- apply HT. lia.
        -- intros T' H'. apply HT. assumption.
      * intros T. specialize (Hstep T). lia.
    + intros T. specialize (IH T). lia.
Qed.

(** ** Claim 5 *)

(** The greedy's plan gives away [q] shards, and at each time at which any
    plan of [q] shards is finished, so is the greedy's. *)
Theorem greedy_optimal : forall f q t x, sound f -> greedy f q = Some (t, x) ->
  fits f x /\ total x = q /\ optimum f q t /\
  (forall T, finished f x T <-> t <= T).
Proof.
  intros f q t x Hs Hg. pose proof (greedy_merged f q Hs) as H. rewrite Hg in H.
  destruct H as (Hm&Ht&Hl). split; [apply merged_fits; assumption|].
  split; [assumption|]. split; [apply threshold; assumption|].
  intros T. rewrite (merged_optimal f x Hs Hm), Ht. destruct Hl as (H1&H2). split; [apply H2|].
  intros HT. pose proof (F_mono f t T Hs HT). lia.
Qed.

(** The greedy fails exactly when there is no plan of [q] shards at all. *)
Theorem greedy_infeasible : forall f q, sound f ->
  (greedy f q = None <-> forall x T, total x = q -> ~ finished f x T).
Proof.
  intros f q Hs. rewrite threshold_infeasible by assumption.
  pose proof (greedy_merged f q Hs) as H. split.
  - intros Hg. rewrite Hg in H. exact H.
  - intros HF. destruct (greedy f q) as [[t x]|]; [exfalso|reflexivity].
    destruct H as (_&_&(H&_)). specialize (HF t). lia.
Qed.

(** Inside each group, at any depth, the greedy's plan finishes the group's
    share as early as the members can by themselves. *)
Fixpoint early_inside (f : forest) (x : plan) : Prop :=
  match f, x with
  | Leaf _ _ r, Serve _ y => early_inside r y
  | Group _ k r, Inside xk y =>
      (forall T, finished k xk T <-> exists x', total x' = total xk /\ finished k x' T) /\
      early_inside k xk /\ early_inside r y
  | _, _ => True
  end.

Lemma merged_early_inside : forall f x, sound f -> merged f x -> early_inside f x.
Proof.
  induction f; destruct x; simpl; intros Hs Hm; try tauto.
  - apply IHf; tauto.
  - destruct Hs as (_&Hk&Hr), Hm as (_&Hx&Hy). split; [|split; auto].
    intros T. split; [eauto|]. intros (x'&Ht&Hd).
    apply merged_optimal; [assumption..|]. rewrite <- Ht. apply threshold_bound; assumption.
Qed.

Theorem greedy_early_inside : forall f q t x, sound f -> greedy f q = Some (t, x) ->
  early_inside f x.
Proof.
  intros f q t x Hs Hg. pose proof (greedy_merged f q Hs) as H. rewrite Hg in H.
  apply merged_early_inside; tauto.
Qed.
