(** * From an instance to servers with whole times

    All times are multiplied by a common multiple of the bandwidths; then
    every completion time of the model is a whole number. *)

From Coq Require Import NArith Lia List Bool Arith Permutation.
From Chaos Require Import Server Forest Capacity Instance Tree.
Import ListNotations.
Local Open Scope N_scope.

(** The common multiple: a nanosecond has so many ticks. *)
Definition scale (I : instance) : N :=
  fold_right N.lcm 1 (map bandwidth (neighbors I) ++ map capacity (groups I)).

(** 8 bit per byte, 10^9 ns per second. *)
Definition bits : N := 8 * 10 ^ 9.

(** [C_i] for shards of size [s], with [L] ticks to a nanosecond. *)
Definition neighbor_server (L s : N) (v : neighbor) : server :=
  Server (L * begins v)
         (L * overhead v + bits * s * (L / bandwidth v))
         (option_map (fun u => u / s) (limit v)).

(** [C_g]. *)
Definition group_server (I : instance) (L s : N) (g : nat) : server :=
  Server (L * group_begins I g)
         (bits * s * (L / match nth_error (groups I) g with Some G => capacity G | None => L end))
         None.

Definition entries (I : instance) (L s : N) : list entry :=
  map (fun e => Entry (fst e) (neighbor_server L s (snd e)) (rev (above I (snd e)))) (indexed I).

(** The forest of an instance for shards of size [s]. *)
Definition tree (I : instance) (s : N) : forest :=
  let L := scale I in
  let l := entries I L s in
  build (weight l) (group_server I L s) l.

(** What a plan of the forest gives to each neighbour, in their order, and
    back. *)
Definition counts (I : instance) (f : forest) (x : plan) : list N :=
  map (count f x) (seq 0 (length (neighbors I))).

Definition of_list (l : list N) (i : nat) : N := nth i l 0.

(** ** Meaning *)

Lemma lcm_all : forall l, (forall b, In b l -> 0 < b) ->
  0 < fold_right N.lcm 1 l /\ forall b, In b l -> (b | fold_right N.lcm 1 l).
Proof.
  induction l as [|a l IH]; simpl; intros H; [split; [lia|tauto]|].
  destruct IH as (Hp&Hd); [auto|]. assert (0 < a) by auto.
  pose proof (N.divide_lcm_l a (fold_right N.lcm 1 l)) as Ha.
  pose proof (N.divide_lcm_r a (fold_right N.lcm 1 l)) as Hl.
  split.
  - apply N.neq_0_lt_0. intros E. apply N.lcm_eq_0 in E. destruct E; lia.
  - intros b [<-|Hb]; [assumption|]. eapply N.divide_trans; [apply Hd|]; assumption.
Qed.

Lemma scale_spec : forall I, valid I = true ->
  0 < scale I /\
  (forall v, In v (neighbors I) -> (bandwidth v | scale I)) /\
  (forall g G, nth_error (groups I) g = Some G -> (capacity G | scale I)).
Proof.
  intros I HI. apply valid_true in HI. unfold scale.
  destruct (lcm_all (map bandwidth (neighbors I) ++ map capacity (groups I))) as (Hp&Hd).
  - intros b Hb. apply in_app_iff in Hb. destruct Hb as [Hb|Hb]; apply in_map_iff in Hb.
    + destruct Hb as (v&<-&Hv). apply (neighbor_valid I HI v Hv).
    + destruct Hb as (G&<-&HG). apply In_nth_error in HG. destruct HG as (g&HG).
      apply (group_valid I HI g G HG).
  - split; [assumption|]. split.
    + intros v Hv. apply Hd, in_app_iff. left. apply in_map. assumption.
    + intros g G HG. apply Hd, in_app_iff. right. apply in_map. eapply nth_error_In; eassumption.
Qed.

Lemma quotient_positive : forall L b, 0 < L -> (b | L) -> 0 < L / b.
Proof.
  intros L b HL (c&Hc). subst L. assert (b <> 0) by nia. rewrite N.div_mul by assumption. nia.
Qed.

Lemma neighbor_pace : forall I s v, valid I = true -> 0 < s -> In v (neighbors I) ->
  0 < pace (neighbor_server (scale I) s v).
Proof.
  intros I s v HI Hs Hv. destruct (scale_spec I HI) as (HL&Hd&_).
  pose proof (quotient_positive _ _ HL (Hd v Hv)).
  cbn [neighbor_server pace]. assert (0 < bits) by reflexivity.
  apply N.add_nonneg_pos; [apply N.le_0_l|]. repeat apply N.mul_pos_pos; assumption.
Qed.

Lemma group_pace : forall I s g, valid I = true -> 0 < s ->
  0 < pace (group_server I (scale I) s g).
Proof.
  intros I s g HI Hs. destruct (scale_spec I HI) as (HL&_&Hd).
  cbn [group_server pace].
  assert (0 < bits) by reflexivity.
  repeat apply N.mul_pos_pos; try assumption.
  destruct (nth_error (groups I) g) as [G|] eqn:HG.
  - apply quotient_positive; eauto.
  - rewrite N.div_same; lia.
Qed.

Lemma tree_sound : forall I s, valid I = true -> 0 < s -> sound (tree I s).
Proof.
  intros I s HI Hs. apply build_sound.
  - intros g. apply group_pace; assumption.
  - intros e He. unfold entries in He. apply in_map_iff in He.
    destruct He as ((i,v)&<-&Hv). simpl work. apply neighbor_pace; [assumption..|].
    eapply indexed_neighbor; eassumption.
Qed.

Lemma entries_coherent : forall I L s, coherent (entries I L s).
Proof.
  intros I L s e1 e2 g u1 v1 u2 v2 H1 H2 P1 P2. unfold entries in H1, H2.
  apply in_map_iff in H1. apply in_map_iff in H2.
  destruct H1 as ((i1,w1)&<-&_), H2 as ((i2,w2)&<-&_). simpl in P1, P2.
  assert (Hrev : forall w u v, rev (above I w) = u ++ g :: v -> above I w = rev v ++ g :: rev u).
  { intros w u v H. rewrite <- (rev_involutive (above I w)), H, rev_app_distr. simpl.
    rewrite <- app_assoc. reflexivity. }
  apply Hrev in P1. apply Hrev in P2.
  pose proof (above_same _ _ _ _ _ _ _ _ P1 P2) as E.
  rewrite <- (rev_involutive u1), <- (rev_involutive u2), E. reflexivity.
Qed.

Lemma entries_sums : forall I L s n (P : entry -> bool) (Q : nat * neighbor -> bool),
  (forall e, P (Entry (fst e) (neighbor_server L s (snd e)) (rev (above I (snd e)))) = Q e) ->
  sums (filter P (entries I L s)) n = sum (filter Q (indexed I)) n.
Proof.
  intros I L s n P Q H. unfold entries. induction (indexed I) as [|e l IH]; [reflexivity|].
  simpl. rewrite H. destruct (Q e); simpl; rewrite IH; reflexivity.
Qed.

Lemma filter_true : forall A (l : list A), filter (fun _ => true) l = l.
Proof. induction l; simpl; congruence. Qed.

(** The counts [n] as a plan have as many shards as the counts. *)
Lemma tree_total : forall I s n, total (spread n (tree I s)) = sum (indexed I) n.
Proof.
  intros I s n. unfold tree. cbv zeta. rewrite build_total by lia.
  rewrite <- (filter_true _ (entries _ _ _)), <- (filter_true _ (indexed I)).
  apply entries_sums. reflexivity.
Qed.

Lemma has_below : forall I L s g e,
  has g (Entry (fst e) (neighbor_server L s (snd e)) (rev (above I (snd e)))) = below I g (snd e).
Proof.
  intros I L s g e. apply eq_true_iff_eq. rewrite has_In, below_above. simpl.
  symmetry. apply in_rev.
Qed.

(** A plan is finished in the forest when each neighbour and each group with
    neighbours below is. *)
Theorem tree_finished : forall I s n T,
  finished (tree I s) (spread n (tree I s)) T <->
  (forall i v, In (i, v) (indexed I) ->
     by_time (completion (neighbor_server (scale I) s v) (n i)) T) /\
  (forall g i v, In (i, v) (indexed I) -> below I g v = true ->
     by_time (completion (group_server I (scale I) s g) (sum (members I g) n)) T).
Proof.
  intros I s n T. unfold tree. cbv zeta.
  rewrite build_finished; [|lia|apply entries_coherent].
  assert (S : forall g, sums (filter (has g) (entries I (scale I) s)) n = sum (members I g) n).
  { intros g. apply entries_sums. intros e. apply has_below. }
  split; intros (H1&H2); split.
  - intros i v Hv. specialize (H1 (Entry i (neighbor_server (scale I) s v) (rev (above I v)))).
    apply H1. unfold entries. apply in_map_iff. exists (i, v). auto.
  - intros g i v Hv Hb. rewrite <- S.
    apply (H2 g (Entry i (neighbor_server (scale I) s v) (rev (above I v)))).
    + unfold entries. apply in_map_iff. exists (i, v). auto.
    + simpl. apply -> in_rev. apply below_above. assumption.
  - intros e He. unfold entries in He. apply in_map_iff in He. destruct He as ((i,v)&<-&Hv).
    simpl. auto.
  - intros g e He Hg. rewrite S. unfold entries in He. apply in_map_iff in He.
    destruct He as ((i,v)&<-&Hv). simpl in Hg. apply in_rev in Hg.
    eapply H2; [exact Hv|]. apply below_above. assumption.
Qed.

Lemma tree_places : forall I s, Permutation (seq 0 (length (neighbors I))) (places (tree I s)).
Proof.
  intros I s. unfold tree. cbv zeta. etransitivity; [|apply build_places; lia].
  unfold entries. rewrite map_map, <- indexed_places. reflexivity.
Qed.

Lemma nth_counts : forall I f x j, (j < length (neighbors I))%nat ->
  of_list (counts I f x) j = count f x j.
Proof.
  intros I f x j Hj. unfold of_list, counts.
  rewrite nth_indep with (d' := count f x (length (neighbors I)))
    by (rewrite map_length, seq_length; assumption).
  rewrite map_nth with (d := length (neighbors I)).
  f_equal. rewrite seq_nth by assumption. reflexivity.
Qed.

(** Reading a plan off as counts loses nothing. *)
Lemma spread_counts : forall I s x, fits (tree I s) x ->
  spread (of_list (counts I (tree I s) x)) (tree I s) = x.
Proof.
  intros I s x Hf. etransitivity; [|apply spread_count; [|exact Hf]].
  - apply spread_same. intros j Hj. apply nth_counts.
    apply (Permutation_in _ (Permutation_sym (tree_places I s))) in Hj.
    apply in_seq in Hj. lia.
  - eapply Permutation_NoDup; [apply tree_places|apply seq_NoDup].
Qed.

Lemma spread_fits : forall f n, fits f (spread n f).
Proof. induction f; simpl; auto. Qed.
