(** * The oracle's own answers are optimal

    [solve_at] is the greedy at one size, [solve] the search over the chain
    with the beat test of section 4.3 of the model. *)

From Coq Require Import NArith ZArith QArith Qfield Lia List Bool.
From Chaos Require Import Server Forest Capacity Greedy Instance Tree Scaling Search Program Ticks Reduction BestMilp Certificate.
Import ListNotations.

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.

  Let time (t : N) : Q := rat t / rat (scale I).

  Lemma fits_finished_counts : forall s x t, In s (sizes I) -> total x = K I s ->
    finished (tree I s) x t ->
    exact_plan I s (time t) (counts I (tree I s) x) \/
    (exists t', (t' < t)%N /\ finished (tree I s) x t').
  Proof.
    intros s x t Hin Hx Hfin. pose proof (finished_fits _ _ _ Hfin) as Hfit.
    pose proof (spread_counts I s x Hfit) as Hsp.
    pose proof Hfin as HM. rewrite Checker.makespan_spec in HM.
    destruct (Checker.makespan (tree I s) x) as [M|] eqn:E; [|destruct HM]. simpl in HM.
    destruct (N.eq_dec M t) as [->|HMt].
    - left. apply (exact_plan_makespan I HI); try assumption.
      + unfold counts. rewrite map_length, seq_length. reflexivity.
      + rewrite <- (tree_total I s), Hsp. assumption.
      + exists t. rewrite Hsp. split; [assumption|apply Qeq_refl].
    - right. exists M. split; [lia|]. rewrite Checker.makespan_spec, E. simpl. lia.
  Qed.

  (** The greedy at size [s] finds the optimum of the MILP. *)
  Theorem solve_at_optimal : forall s a, In s (sizes I) -> solve_at I s = Some a ->
    size a = s /\ milp_optimum I s (time (ticks_of a)) /\
    exact_plan I s (time (ticks_of a)) (served a).
  Proof.
    intros s a Hin H. unfold solve_at in H.
    pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound.
    destruct (greedy (tree I s) (K I s)) as [[t x]|] eqn:Hg; [|discriminate].
    injection H as <-. cbn [size ticks_of served].
    destruct (greedy_optimal _ _ _ _ Hsound Hg) as (Hfit&Hx&Hopt&Hfin).
    split; [reflexivity|]. split.
    - apply (milp_optimum_least I HI); [assumption|]. exists t.
      split; [apply threshold; assumption|apply Qeq_refl].
    - destruct (fits_finished_counts s x t Hin Hx) as [|(t'&Hlt&H')]; [apply Hfin; lia|assumption|].
      apply Hfin in H'. lia.
  Qed.

  Theorem solve_at_infeasible : forall s, In s (sizes I) ->
    (solve_at I s = None <-> forall T n, ~ milp I s T n).
  Proof.
    intros s Hin. pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound.
    rewrite (milp_infeasible I HI) by assumption. unfold solve_at. split.
    - intros H T. destruct (greedy (tree I s) (K I s)) as [[t x]|] eqn:Hg; [discriminate|].
      pose proof (proj1 (greedy_infeasible _ _ Hsound) Hg) as Hno.
      apply (proj1 (threshold_infeasible _ _ Hsound) Hno).
    - intros H. destruct (greedy (tree I s) (K I s)) as [[t x]|] eqn:Hg; [exfalso|reflexivity].
      destruct (greedy_optimal _ _ _ _ Hsound Hg) as (_&_&Hopt&_).
      apply threshold in Hopt; [|assumption]. specialize (H (time t)). unfold Fs, time in H.
      rewrite (ticks_fraction I HI) in H. destruct Hopt as (H1&_). lia.
  Qed.

  (** The incumbent after some sizes, the largest first: nothing if none has a
      solution, else the fastest, among equals the largest. *)
  Definition best_of (seen : list N) (best : option answer) : Prop :=
    match best with
    | None => forall s T n, In s seen -> ~ milp I s T n
    | Some a =>
        In (size a) seen /\ solve_at I (size a) = Some a /\
        (forall s T, In s seen -> milp_optimum I s T -> time (ticks_of a) <= T) /\
        (forall s, In s seen -> milp_optimum I s (time (ticks_of a)) -> (s <= size a)%N)
    end.

  Lemma can_beat_spec : forall s a, In s (sizes I) ->
    (can_beat I s (Some a) = true <-> exists T, (K I s <= Fs I s T)%N /\ T < time (ticks_of a)).
  Proof.
    intros s a Hin. cbn [can_beat]. rewrite N.leb_le.
    pose proof (strictly_before I HI s (ticks_of a) Hin) as Hb. split.
    - intros H. destruct (N.eq_dec (ticks_of a) 0) as [E|E].
      { rewrite E in H. change (0 - 1)%N with 0%N in H. rewrite F_zero in H.
        pose proof (K_positive I s HI Hin). lia. }
      exists (time (ticks_of a - 1)). unfold Fs, time. rewrite (ticks_fraction I HI).
      split; [assumption|]. apply Qnot_le_lt. intros Hle.
      apply (ticks_spec I HI) in Hle; [|apply (fraction_nonneg I HI)].
      rewrite (ticks_fraction I HI) in Hle. lia.
    - intros (T&HF&HT). destruct (N.lt_ge_cases (F (tree I s) (ticks_of a - 1)) (K I s)) as [Hlt|]; [exfalso|assumption].
      rewrite <- Hb in Hlt. specialize (Hlt T HT). lia.
  Qed.

  Lemma consider_best : forall seen best s, In s (sizes I) ->
    (forall s', In s' seen -> In s' (sizes I) /\ (s < s')%N) ->
    best_of seen best -> best_of (s :: seen) (consider I best s).
  Proof.
    intros seen best s Hin Hseen Hbest. unfold consider.
    assert (Hnew : forall a, solve_at I s = Some a ->
      (forall s' T, In s' seen -> milp_optimum I s' T -> time (ticks_of a) < T) ->
      best_of (s :: seen) (Some a)).
    { intros a Ha Hlt. destruct (solve_at_optimal s a Hin Ha) as (Hs&Hopt&_).
      cbn [best_of]. rewrite Hs. split; [simpl; auto|]. split; [assumption|]. split.
      - intros s' T [<-|Hs'] HT; [apply Hopt; apply HT|]. apply Qlt_le_weak. eauto.
      - intros s' [<-|Hs'] HT; [lia|]. exfalso. apply (Qlt_irrefl (time (ticks_of a))). eauto. }
    destruct best as [a|].
    - destruct Hbest as (Ha&Hsolve&Hmin&Hbig).
      destruct (can_beat I s (Some a)) eqn:Hc.
      + apply can_beat_spec in Hc; [|assumption]. destruct Hc as (T&HF&HT).
        destruct (solve_at I s) as [b|] eqn:Hb.
        * apply Hnew; [reflexivity|]. intros s' T' Hs' HT'.
          destruct (solve_at_optimal s b Hin Hb) as (_&(_&Hopt)&_).
          apply Qle_lt_trans with T; [apply Hopt, (milp_threshold I HI); assumption|].
          apply Qlt_le_trans with (time (ticks_of a)); [assumption|]. eapply Hmin; eassumption.
        * exfalso. apply (milp_threshold I HI) in HF; [|assumption]. destruct HF as (n&Hn).
          apply (proj1 (solve_at_infeasible s Hin) Hb T n Hn).
      + assert (Hslow : forall T, (K I s <= Fs I s T)%N -> time (ticks_of a) <= T).
        { intros T HF. apply Qnot_lt_le. intros HT.
          assert (can_beat I s (Some a) = true); [|congruence].
          apply can_beat_spec; [assumption|]. eauto. }
        cbn [best_of]. split; [simpl; auto|]. split; [assumption|]. split.
        * intros s' T [<-|Hs'] HT; [|eauto]. apply Hslow. apply (milp_threshold I HI); [assumption|]. apply HT.
        * intros s' [<-|Hs'] HT; [|eauto]. apply Hseen in Ha. lia.
    - cbn [can_beat]. destruct (solve_at I s) as [b|] eqn:Hb.
      + apply Hnew; [reflexivity|]. intros s' T Hs' ((n&Hn)&_). exfalso. exact (Hbest s' T n Hs' Hn).
      + cbn [best_of]. intros s' T n [<-|Hs']; [|apply Hbest; assumption].
        apply (proj1 (solve_at_infeasible s Hin) Hb).
  Qed.

  Lemma chain_sorted : forall l, (0 < hd 0 l)%N -> chain l = true ->
    forall l1 s l2, l = l1 ++ s :: l2 -> forall s', In s' l2 -> (s < s')%N.
  Proof.
    induction l as [|a l IH]; intros Ha Hc l1 s l2 Hl s' Hs'; [destruct l1; discriminate|].
    destruct l1 as [|b l1]; simpl in Hl; injection Hl as -> Hl.
    - subst l2. destruct l as [|b l]; [destruct Hs'|].
      cbn [chain] in Hc. apply andb_true_iff in Hc. destruct Hc as (Hc&Hr).
      apply andb_true_iff in Hc. destruct Hc as (Hlt&_). apply N.ltb_lt in Hlt.
      assert (hd 0%N (b :: l) <= s')%N by (apply chain_smallest; simpl in *; auto; lia).
      simpl in H. lia.
    - destruct l as [|c l]; [destruct l1; discriminate|].
      cbn [chain] in Hc. apply andb_true_iff in Hc. destruct Hc as (Hc&Hr).
      apply andb_true_iff in Hc. destruct Hc as (Hlt&_). apply N.ltb_lt in Hlt. simpl in Ha.
      apply (IH ltac:(simpl; lia) Hr l1 s l2 Hl s' Hs').
  Qed.

  Lemma search_best : forall l seen best, sizes I = rev l ++ seen ->
    best_of seen best -> best_of (sizes I) (fold_left (consider I) l best).
  Proof.
    induction l as [|s l IH]; intros seen best Hl Hbest; simpl in *.
    - rewrite Hl. assumption.
    - rewrite <- app_assoc in Hl. simpl in Hl. apply (IH (s :: seen)); [assumption|].
      pose proof (valid_true I HI) as V.
      apply consider_best; [rewrite Hl; apply in_app_iff; simpl; auto| |assumption].
      intros s' Hs'. split; [rewrite Hl; apply in_app_iff; simpl; auto|].
      eapply (chain_sorted (sizes I)); [apply V..|exact Hl|exact Hs'].
  Qed.

  (** The search finds the optimum of the MINLP, and among the sizes that
      reach it the largest; its plan is the greedy's at that size. *)
  Theorem solve_optimal : forall a, solve I = Some a ->
    minlp_optimum I (time (ticks_of a)) /\
    exact_plan I (size a) (time (ticks_of a)) (served a) /\
    solve_at I (size a) = Some a /\
    (forall s, In s (sizes I) -> milp_optimum I s (time (ticks_of a)) -> (s <= size a)%N).
  Proof.
    intros a Ha. pose proof (search_best (rev (sizes I)) [] None) as H.
    fold (solve I) in H. rewrite Ha in H. destruct H as (Hin&Hs&Hmin&Hbig).
    - rewrite rev_involutive, app_nil_r. reflexivity.
    - intros s T n [].
    - destruct (solve_at_optimal _ a Hin Hs) as (_&Hopt&Hplan).
      split; [|auto]. apply (minlp_is_best_milp I HI). split; eauto.
  Qed.

  Theorem solve_infeasible : solve I = None <-> forall T s n, ~ minlp I T s n.
  Proof.
    pose proof (search_best (rev (sizes I)) [] None) as H. fold (solve I) in H. split.
    - intros E T s n Hn. rewrite E in H. apply minlp_milp in Hn. destruct Hn as (Hin&Hn).
      refine (H _ _ s T n Hin Hn); [rewrite rev_involutive, app_nil_r; reflexivity|intros ? ? ? []].
    - intros Hno. destruct (solve I) as [a|] eqn:Ha; [exfalso|reflexivity].
      destruct (solve_optimal a Ha) as (((s&n&Hn)&_)&_). exact (Hno _ s n Hn).
  Qed.

  (** The fraction that the oracle prints is the time, in lowest terms. *)
  Theorem nanoseconds_spec : forall t p q, nanoseconds I t = (p, q) ->
    (0 < q)%N /\ rat p / rat q == time t /\ N.gcd p q = 1%N.
  Proof.
    intros t p q H. unfold nanoseconds in H. injection H as <- <-.
    pose proof (proj1 (scale_spec I HI)) as HL.
    set (g := N.gcd t (scale I)) in *.
    assert (Hg : (0 < g)%N).
    { apply N.neq_0_lt_0. intros E. apply N.gcd_eq_0_r in E. lia. }
    destruct (N.gcd_divide_l t (scale I)) as (a&Ha).
    destruct (N.gcd_divide_r t (scale I)) as (b&Hb). fold g in Ha, Hb.
    assert (Hdt : (t / g = a)%N) by (rewrite Ha at 1; apply N.div_mul; lia).
    assert (HdL : (scale I / g = b)%N) by (rewrite Hb at 1; apply N.div_mul; lia).
    assert (Hb0 : (0 < b)%N) by (destruct (N.eq_dec b 0) as [->|]; lia).
    assert (Hgcd : N.gcd (t / g) (scale I / g) = 1%N) by (apply N.gcd_div_gcd; [lia|reflexivity]).
    rewrite Hdt, HdL in *. split; [assumption|]. split; [|assumption].
    unfold time. rewrite Ha, Hb, !rat_mul. field. split; apply rat_nonzero; assumption.
  Qed.
End Valid.
