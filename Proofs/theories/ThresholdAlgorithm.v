(** * The threshold algorithm gives the greedy's plan (claim 6)

    At a node with [q] shards to give, let [T] be the least time with
    [F(T) >= q].  Every child gets what it completes strictly before [T]; the
    rest goes, in order, to the children that complete shards at [T]; the
    same happens inside each group with its share. *)

From Coq Require Import NArith Lia List.
From Chaos Require Import Server Forest Capacity Greedy.
Local Open Scope N_scope.

Section Algorithm.
  (** However the least time is found: by bisection, or by a jump and a heap. *)
  Variable first : forest -> N -> N.

  (** What the nodes of a row get, with [e] shards left for completions at [T]. *)
  Fixpoint deal (f : forest) (T e : N) : plan :=
    match f with
    | Nil => Nothing
    | Leaf _ c r =>
        let before := cap c (T - 1) in
        let more := N.min e (cap c T - before) in
        Serve (before + more) (deal r T (e - more))
    | Group c k r =>
        let before := group_cap c k (T - 1) in
        let more := N.min e (group_cap c k T - before) in
        let share := before + more in
        let U := first k share in
        Inside (deal k U (share - F k (U - 1))) (deal r T (e - more))
    end.

  Definition threshold_plan (f : forest) (q : N) : plan :=
    let T := first f q in deal f T (q - F f (T - 1)).

  Hypothesis first_least : forall f q T, sound f -> q <= F f T -> least f q (first f q).

  Lemma least_strict : forall f q T, sound f -> least f q T -> F f (T - 1) <= q.
  Proof.
    intros f q T Hs (H1&H2). destruct (N.le_gt_cases (F f (T - 1)) q) as [|Hgt]; [assumption|].
    pose proof (H2 (T - 1) ltac:(lia)). assert (T = 0) by lia. subst.
    rewrite F_zero in *. lia.
  Qed.

  Lemma fair_deal : forall H R T e, monotone H -> monotone R ->
    e <= H T - H (T - 1) + (R T - R (T - 1)) ->
    let more := N.min e (H T - H (T - 1)) in
    fair H R (H (T - 1) + more) (R (T - 1) + (e - more)).
  Proof.
    intros H R T e HH HR He more.
    pose proof (HH (T - 1) T ltac:(lia)). pose proof (HR (T - 1) T ltac:(lia)).
    split; intros t Ht.
    - destruct (N.le_gt_cases t (T - 1)) as [Hle|Hgt].
      + pose proof (HR t (T - 1) Hle). lia.
      + pose proof (HH T t ltac:(lia)). lia.
    - destruct (N.le_gt_cases T t) as [Hle|Hgt].
      + pose proof (HR T t Hle). lia.
      + destruct (N.eq_dec t (T - 1)) as [->|Hne].
        * replace (T - 1 + 1) with T by lia. lia.
        * pose proof (HH (t + 1) (T - 1) ltac:(lia)). lia.
  Qed.

  Lemma deal_merged : forall f T e, sound f -> e <= F f T - F f (T - 1) ->
    merged f (deal f T e) /\ total (deal f T e) = F f (T - 1) + e.
  Proof.
    induction f; intros T e Hs He; cbn [F deal merged total] in *; cbv zeta.
    - split; [trivial|lia].
    - destruct Hs as (Hp&Hr). pose proof (monotone_cap c Hp) as HH. pose proof (monotone_F f Hr) as HR.
      pose proof (HH (T - 1) T ltac:(lia)). pose proof (HR (T - 1) T ltac:(lia)).
      destruct (IHf T (e - N.min e (cap c T - cap c (T - 1))) Hr ltac:(lia)) as (IHm&IHt).
      rewrite IHt. split; [split; [|assumption]|lia].
      apply fair_deal; try assumption. lia.
    - destruct Hs as (Hp&Hk&Hr). pose proof (monotone_group c f1 Hp Hk) as HH.
      pose proof (monotone_F f2 Hr) as HR.
      pose proof (HH (T - 1) T ltac:(lia)). pose proof (HR (T - 1) T ltac:(lia)).
      change (N.min (cap c T) (F f1 T)) with (group_cap c f1 T) in *.
      change (N.min (cap c (T - 1)) (F f1 (T - 1))) with (group_cap c f1 (T - 1)) in *.
      set (more := N.min e (group_cap c f1 T - group_cap c f1 (T - 1))).
      set (share := group_cap c f1 (T - 1) + more).
      assert (Hreach : share <= F f1 T).
      { assert (group_cap c f1 T <= F f1 T) by (unfold group_cap; lia). lia. }
      pose proof (first_least f1 share T Hk Hreach) as Hfirst.
      pose proof (least_strict f1 share _ Hk Hfirst) as Hstrict. destruct Hfirst as (Hf1&_).
      destruct (IHf1 (first f1 share) (share - F f1 (first f1 share - 1)) Hk ltac:(lia)) as (Km&Kt).
      destruct (IHf2 T (e - more) Hr ltac:(lia)) as (Rm&Rt).
      rewrite Kt, Rt. replace (F f1 (first f1 share - 1) + (share - F f1 (first f1 share - 1)))
        with share by lia.
      split; [|lia]. split; [|split; assumption].
      apply fair_deal; try assumption. lia.
  Qed.

  (** ** Only one split is the greedy's *)

  Lemma reach_first : forall R q T, q <= R T -> exists t, q <= R t /\ (t = 0 \/ R (t - 1) < q).
  Proof.
    intros R q T. pattern T. apply N.peano_ind; clear T.
    - intros H. exists 0. auto.
    - intros T IH H. destruct (N.le_gt_cases q (R T)) as [Hle|Hgt]; [auto|].
      exists (N.succ T). split; [assumption|right]. replace (N.succ T - 1) with T by lia. assumption.
  Qed.

  Lemma fair_not_less : forall H R n q n' q' T, H 0 = 0 ->
    fair H R n q -> fair H R n' q' -> n + q = n' + q' -> q <= R T -> ~ n < n'.
  Proof.
    intros H R n q n' q' T H0 (_&B) (A'&_) Hsum HT Hlt.
    destruct (reach_first R q T HT) as (t&Ht&Hfirst).
    assert (n' <= H t).
    { destruct (N.le_gt_cases n' (H t)) as [|Hgt]; [assumption|]. apply A' in Hgt. lia. }
    destruct Hfirst as [->|Hfirst]; [lia|].
    apply B in Hfirst. destruct (N.eq_dec t 0) as [->|Ht0]; [lia|].
    replace (t - 1 + 1) with t in Hfirst by lia. lia.
  Qed.

  Lemma fair_unique : forall H R n q n' q' T, monotone H -> H 0 = 0 ->
    fair H R n q -> fair H R n' q' -> n + q = n' + q' -> n + q <= H T + R T -> n = n' /\ q = q'.
  Proof.
    intros H R n q n' q' T Hm H0 Hf Hf' Hsum HT.
    pose proof HT as HT'. rewrite Hsum in HT'.
    apply (fair_sum H R n q T Hm Hf) in HT. apply (fair_sum H R n' q' T Hm Hf') in HT'.
    destruct HT as (_&Hq), HT' as (_&Hq').
    pose proof (fair_not_less H R n q n' q' T H0 Hf Hf' Hsum Hq).
    pose proof (fair_not_less H R n' q' n q T H0 Hf' Hf (eq_sym Hsum) Hq'). lia.
  Qed.

  Lemma merged_unique : forall f x x' T, sound f -> merged f x -> merged f x' ->
    total x = total x' -> total x <= F f T -> x = x'.
  Proof.
    induction f; destruct x; destruct x'; simpl; intros T Hs Hm Hm' Ht HT; try tauto; try reflexivity.
    - destruct Hs as (Hp&Hr), Hm as (Hf&Hy), Hm' as (Hf'&Hy').
      destruct (fair_unique _ _ _ _ _ _ T (monotone_cap c Hp) (cap_zero c) Hf Hf' Ht HT) as (->&E).
      f_equal. apply (IHf x x' T Hr Hy Hy' E).
      apply (fair_sum _ _ _ _ T (monotone_cap c Hp) Hf) in HT. apply HT.
    - destruct Hs as (Hp&Hk&Hr), Hm as (Hf&Hx&Hy), Hm' as (Hf'&Hx'&Hy').
      assert (Hz : group_cap c f1 0 = 0) by (unfold group_cap; rewrite cap_zero; lia).
      destruct (fair_unique _ _ _ _ _ _ T (monotone_group c f1 Hp Hk) Hz Hf Hf' Ht HT) as (E1&E2).
      apply (fair_sum _ _ _ _ T (monotone_group c f1 Hp Hk) Hf) in HT. destruct HT as (HT1&HT2).
      unfold group_cap in HT1. f_equal.
      + apply (IHf1 _ _ T Hk Hx Hx' E1). lia.
      + apply (IHf2 _ _ T Hr Hy Hy' E2). lia.
  Qed.

  (** Claim 6: the threshold algorithm returns the very plan of the greedy,
      and its time. *)
  Theorem threshold_is_greedy : forall f q T, sound f -> q <= F f T ->
    greedy f q = Some (first f q, threshold_plan f q).
  Proof.
    intros f q T Hs HT. pose proof (first_least f q T Hs HT) as Hfirst.
    pose proof (least_strict f q _ Hs Hfirst) as Hstrict.
    destruct (deal_merged f (first f q) (q - F f (first f q - 1)) Hs) as (Hm&Ht).
    { destruct Hfirst. lia. }
    pose proof (greedy_merged f q Hs) as Hg.
    destruct (greedy f q) as [[t x]|]; [|specialize (Hg T); lia].
    destruct Hg as (Hxm&Hxt&Hxl). f_equal. f_equal.
    - destruct Hxl as (H1&H2), Hfirst as (H3&H4). apply N.le_antisymm; auto.
    - apply (merged_unique f x _ T Hs Hxm Hm); [|lia].
      unfold threshold_plan in *. lia.
  Qed.
End Algorithm.

(** The heap goes on from a jump: the plan of [q] shards is that of [q0]
    shards, whatever found it, and [q - q0] steps of the greedy. *)
Theorem greedy_resumes : forall f q0 q, q0 <= q ->
  greedy f q = N.iter (q - q0) (next f) (greedy f q0).
Proof.
  intros f q0 q H. unfold greedy. rewrite <- N.iter_add. f_equal. lia.
Qed.

(** A way to find the least time that the algorithm asks for: the greedy's. *)
Definition first_by_greedy (f : forest) (q : N) : N :=
  match greedy f q with Some (t, _) => t | None => 0 end.

Lemma first_by_greedy_least : forall f q T, sound f -> q <= F f T ->
  least f q (first_by_greedy f q).
Proof.
  intros f q T Hs HT. unfold first_by_greedy. pose proof (greedy_merged f q Hs) as H.
  destruct (greedy f q) as [[t x]|]; [apply H|]. specialize (H T). lia.
Qed.
