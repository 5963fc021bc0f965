(** * The certificate (claim 7), and the checker that asks for it

    A plan is optimal if and only if it is feasible and for every size of the
    chain fewer than [K(s)] shards can be complete strictly before its
    makespan.  The checker is sound and complete. *)

From Coq Require Import NArith ZArith QArith Qfield Lia List Bool Arith.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling Checker Program Ticks Reduction BestMilp.
Import ListNotations.

(** ** Certificate *)

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.

  (** Claim 7. *)
  Theorem certificate : forall T s n, minlp I T s n ->
    (minlp_optimum I T <->
     forall s' T', In s' (sizes I) -> T' < T -> (Fs I s' T' < K I s')%N).
  Proof.
    intros T s n Hn. unfold minlp_optimum, minimal. split.
    - intros (_&Hmin) s' T' Hin Hlt.
      destruct (N.lt_ge_cases (Fs I s' T') (K I s')) as [|Hge]; [assumption|exfalso].
      apply (milp_threshold I HI s' T' Hin) in Hge. destruct Hge as (n'&H').
      apply (Qlt_not_le _ _ Hlt). apply Hmin. exists s', n'. apply minlp_milp. auto.
    - intros Hcert. split; [eauto|]. intros T' (s'&n'&H').
      destruct (Qlt_le_dec T' T) as [Hlt|]; [exfalso|assumption].
      apply minlp_milp in H'. destruct H' as (Hin&H').
      specialize (Hcert s' T' Hin Hlt).
      assert (K I s' <= Fs I s' T')%N by (apply (milp_threshold I HI); eauto). lia.
  Qed.

  (** What can be complete strictly before [M] ticks is what can be complete
      one tick earlier. *)
  Lemma strictly_before : forall s M, In s (sizes I) ->
    ((forall T, T < rat M / rat (scale I) -> (Fs I s T < K I s)%N) <->
     (F (tree I s) (M - 1) < K I s)%N).
  Proof.
    intros s M Hin. pose proof (K_positive I s HI Hin) as HK.
    pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound. split.
    - intros H. destruct (N.eq_dec M 0) as [->|HM]; [rewrite F_zero; assumption|].
      specialize (H (rat (M - 1) / rat (scale I))). unfold Fs in H.
      rewrite (ticks_fraction I HI) in H. apply H.
      apply Qnot_le_lt. intros Hle.
      apply (ticks_spec I HI) in Hle; [|apply (fraction_nonneg I HI)].
      rewrite (ticks_fraction I HI) in Hle. lia.
    - intros H T HT. unfold Fs.
      assert (ticks I T <= M - 1)%N.
      { destruct (N.le_gt_cases (ticks I T) (M - 1)) as [|Hgt]; [assumption|exfalso].
        apply (Qlt_not_le _ _ HT). apply (ticks_spec I HI); [|lia].
        apply (ticks_positive I HI). lia. }
      pose proof (F_mono (tree I s) _ _ Hsound H0). lia.
  Qed.

  Lemma unbeaten_spec : forall M, unbeaten I M = true <->
    forall s T, In s (sizes I) -> T < rat M / rat (scale I) -> (Fs I s T < K I s)%N.
  Proof.
    intros M. unfold unbeaten. rewrite forallb_forall. split.
    - intros H s T Hin. apply (strictly_before s M Hin), N.ltb_lt, H, Hin.
    - intros H s Hin. apply N.ltb_lt, (strictly_before s M Hin). intros T. apply H, Hin.
  Qed.

  (** ** The checker *)

  (** The counts [n] make a plan of size [s] whose last shard arrives exactly
      at [T]: nobody could write a smaller makespan under it. *)
  Definition exact_plan (s : N) (T : Q) (n : list N) : Prop :=
    In s (sizes I) /\ length n = length (neighbors I) /\
    sum (indexed I) (of_list n) = K I s /\
    minimal (fun T => minlp I T s (of_list n)) T.

  Lemma exact_fraction : forall p q M, (0 < q)%N ->
    (p * scale I = q * M)%N <-> rat p / rat q == rat M / rat (scale I).
  Proof.
    intros p q M Hq. pose proof (rat_nonzero q Hq) as Hq'.
    pose proof (rat_nonzero (scale I) (proj1 (scale_spec I HI))) as HL.
    split; intros H.
    - assert (E : rat p * rat (scale I) == rat q * rat M).
      { rewrite <- !rat_mul. rewrite H. reflexivity. }
      setoid_replace (rat p / rat q) with (rat p * rat (scale I) / (rat q * rat (scale I)))
        by (field; auto).
      rewrite E. field; auto.
    - assert (E : rat (p * scale I) == rat (q * M)).
      { rewrite !rat_mul.
        setoid_replace (rat p * rat (scale I)) with (rat p / rat q * (rat q * rat (scale I)))
          by (field; assumption).
        rewrite H. field. assumption. }
      apply N.le_antisymm; apply rat_le; rewrite E; apply Qle_refl.
  Qed.

  Lemma exact_plan_makespan : forall s T n, In s (sizes I) ->
    length n = length (neighbors I) -> sum (indexed I) (of_list n) = K I s ->
    (exact_plan s T n <->
     exists M, makespan (tree I s) (spread (of_list n) (tree I s)) = Some M /\
               T == rat M / rat (scale I)).
  Proof.
    intros s T n Hin Hlen Hsum.
    assert (Hle : forall i v, In (i, v) (indexed I) -> (of_list n i <= K I (smallest I))%N).
    { intros i v Hv. pose proof (In_sum _ _ _ (of_list n) Hv).
      pose proof (valid_true I HI) as V.
      assert (K I s <= K I (smallest I))%N
        by (apply K_antitone; [apply V|apply chain_smallest; [apply V..|assumption]]). lia. }
    assert (Hat : forall T, minlp I T s (of_list n) <-> 0 <= T /\
      by_time (makespan (tree I s) (spread (of_list n) (tree I s))) (ticks I T)).
    { intros T0. rewrite minlp_milp, (milp_forest I HI) by assumption.
      rewrite makespan_spec. split; [tauto|]. intros (H1&H2). repeat split; auto. lia. }
    unfold exact_plan, minimal.
    destruct (makespan (tree I s) (spread (of_list n) (tree I s))) as [M|].
    - assert (H0 : minlp I (rat M / rat (scale I)) s (of_list n)).
      { apply Hat. split; [apply (fraction_nonneg I HI)|]. simpl. rewrite (ticks_fraction I HI). lia. }
      split.
      + intros (_&_&_&H&Hmin). exists M. split; [reflexivity|].
        apply Qle_antisym; [apply Hmin; exact H0|].
        apply Hat in H. destruct H as (HT&H). apply (ticks_spec I HI); assumption.
      + intros (M'&E&HT). injection E as <-. repeat split; auto.
        * apply Hat. apply Hat in H0. rewrite (ticks_comp I _ _ HT), HT. exact H0.
        * intros T' H. apply Hat in H. destruct H as (HT'&H). rewrite HT.
          apply (ticks_spec I HI); assumption.
    - split; [|intros (M&E&_); discriminate].
      intros (_&_&_&H&_). apply Hat in H. simpl in H. tauto.
  Qed.

  Lemma check_cases : forall s p q n,
    match check I s p q n with
    | Optimal => (0 < q)%N /\ exact_plan s (rat p / rat q) n /\ minlp_optimum I (rat p / rat q)
    | Feasible => (0 < q)%N /\ exact_plan s (rat p / rat q) n /\ ~ minlp_optimum I (rat p / rat q)
    | Wrong _ => ~ ((0 < q)%N /\ exact_plan s (rat p / rat q) n)
    end.
  Proof.
    intros s p q n. unfold check.
    destruct (existsb (N.eqb s) (sizes I)) eqn:Hex; cbn [negb].
    2:{ intros (_&Hin&_). assert (existsb (N.eqb s) (sizes I) = true); [|congruence].
        apply existsb_exists. exists s. split; [assumption|apply N.eqb_refl]. }
    assert (Hin : In s (sizes I)).
    { apply existsb_exists in Hex. destruct Hex as (s'&Hin&E). apply N.eqb_eq in E. congruence. }
    destruct (Nat.eqb_spec (length n) (length (neighbors I))) as [Hlen|Hlen]; cbn [negb].
    2:{ intros (_&_&H&_). congruence. }
    rewrite tree_total.
    destruct (N.eqb_spec (sum (indexed I) (of_list n)) (K I s)) as [Hsum|Hsum]; cbn [negb].
    2:{ intros (_&_&_&H&_). congruence. }
    pose proof (fun T => exact_plan_makespan s T n Hin Hlen Hsum) as Hplan.
    destruct (makespan (tree I s) (spread (of_list n) (tree I s))) as [M|].
    2:{ intros (_&H). apply Hplan in H. destruct H as (M&E&_). discriminate. }
    destruct (N.ltb_spec 0 q) as [Hq|Hq]; cbn [andb negb].
    2:{ intros (H&_). lia. }
    destruct (N.eqb_spec (p * scale I) (q * M)) as [HM|HM]; cbn [negb].
    2:{ intros (_&H). apply Hplan in H. destruct H as (M'&E&HT). injection E as <-.
        apply HM. apply exact_fraction; assumption. }
    apply exact_fraction in HM; [|assumption].
    assert (He : exact_plan s (rat p / rat q) n) by (apply Hplan; eauto).
    assert (Hm : minlp I (rat p / rat q) s (of_list n)) by apply He.
    assert (Hopt : unbeaten I M = true <-> minlp_optimum I (rat p / rat q)).
    { rewrite (certificate _ _ _ Hm), unbeaten_spec. split; intros H s' T' Hin' HT; apply H; auto.
      - rewrite <- HM. assumption.
      - rewrite HM. assumption. }
    destruct (unbeaten I M) eqn:Hu.
    - split; [assumption|]. split; [assumption|]. apply Hopt. reflexivity.
    - split; [assumption|]. split; [assumption|]. intros H. apply Hopt in H. discriminate.
  Qed.

  (** Sound and complete: the checker says "optimal" exactly of the plans
      that give away [K(s)] shards, arrive exactly at [p/q], and whose
      makespan is the optimum of the MINLP. *)
  Theorem checker_optimal : forall s p q n,
    check I s p q n = Optimal <->
    (0 < q)%N /\ exact_plan s (rat p / rat q) n /\ minlp_optimum I (rat p / rat q).
  Proof.
    intros s p q n. pose proof (check_cases s p q n) as H.
    destruct (check I s p q n); split; try tauto; try discriminate.
  Qed.

  Theorem checker_feasible : forall s p q n,
    check I s p q n = Feasible <->
    (0 < q)%N /\ exact_plan s (rat p / rat q) n /\ ~ minlp_optimum I (rat p / rat q).
  Proof.
    intros s p q n. pose proof (check_cases s p q n) as H.
    destruct (check I s p q n); split; try tauto; try discriminate.
  Qed.

  Theorem checker_wrong : forall s p q n,
    (exists r, check I s p q n = Wrong r) <-> ~ ((0 < q)%N /\ exact_plan s (rat p / rat q) n).
  Proof.
    intros s p q n. pose proof (check_cases s p q n) as H.
    destruct (check I s p q n) as [| |r]; split; try tauto; intros H'; try (exfalso; tauto);
      try (destruct H' as (r'&E); discriminate). exists r. reflexivity.
  Qed.
End Valid.
