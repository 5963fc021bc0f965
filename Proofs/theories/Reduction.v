(** * From the programs to forests: the threshold theorem for the model

    The MILP at size [s] can be done in time [T] exactly when
    [F_s(T) >= K(s)] (claim 1). *)

From Coq Require Import NArith ZArith QArith Lia List Bool.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling Program Ticks.
Import ListNotations.

(** [F_s(T)] for a rational time. *)
Definition Fs (I : instance) (s : N) (T : Q) : N := F (tree I s) (ticks I T).

Lemma In_sum : forall l i v n, In (i, v) l -> (n i <= sum l n)%N.
Proof.
  induction l as [|e l IH]; simpl; intros i v n H; [destruct H|].
  destruct H as [->|H]; simpl; [lia|]. specialize (IH i v n H). lia.
Qed.

Lemma sum_positive : forall l n, (0 < sum l n)%N -> exists i v, In (i, v) l /\ (0 < n i)%N.
Proof.
  induction l as [|[i v] l IH]; simpl; intros n H; [lia|].
  destruct (N.eq_dec (n i) 0) as [E|E].
  - rewrite E in H. destruct (IH n H) as (j&w&Hj&Hn). exists j, w. auto.
  - exists i, v. split; [auto|lia].
Qed.

Lemma sum_split : forall (P : nat * neighbor -> bool) l n,
  (sum (filter P l) n <= sum l n)%N.
Proof. intros P l n. induction l as [|e l IH]; simpl; [lia|]. destruct (P e); simpl; lia. Qed.

Lemma fold_m : forall I n g, sum (members I g) n = m I n g.
Proof. reflexivity. Qed.

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.

  (** Some counts [n] solve the MILP exactly when they cover the state, none
      passes [K(s_1)], and as a plan of the forest they are finished by [T]. *)
  Theorem milp_forest : forall s T n, In s (sizes I) ->
    (milp I s T n <->
     0 <= T /\ (K I s <= sum (indexed I) n)%N /\
     (forall i v, In (i, v) (indexed I) -> (n i <= K I (smallest I))%N) /\
     finished (tree I s) (spread n (tree I s)) (ticks I T)).
  Proof.
    intros s T n Hin. pose proof (size_positive I s HI Hin) as Hs.
    pose proof (K_positive I s HI Hin) as HK. rewrite tree_finished. split.
    - intros (y&w&[Hcov Hdone Hgroup Hlim Hopen Habove]).
      apply covers in Hcov; [|assumption].
      assert (HT : 0 <= T).
      { destruct (sum_positive (indexed I) n ltac:(lia)) as (i&v&Hv&_).
        eapply Qle_trans; [|apply (Hdone i v Hv)].
        rewrite <- !rat_mul. unfold Qdiv.
        assert (H0 : 0 <= / rat (bandwidth v)) by (apply Qinv_le_0_compat, rat_nonneg).
        change 0 with (0 + 0). apply Qplus_le_compat.
        - change 0 with (0 + 0). apply Qplus_le_compat; apply rat_nonneg.
        - repeat apply Qmult_le_0_compat; assumption || apply rat_nonneg. }
      assert (Hy : forall i v, In (i, v) (indexed I) -> (0 < n i)%N -> y i = true).
      { intros i v Hv Hn. specialize (Hopen i v Hv). destruct (y i); [reflexivity|]. simpl in Hopen. lia. }
      repeat split; try assumption.
      + intros i v Hv. specialize (Hopen i v Hv). destruct (y i); simpl in Hopen; lia.
      + intros i v Hv. apply (neighbor_by_time I HI s i v (n i) T Hs Hv HT).
        destruct (N.eq_dec (n i) 0) as [|Hn]; [auto|right]. split.
        * intros u Hu. apply (Hlim i v u Hv Hu).
        * specialize (Hdone i v Hv). rewrite (Hy i v Hv) in Hdone by lia.
          change (rat (N.b2n true)) with 1 in Hdone. rewrite Qmult_1_r in Hdone. exact Hdone.
      + intros g i v Hv Hb.
        destruct (above_exists I v g) as (G&HG); [apply below_above; assumption|].
        apply (group_by_time I HI s g G _ T HG HT). rewrite fold_m.
        destruct (N.eq_dec (m I n g) 0) as [|Hm]; [auto|right].
        destruct (sum_positive (members I g) n) as (j&x&Hj&Hn).
        { unfold m in Hm. lia. }
        apply filter_In in Hj. destruct Hj as (Hj&Hbj).
        specialize (Habove j x g Hj Hbj). rewrite (Hy j x Hj Hn) in Habove.
        specialize (Hgroup g G HG). destruct (w g); [|simpl in Habove; lia].
        change (rat (N.b2n true)) with 1 in Hgroup. rewrite Qmult_1_r in Hgroup. exact Hgroup.
    - intros (HT&Hcov&Hle&Hdone&Hgroup).
      exists (fun i => (0 <? n i)%N), (fun g => (0 <? m I n g)%N). constructor.
      + apply covers; assumption.
      + intros i v Hv. specialize (Hdone i v Hv).
        apply (neighbor_by_time I HI s i v (n i) T Hs Hv HT) in Hdone.
        destruct (N.ltb_spec 0 (n i)) as [Hn|Hn]; cbv beta.
        * change (rat (N.b2n true)) with 1. rewrite Qmult_1_r.
          destruct Hdone as [|(_&H)]; [lia|exact H].
        * replace (n i) with 0%N by lia. change (rat (N.b2n false)) with 0. change (rat 0) with 0.
          rewrite !Qmult_0_r. exact HT.
      + intros g G HG. destruct (N.ltb_spec 0 (m I n g)) as [Hm|Hm].
        * change (rat (N.b2n true)) with 1. rewrite Qmult_1_r.
          destruct (sum_positive (members I g) n Hm) as (j&x&Hj&_).
          apply filter_In in Hj. destruct Hj as (Hj&Hbj).
          specialize (Hgroup g j x Hj Hbj).
          apply (group_by_time I HI s g G _ T HG HT) in Hgroup. rewrite fold_m in Hgroup.
          destruct Hgroup as [|H]; [lia|exact H].
        * replace (m I n g) with 0%N by lia. change (rat (N.b2n false)) with 0. change (rat 0) with 0.
          rewrite !Qmult_0_r. exact HT.
      + intros i v u Hv Hu. specialize (Hdone i v Hv).
        apply (neighbor_by_time I HI s i v (n i) T Hs Hv HT) in Hdone.
        destruct Hdone as [->|(H&_)]; [lia|exact (H u Hu)].
      + intros i v Hv. specialize (Hle i v Hv). destruct (N.ltb_spec 0 (n i)); simpl; lia.
      + intros i v g Hv Hb. destruct (N.ltb_spec 0 (n i)) as [Hn|]; [|simpl; lia].
        assert (n i <= m I n g)%N.
        { unfold m, members. apply (In_sum _ i v). apply filter_In. auto. }
        destruct (N.ltb_spec 0 (m I n g)); simpl; lia.
  Qed.

  (** Claim 1, for the model: within [T], [K(s)] shards can be complete
      exactly when [F_s(T) >= K(s)]. *)
  Theorem milp_threshold : forall s T, In s (sizes I) ->
    ((exists n, milp I s T n) <-> (K I s <= Fs I s T)%N).
  Proof.
    intros s T Hin. pose proof (size_positive I s HI Hin) as Hs.
    pose proof (tree_sound I s HI Hs) as Hsound. split.
    - intros (n&H). apply milp_forest in H; [|assumption]. destruct H as (_&Hcov&_&Hfin).
      apply threshold_bound in Hfin; [|assumption]. rewrite tree_total in Hfin. unfold Fs. lia.
    - unfold Fs. intros H. destruct (threshold_reached (tree I s) (ticks I T) (K I s) Hsound H) as (x&Hx&Ht&Hfin).
      pose proof (spread_counts I s x Hx) as Hsp. set (n := of_list (counts I (tree I s) x)) in *.
      exists n. apply milp_forest; [assumption|].
      assert (Hsum : sum (indexed I) n = K I s).
      { rewrite <- (tree_total I s), Hsp. exact Ht. }
      assert (HT : 0 <= T).
      { apply (ticks_positive I HI). destruct (N.lt_ge_cases 0 (ticks I T)) as [|H0]; [assumption|].
        assert (E : ticks I T = 0%N) by lia. rewrite E, F_zero in H. pose proof (K_positive I s HI Hin). lia. }
      split; [assumption|]. split; [lia|]. split.
      + intros i v Hv. pose proof (In_sum _ _ _ n Hv).
        assert (K I s <= K I (smallest I))%N.
        { pose proof (valid_true I HI) as V.
          apply K_antitone; [apply V|]. apply chain_smallest; [apply V..|assumption]. }
        lia.
      + rewrite Hsp. exact Hfin.
  Qed.

  (** [T*(s)] is [t] ticks, the least with [F_s >= K(s)]. *)
  Theorem milp_optimum_least : forall s T, In s (sizes I) ->
    (milp_optimum I s T <->
     exists t, least (tree I s) (K I s) t /\ T == rat t / rat (scale I)).
  Proof.
    intros s T Hin. pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound.
    pose proof (K_positive I s HI Hin) as HK.
    assert (Hlow : forall t T', least (tree I s) (K I s) t -> (K I s <= Fs I s T')%N ->
                                rat t / rat (scale I) <= T').
    { intros t T' (H1&H2) H. pose proof (H2 _ H) as Hle.
      apply (ticks_spec I HI); [|exact Hle]. apply (ticks_positive I HI).
      destruct (N.lt_ge_cases 0 (ticks I T')) as [|H0]; [assumption|].
      unfold Fs in H. assert (E : ticks I T' = 0%N) by lia. rewrite E, F_zero in H. lia. }
    unfold milp_optimum, minimal. split.
    - intros (Hfeas&Hmin). apply milp_threshold in Hfeas; [|assumption].
      destruct (least_exists _ _ _ Hsound Hfeas) as (t&Ht&_). exists t. split; [assumption|].
      apply Qle_antisym; [|apply Hlow; assumption].
      apply Hmin, milp_threshold; [assumption|]. unfold Fs. rewrite ticks_fraction by assumption. apply Ht.
    - intros (t&Ht&HT). split.
      + apply milp_threshold; [assumption|]. unfold Fs.
        rewrite (ticks_comp I _ _ HT), ticks_fraction by assumption. apply Ht.
      + intros T' H'. apply milp_threshold in H'; [|assumption]. rewrite HT. apply Hlow; assumption.
  Qed.

  (** Claim 1: [T*(s) = min { T : F_s(T) >= K(s) }]. *)
  Theorem milp_optimum_threshold : forall s T, In s (sizes I) ->
    (milp_optimum I s T <-> minimal (fun T => (K I s <= Fs I s T)%N) T).
  Proof.
    intros s T Hin. unfold milp_optimum, minimal. split; intros (H1&H2); split.
    - apply milp_threshold; assumption.
    - intros T' H'. apply H2, milp_threshold; assumption.
    - apply milp_threshold; assumption.
    - intros T' H'. apply milp_threshold in H'; [apply H2; exact H'|assumption].
  Qed.

  (** Claim 1: no solution at all exactly when no [T] reaches [K(s)]. *)
  Theorem milp_infeasible : forall s, In s (sizes I) ->
    ((forall T n, ~ milp I s T n) <-> (forall T, (Fs I s T < K I s)%N)).
  Proof.
    intros s Hin. split; intros H.
    - intros T. destruct (N.lt_ge_cases (Fs I s T) (K I s)) as [|Hge]; [assumption|exfalso].
      apply milp_threshold in Hge; [|assumption]. destruct Hge as (n&Hn). exact (H T n Hn).
    - intros T n Hn. specialize (H T).
      assert (K I s <= Fs I s T)%N by (apply milp_threshold; eauto). lia.
  Qed.

  Lemma milp_optimum_exists : forall s T n, In s (sizes I) -> milp I s T n ->
    exists T', milp_optimum I s T' /\ T' <= T.
  Proof.
    intros s T n Hin H. pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound.
    assert (HF : (K I s <= Fs I s T)%N) by (apply milp_threshold; eauto).
    destruct (least_exists _ _ _ Hsound HF) as (t&Ht&_).
    assert (Hopt : milp_optimum I s (rat t / rat (scale I))).
    { apply milp_optimum_least; [assumption|]. exists t. split; [assumption|apply Qeq_refl]. }
    exists (rat t / rat (scale I)). split; [assumption|]. apply Hopt. eauto.
  Qed.
End Valid.
