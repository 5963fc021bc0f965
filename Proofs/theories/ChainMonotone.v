(** * Without overhead, finer is faster (claim 2)

    [k] shards of size [s] replace one of size [k s]: they take the same time
    on every link, and a limit that admits the coarse shard admits the fine
    ones.  Hence [k F_ks(T) <= F_s(T)], and the smallest size is optimal. *)

From Coq Require Import NArith ZArith QArith Lia List Bool.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling Program Ticks Reduction BestMilp.
Import ListNotations.

(** [c] does [k] shards in the time in which [c'] does one. *)
Definition finer (k : N) (c c' : server) : Prop := forall T, (k * cap c' T <= cap c T)%N.

(** The same for every node of two forests of one shape. *)
Fixpoint refines (k : N) (f f' : forest) : Prop :=
  match f, f' with
  | Nil, Nil => True
  | Leaf _ c r, Leaf _ c' r' => finer k c c' /\ refines k r r'
  | Group c m r, Group c' m' r' => finer k c c' /\ refines k m m' /\ refines k r r'
  | _, _ => False
  end.

Lemma refines_capacity : forall k f f' T, refines k f f' -> (k * F f' T <= F f T)%N.
Proof.
  induction f as [|i c r IH|c m IHm r IHr]; destruct f' as [|i' c' r'|c' m' r'];
    simpl; intros T H; try tauto.
  - lia.
  - destruct H as (Hc&Hr). specialize (Hc T). specialize (IH r' T Hr). lia.
  - destruct H as (Hc&Hm&Hr). specialize (Hc T). specialize (IHm m' T Hm). specialize (IHr r' T Hr). nia.
Qed.

Lemma finer_server : forall k a p u u',
  (0 < k)%N -> (0 < p)%N ->
  match u', u with
  | _, None => True
  | None, Some _ => False
  | Some u', Some u => (k * u' <= u)%N
  end ->
  finer k (Server a p u) (Server a (k * p) u').
Proof.
  intros k a p u u' Hk Hp Hu T.
  set (n := cap (Server a (k * p) u') T).
  assert (Hn : by_time (completion (Server a (k * p) u') n) T) by (apply cap_spec; simpl; nia).
  apply cap_spec; [assumption|]. unfold completion, allows in *. cbn [start pace most] in *.
  destruct (N.eqb_spec n 0) as [E|E].
  - rewrite E, N.mul_0_r. simpl. lia.
  - destruct (N.eqb_spec (k * n) 0) as [E'|_]; [nia|].
    assert (Htime : (a + k * n * p = a + n * (k * p))%N) by lia. rewrite Htime.
    destruct u as [u|]; destruct u' as [u'|]; try tauto.
    + destruct (N.leb_spec n u'); [|destruct Hn]. destruct (N.leb_spec (k * n) u); [exact Hn|nia].
    + destruct (N.leb_spec n u'); [exact Hn|destruct Hn].
Qed.

(** Two lists of neighbours that differ in their servers only. *)
Definition alike (k : N) (e e' : entry) : Prop :=
  place e = place e' /\ path e = path e' /\ finer k (work e) (work e').

Lemma alike_weight : forall k l l', Forall2 (alike k) l l' -> weight l = weight l'.
Proof.
  intros k l l' H. induction H as [|e e' l l' (_&Hp&_) _ IH]; [reflexivity|].
  simpl. rewrite Hp, IH. reflexivity.
Qed.

Lemma alike_heads : forall k g e e', alike k e e' -> heads g e = heads g e'.
Proof. intros k g e e' (_&Hp&_). unfold heads. rewrite Hp. reflexivity. Qed.

Lemma alike_enter : forall k g l l', Forall2 (alike k) l l' -> Forall2 (alike k) (enter g l) (enter g l').
Proof.
  intros k g l l' H. unfold enter. induction H as [|e e' l l' He _ IH]; [constructor|].
  simpl. rewrite <- (alike_heads k g e e' He). destruct (heads g e); [|assumption].
  simpl. constructor; [|assumption]. destruct He as (H1&H2&H3).
  repeat split; simpl; [assumption|rewrite H2; reflexivity|assumption].
Qed.

Lemma alike_leave : forall k g l l', Forall2 (alike k) l l' -> Forall2 (alike k) (leave g l) (leave g l').
Proof.
  intros k g l l' H. unfold leave. induction H as [|e e' l l' He _ IH]; [constructor|].
  simpl. rewrite <- (alike_heads k g e e' He). destruct (heads g e); simpl; [assumption|].
  constructor; assumption.
Qed.

Lemma build_refines : forall k gs gs', (forall g, finer k (gs g) (gs' g)) ->
  forall fuel l l', Forall2 (alike k) l l' -> refines k (build fuel gs l) (build fuel gs' l').
Proof.
  intros k gs gs' Hg. induction fuel as [|fuel IH]; intros l l' H; [exact I|].
  destruct H as [|e e' l l' He Hl]; [exact I|]. cbn [build].
  pose proof He as (_&Hp&Hw). rewrite <- Hp. destruct (path e) as [|g p].
  - simpl. split; [assumption|]. apply IH. assumption.
  - cbn [refines]. split; [apply Hg|]. assert (Forall2 (alike k) (e :: l) (e' :: l')) by (constructor; assumption).
    split; apply IH; [apply alike_enter|apply alike_leave]; assumption.
Qed.

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.
  (** No shard costs anything but its transfer. *)
  Hypothesis free : forall v, In v (neighbors I) -> overhead v = 0%N.

  Lemma Forall2_map : forall A B C (R : B -> C -> Prop) (f : A -> B) (g : A -> C) l,
    (forall a, In a l -> R (f a) (g a)) -> Forall2 R (map f l) (map g l).
  Proof.
    induction l as [|a l IH]; intros H; [constructor|]. constructor; [|apply IH; intros];
      apply H; simpl; auto.
  Qed.

  Lemma tree_refines : forall k s, (0 < k)%N -> (0 < s)%N -> refines k (tree I s) (tree I (k * s)).
  Proof.
    intros k s Hk Hs. unfold tree. cbv zeta.
    assert (H : Forall2 (alike k) (entries I (scale I) s) (entries I (scale I) (k * s))).
    { apply Forall2_map. intros (i, v) Hv. split; [reflexivity|]. split; [reflexivity|].
      cbn [work fst snd]. apply indexed_neighbor in Hv. unfold neighbor_server.
      rewrite (free v Hv), N.mul_0_r, !N.add_0_l.
      replace (bits * (k * s) * (scale I / bandwidth v))%N
        with (k * (bits * s * (scale I / bandwidth v)))%N by ring.
      apply finer_server; [assumption| |].
      - pose proof (neighbor_pace I s v HI Hs Hv) as Hpace. unfold neighbor_server in Hpace.
        cbn [pace] in Hpace. rewrite (free v Hv), N.mul_0_r, N.add_0_l in Hpace. assumption.
      - destruct (limit v) as [u|]; cbn [option_map]; [|trivial].
        apply N.div_le_lower_bound; [lia|].
        pose proof (N.mul_div_le u (k * s) ltac:(nia)). lia. }
    rewrite <- (alike_weight k _ _ H). apply build_refines; [|assumption].
    intros g. unfold group_server.
    set (b := match nth_error (groups I) g with Some G => capacity G | None => scale I end).
    replace (bits * (k * s) * (scale I / b))%N with (k * (bits * s * (scale I / b)))%N by ring.
    apply finer_server; [assumption| |trivial].
    pose proof (group_pace I s g HI Hs) as Hpace. exact Hpace.
  Qed.

  (** [K(s) <= k K(ks)]: with the last shard short or not. *)
  Lemma K_refines : forall k s, (0 < k)%N -> (0 < s)%N -> (K I s <= k * K I (k * s))%N.
  Proof.
    intros k s Hk Hs. apply covers; [assumption|].
    pose proof (proj2 (covers I (k * s) (K I (k * s)) ltac:(nia)) ltac:(lia)). lia.
  Qed.

  (** What the larger size can do in time [T], the smaller can. *)
  Theorem chain_feasible : forall s s' T, In s (sizes I) -> In s' (sizes I) -> (s | s')%N ->
    (exists n, milp I s' T n) -> exists n, milp I s T n.
  Proof.
    intros s s' T Hs Hs' (k&Hk) H.
    apply (milp_threshold I HI) in H; [|assumption]. apply (milp_threshold I HI); [assumption|].
    pose proof (size_positive I s HI Hs) as Hp. pose proof (size_positive I s' HI Hs') as Hp'.
    assert (Hk0 : (0 < k)%N) by nia. unfold Fs in *. subst s'.
    pose proof (refines_capacity k _ _ (ticks I T) (tree_refines k s Hk0 Hp)).
    pose proof (K_refines k s Hk0 Hp). nia.
  Qed.

  (** Claim 2: [s | s'] gives [T*(s) <= T*(s')]. *)
  Theorem chain_monotone : forall s s' T T', In s (sizes I) -> In s' (sizes I) -> (s | s')%N ->
    milp_optimum I s T -> milp_optimum I s' T' -> T <= T'.
  Proof.
    intros s s' T T' Hs Hs' Hd (_&Hmin) (H&_). apply Hmin.
    exact (chain_feasible s s' T' Hs Hs' Hd H).
  Qed.

  (** Claim 2, the reduction: the MINLP is the MILP at the smallest size. *)
  Theorem minlp_is_smallest_milp : forall T,
    minlp_optimum I T <-> milp_optimum I (smallest I) T.
  Proof.
    pose proof (valid_true I HI) as V.
    assert (Hin : In (smallest I) (sizes I)).
    { unfold smallest. pose proof (head_positive I V) as H. destruct (sizes I); [simpl in H; lia|simpl; auto]. }
    assert (Hdiv : forall s, In s (sizes I) -> (smallest I | s)%N).
    { intros s Hs. apply (chain_positive (sizes I)); [apply V..|assumption]. }
    assert (Hsame : forall T, (exists s n, minlp I T s n) <-> (exists n, milp I (smallest I) T n)).
    { intros T. split.
      - intros (s&n&H). apply minlp_milp in H. destruct H as (Hs&H).
        apply (chain_feasible (smallest I) s T); eauto.
      - intros (n&H). exists (smallest I), n. apply minlp_milp. auto. }
    intros T. unfold minlp_optimum, milp_optimum, minimal. rewrite Hsame. split.
    - intros (H&Hmin). split; [assumption|]. intros T' H'. apply Hmin, Hsame. assumption.
    - intros (H&Hmin). split; [assumption|]. intros T' H'. apply Hmin, Hsame. assumption.
  Qed.
End Valid.
