(** * Rational times and whole ticks

    A rational time [T] ns contains [ticks I T] whole ticks.  Here the
    constraints of the programs become the completion times of servers. *)

From Coq Require Import NArith ZArith QArith Qround Qfield Lia List Bool.
From Chaos Require Import Server Instance Scaling Program.
Import ListNotations.
Local Open Scope Q_scope.

Definition ticks (I : instance) (T : Q) : N := Z.to_N (Qfloor (T * rat (scale I))).

Lemma rat_add : forall a b, rat (a + b) == rat a + rat b.
Proof. intros. unfold rat. rewrite N2Z.inj_add, inject_Z_plus. reflexivity. Qed.

Lemma rat_mul : forall a b, rat (a * b) == rat a * rat b.
Proof. intros. unfold rat. rewrite N2Z.inj_mul, inject_Z_mult. reflexivity. Qed.

Lemma rat_le : forall a b, rat a <= rat b <-> (a <= b)%N.
Proof. intros. unfold rat. rewrite <- Zle_Qle. lia. Qed.

Lemma rat_nonneg : forall a, 0 <= rat a.
Proof. intros. change 0 with (rat 0). apply rat_le. lia. Qed.

Lemma rat_positive : forall a, (0 < a)%N -> 0 < rat a.
Proof. intros a H. unfold rat. change 0 with (inject_Z 0). rewrite <- Zlt_Qlt. lia. Qed.

Lemma rat_nonzero : forall a, (0 < a)%N -> ~ rat a == 0.
Proof. intros a H E. apply rat_positive in H. rewrite E in H. discriminate H. Qed.

Lemma floor_spec : forall q t, 0 <= q -> ((t <= Z.to_N (Qfloor q))%N <-> rat t <= q).
Proof.
  intros q t Hq. unfold rat.
  assert (H0 : (0 <= Qfloor q)%Z).
  { change 0%Z with (Qfloor (inject_Z 0)). apply Qfloor_resp_le. exact Hq. }
  split; intros H.
  - apply Qle_trans with (inject_Z (Qfloor q)); [|apply Qfloor_le].
    rewrite <- Zle_Qle. lia.
  - apply Qfloor_resp_le in H. rewrite Qfloor_Z in H. lia.
Qed.

Lemma ticks_comp : forall I T T', T == T' -> ticks I T = ticks I T'.
Proof. intros I T T' H. unfold ticks. rewrite H. reflexivity. Qed.

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.
  Let L := scale I.

  Lemma scale_positive : 0 < rat L.
  Proof. apply rat_positive. apply (scale_spec I HI). Qed.

  Lemma scaled_nonneg : forall T, 0 <= T -> 0 <= T * rat L.
  Proof. intros T H. apply Qmult_le_0_compat; [assumption|apply rat_nonneg]. Qed.

  (** [t] ticks have passed at [T] exactly when [t/L] is at most [T]. *)
  Lemma ticks_spec : forall T t, 0 <= T -> ((t <= ticks I T)%N <-> rat t / rat L <= T).
  Proof.
    intros T t HT. unfold ticks. rewrite floor_spec by (apply scaled_nonneg; assumption).
    fold L. pose proof scale_positive as HL. split; intros H.
    - apply Qle_shift_div_r; assumption.
    - apply (Qmult_le_r _ _ _ HL) in H. setoid_replace (rat t / rat L * rat L) with (rat t) in H; [assumption|].
      field. intros E. rewrite E in HL. discriminate HL.
  Qed.

  Lemma ticks_positive : forall T, (0 < ticks I T)%N -> 0 <= T.
  Proof.
    intros T H. destruct (Qlt_le_dec T 0) as [Hneg|]; [exfalso|assumption].
    unfold ticks in H. fold L in H. pose proof scale_positive as HL.
    assert (T * rat L <= 0).
    { apply Qlt_le_weak. setoid_replace 0 with (0 * rat L) by ring.
      apply Qmult_lt_r; assumption. }
    apply Qfloor_resp_le in H0. change (Qfloor 0) with 0%Z in H0. lia.
  Qed.

  Lemma fraction_nonneg : forall t, 0 <= rat t / rat L.
  Proof.
    intros t. apply Qle_shift_div_l; [apply scale_positive|]. rewrite Qmult_0_l. apply rat_nonneg.
  Qed.

  Lemma ticks_fraction : forall t, ticks I (rat t / rat L) = t.
  Proof.
    intros t. pose proof (fraction_nonneg t) as H0.
    assert (H1 : (t <= ticks I (rat t / rat L))%N) by (apply ticks_spec; [assumption|apply Qle_refl]).
    assert (H2 : (ticks I (rat t / rat L) <= t)%N).
    { pose proof (proj1 (ticks_spec _ _ H0) (N.le_refl (ticks I (rat t / rat L)))) as H.
      pose proof scale_positive as HL. apply (Qmult_le_r _ _ _ HL) in H.
      assert (~ rat L == 0) by (intros E; rewrite E in HL; discriminate HL).
      setoid_replace (rat (ticks I (rat t / rat L)) / rat L * rat L)
        with (rat (ticks I (rat t / rat L))) in H by (field; assumption).
      setoid_replace (rat t / rat L * rat L) with (rat t) in H by (field; assumption).
      apply rat_le. exact H. }
    lia.
  Qed.

  (** The time of [n > 0] shards, in the model's units and in ticks. *)
  Lemma affine : forall a o b s n T, (0 < b)%N -> (b | L)%N -> 0 <= T ->
    (rat a + rat o * rat n + (rat bits / rat b) * rat s * rat n <= T <->
     (L * a + n * (L * o + bits * s * (L / b)) <= ticks I T)%N).
  Proof.
    intros a o b s n T Hb Hd HT. pose proof scale_positive as HL.
    unfold ticks. fold L. rewrite floor_spec by (apply scaled_nonneg; assumption).
    rewrite <- (Qmult_le_r _ _ _ HL).
    assert (E : (rat a + rat o * rat n + rat bits / rat b * rat s * rat n) * rat L ==
                rat (L * a + n * (L * o + bits * s * (L / b)))).
    { destruct Hd as (c&Hc). rewrite Hc, N.div_mul by lia.
      repeat (rewrite rat_add || rewrite rat_mul). field. apply rat_nonzero. assumption. }
    rewrite E. reflexivity.
  Qed.

  (** Section 2 of the model: [C_i(n) <= T]. *)
  Theorem neighbor_by_time : forall s i v n T, (0 < s)%N -> In (i, v) (indexed I) -> 0 <= T ->
    (by_time (completion (neighbor_server L s v) n) (ticks I T) <->
     n = 0%N \/
     (forall u, limit v = Some u -> (s * n <= u)%N) /\
     rat (begins v) + rat (overhead v) * rat n + (rat bits / rat (bandwidth v)) * rat s * rat n <= T).
  Proof.
    intros s i v n T Hs Hv HT. apply indexed_neighbor in Hv.
    pose proof (proj1 (neighbor_valid I (valid_true I HI) v Hv)) as Hb.
    destruct (scale_spec I HI) as (_&Hd&_).
    rewrite (affine (begins v) (overhead v) (bandwidth v) s n T Hb (Hd v Hv) HT).
    unfold completion, allows, neighbor_server. cbn [most start pace].
    destruct (N.eqb_spec n 0) as [->|Hn]; [simpl; split; [auto|lia]|].
    destruct (limit v) as [u|]; cbn [option_map].
    - assert (Hu : (n <= u / s)%N <-> (s * n <= u)%N).
      { split; intros H.
        - pose proof (N.mul_div_le u s ltac:(lia)). nia.
        - apply N.div_le_lower_bound; lia. }
      destruct (N.leb_spec n (u / s)) as [Hle|Hlt]; cbn [by_time].
      + split.
        * intros H. right. split; [|exact H]. intros u' E. injection E as <-. apply Hu. exact Hle.
        * intros [|(_&H)]; [lia|exact H].
      + split; [tauto|]. intros [|(H&_)]; [lia|]. specialize (H u eq_refl). apply Hu in H. lia.
    - cbn [by_time]. split.
      + intros H. right. split; [discriminate|exact H].
      + intros [|(_&H)]; [lia|exact H].
  Qed.

  (** Section 2 of the model: [C_g(n) <= T]. *)
  Theorem group_by_time : forall s g G n T, nth_error (groups I) g = Some G -> 0 <= T ->
    (by_time (completion (group_server I L s g) n) (ticks I T) <->
     n = 0%N \/
     rat (group_begins I g) + (rat bits / rat (capacity G)) * rat s * rat n <= T).
  Proof.
    intros s g G n T HG HT.
    pose proof (group_valid I (valid_true I HI) g G HG) as Hb.
    destruct (scale_spec I HI) as (_&_&Hd).
    pose proof (affine (group_begins I g) 0 (capacity G) s n T Hb (Hd g G HG) HT) as H.
    setoid_replace (rat (group_begins I g) + rat 0 * rat n + rat bits / rat (capacity G) * rat s * rat n)
      with (rat (group_begins I g) + rat bits / rat (capacity G) * rat s * rat n) in H
      by (change (rat 0) with 0; ring).
    rewrite N.mul_0_r, N.add_0_l in H. rewrite H.
    unfold completion, allows, group_server. cbn [most start pace]. rewrite HG.
    destruct (N.eqb_spec n 0) as [->|Hn]; cbn [by_time].
    - split; [auto|lia].
    - split; [auto|]. intros [|]; [lia|assumption].
  Qed.
End Valid.
