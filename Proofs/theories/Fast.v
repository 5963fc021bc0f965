(** * The same, faster

    The definitions that are to be read look a group up by walking along a
    list, ask of every group which neighbours are below it, and build the
    forest anew for each size.  The oracle runs the functions of this file,
    which are proved to be equal to them: groups and counts stand in maps, a
    way that is known is not climbed again, a group starts when the first of
    the entries inside it does, and the forest is sketched once for all
    sizes. *)

From Coq Require Import NArith Lia List Bool Arith PArith FMapPositive.
From Chaos Require Import Server Forest Capacity Greedy Instance Tree Scaling Checker Search.
Import ListNotations.
Local Open Scope N_scope.

(** ** Maps from places *)

Definition store (A : Type) := PositiveMap.t A.

Definition nobody (A : Type) : store A := PositiveMap.empty A.

Definition find {A} (g : nat) (m : store A) : option A :=
  PositiveMap.find (Pos.of_succ_nat g) m.

Definition put {A} (g : nat) (a : A) (m : store A) : store A :=
  PositiveMap.add (Pos.of_succ_nat g) a m.

Lemma find_nobody : forall A g, find g (nobody A) = None.
Proof. intros. apply PositiveMap.gempty. Qed.

Lemma find_put : forall A g h (a : A) m,
  find h (put g a m) = if Nat.eqb g h then Some a else find h m.
Proof.
  intros. unfold find, put. destruct (Nat.eqb_spec g h) as [->|H].
  - apply PositiveMap.gss.
  - apply PositiveMap.gso. intros E. apply SuccNat2Pos.inj in E. congruence.
Qed.

(** The items of a list under their places, the first of them [k]. *)
Fixpoint tabulate {A} (k : nat) (l : list A) (m : store A) : store A :=
  match l with [] => m | a :: l => tabulate (S k) l (put k a m) end.

Definition listed {A} (l : list A) : store A := tabulate 0 l (nobody A).

Lemma find_tabulate : forall A (l : list A) k m j,
  find j (tabulate k l m) =
  if Nat.ltb j k then find j m
  else match nth_error l (j - k) with Some a => Some a | None => find j m end.
Proof.
  induction l as [|a l IH]; intros k m j; simpl.
  - destruct (Nat.ltb j k); [|destruct (j - k)%nat]; reflexivity.
  - rewrite IH, find_put.
    destruct (Nat.ltb_spec j k), (Nat.ltb_spec j (S k)), (Nat.eqb_spec k j); try lia; try reflexivity.
    + replace (j - k)%nat with 0%nat by lia. reflexivity.
    + replace (j - k)%nat with (S (j - S k)) by lia. reflexivity.
Qed.

Lemma find_listed : forall A (l : list A) j, find j (listed l) = nth_error l j.
Proof.
  intros. unfold listed. rewrite find_tabulate, find_nobody, Nat.sub_0_r.
  simpl. destruct (nth_error l j); reflexivity.
Qed.

(** A count, 0 where there is none. *)
Definition number (m : store N) (j : nat) : N :=
  match find j m with Some n => n | None => 0 end.

Lemma number_listed : forall l j, number (listed l) j = of_list l j.
Proof.
  intros. unfold number, of_list. rewrite find_listed. symmetry.
  destruct (nth_error l j) as [n|] eqn:E; [exact (nth_error_nth l j 0 E)|].
  apply nth_overflow. apply nth_error_None. assumption.
Qed.

(** The counts of a plan, in one walk through it. *)
Fixpoint tally (f : forest) (x : plan) (m : store N) : store N :=
  match f, x with
  | Leaf i _ r, Serve n y => tally r y (put i (number m i + n) m)
  | Group _ k r, Inside xk y => tally r y (tally k xk m)
  | _, _ => m
  end.

Lemma number_tally : forall f x m j, number (tally f x m) j = number m j + count f x j.
Proof.
  induction f; destruct x; simpl; intros m j; try lia.
  - rewrite IHf. unfold number at 1. rewrite find_put.
    destruct (Nat.eqb_spec i j) as [->|]; fold (number m j); lia.
  - rewrite IHf2, IHf1. lia.
Qed.

Definition fast_counts (I : instance) (f : forest) (x : plan) : list N :=
  map (number (tally f x (nobody N))) (seq 0 (length (neighbors I))).

Lemma fast_counts_same : forall I f x, fast_counts I f x = counts I f x.
Proof.
  intros. apply map_ext. intros j. rewrite number_tally.
  unfold number. rewrite find_nobody. reflexivity.
Qed.

(** ** The ways of all nodes *)

(** As [climb], but stops at a group whose way is known, and makes known what
    it has climbed.  [None]: there is no way. *)
Fixpoint ascend (gs : store uplink) (fuel : nat) (known : store (list nat)) (g : option nat)
    : option (list nat * store (list nat)) :=
  match g with
  | None => Some ([], known)
  | Some g =>
      match find g known, fuel with
      | Some l, _ => Some (l, known)
      | None, O => None
      | None, S fuel =>
          match find g gs with
          | None => None
          | Some G =>
              match ascend gs fuel known (parent G) with
              | None => None
              | Some (l, known) => Some (g :: l, put g (g :: l) known)
              end
          end
      end
  end.

(** The ways from all of some nodes; [None] if one of them has none. *)
Fixpoint ascend_all (gs : store uplink) (fuel : nat) (known : store (list nat)) (l : list (option nat))
    : option (list (list nat)) :=
  match l with
  | [] => Some []
  | g :: l =>
      match ascend gs fuel known g with
      | None => None
      | Some (w, known) => option_map (cons w) (ascend_all gs fuel known l)
      end
  end.

Lemma climb_fuel : forall gs fuel fuel' g l, climb gs fuel g = Some l ->
  (length l <= fuel')%nat -> climb gs fuel' g = Some l.
Proof.
  induction fuel as [|fuel IH]; intros fuel' g l H Hle; destruct g as [g|]; simpl in H;
    try discriminate; try (injection H as <-; destruct fuel'; reflexivity).
  destruct (nth_error gs g) as [G|] eqn:HG; [|discriminate].
  destruct (climb gs fuel (parent G)) as [m|] eqn:Hm; [|discriminate].
  injection H as <-. simpl in Hle. destruct fuel' as [|fuel']; [lia|].
  simpl. rewrite HG, (IH fuel' _ _ Hm) by lia. reflexivity.
Qed.

(** A way passes no group twice. *)
Lemma climb_once : forall gs fuel g l, climb gs fuel g = Some l -> NoDup l.
Proof.
  induction fuel as [|fuel IH]; intros g l H; destruct g as [g|]; pose proof H as H0; simpl in H;
    try discriminate; try (injection H as <-; constructor).
  destruct (nth_error gs g) as [G|]; [|discriminate].
  destruct (climb gs fuel (parent G)) as [m|] eqn:Hm; [|discriminate].
  injection H as <-. constructor; [|eapply IH; exact Hm].
  intros Hin. apply in_split in Hin. destruct Hin as (u&v&->).
  destruct (climb_above _ _ _ _ (g :: u) g v H0 eq_refl) as (fuel'&H1).
  pose proof (climb_determined _ _ _ _ _ _ H0 H1) as E.
  apply (f_equal (@length nat)) in E. simpl in E. rewrite app_length in E. simpl in E. lia.
Qed.

(** So the fuel of [way] is enough. *)
Lemma climb_enough : forall gs fuel g l, climb gs fuel g = Some l ->
  climb gs (length gs) g = Some l.
Proof.
  intros gs fuel g l H. apply (climb_fuel gs fuel); [exact H|].
  rewrite <- (seq_length (length gs) 0). apply NoDup_incl_length; [eapply climb_once; exact H|].
  intros h Hh. destruct (climb_exists gs fuel g l h H Hh) as (G&HG).
  apply in_seq. split; [lia|]. apply nth_error_Some. congruence.
Qed.

Section Ways.
  Variable I : instance.

  Definition knows (known : store (list nat)) : Prop :=
    forall g l, find g known = Some l -> way I (Some g) = Some l.

  Lemma ascend_spec : forall fuel known g, knows known ->
    match ascend (listed (groups I)) fuel known g with
    | Some (l, known') => way I g = Some l /\ knows known'
    | None => climb (groups I) fuel g = None
    end.
  Proof.
    assert (Hroot : way I None = Some []) by (unfold way; destruct (length (groups I)); reflexivity).
    induction fuel as [|fuel IH]; intros known g Hk; destruct g as [g|]; simpl; auto;
      destruct (find g known) as [l|] eqn:Hl; auto.
    rewrite find_listed. destruct (nth_error (groups I) g) as [G|] eqn:HG; [|reflexivity].
    specialize (IH known (parent G) Hk).
    destruct (ascend (listed (groups I)) fuel known (parent G)) as [[l known']|].
    - destruct IH as (Hw&Hk').
      assert (H : way I (Some g) = Some (g :: l)).
      { apply (climb_enough _ (S (length (groups I)))). unfold way in Hw. simpl. rewrite HG, Hw. reflexivity. }
      split; [exact H|]. intros h m. rewrite find_put.
      destruct (Nat.eqb_spec g h) as [<-|]; [congruence|apply Hk'].
    - rewrite IH. reflexivity.
  Qed.

  Lemma ascend_all_spec : forall l known, knows known ->
    match ascend_all (listed (groups I)) (length (groups I)) known l with
    | Some ws => map (way I) l = map Some ws
    | None => exists g, In g l /\ way I g = None
    end.
  Proof.
    induction l as [|g l IH]; intros known Hk; simpl; [reflexivity|].
    pose proof (ascend_spec (length (groups I)) known g Hk) as H.
    destruct (ascend _ _ known g) as [[w known']|]; [|exists g; auto].
    destruct H as (Hw&Hk'). specialize (IH known' Hk').
    destruct (ascend_all _ _ known' l) as [ws|]; simpl.
    - rewrite Hw, IH. reflexivity.
    - destruct IH as (h&Hh&Hn). exists h. auto.
  Qed.

  (** The ways from all neighbours and, behind them, from all groups. *)
  Definition ways : option (list (list nat)) :=
    ascend_all (listed (groups I)) (length (groups I)) (nobody (list nat))
      (map group (neighbors I) ++ map parent (groups I)).

  Lemma ways_spec :
    match ways with
    | Some ws => map (way I) (map group (neighbors I) ++ map parent (groups I)) = map Some ws
    | None => exists g, In g (map group (neighbors I) ++ map parent (groups I)) /\ way I g = None
    end.
  Proof. apply ascend_all_spec. intros g l H. rewrite find_nobody in H. discriminate. Qed.
End Ways.

(** ** The forest of all sizes *)

(** A neighbour, its place, the groups above it, the root first. *)
Record item := Item { seat : nat; who : neighbor; path_of : list nat }.

(** A forest that names neighbours, and groups with their starts, instead of
    servers. *)
Inductive shape :=
| Bare
| Member (i : nat) (v : neighbor) (r : shape)
| Shared (G : option uplink) (begin : N) (k r : shape).

(** The entry of an item for shards of size [s]. *)
Definition entry_of (L s : N) (e : item) : entry :=
  Entry (seat e) (neighbor_server L s (who e)) (path_of e).

Fixpoint dress (L s : N) (d : shape) : forest :=
  match d with
  | Bare => Nil
  | Member i v r => Leaf i (neighbor_server L s v) (dress L s r)
  | Shared G b k r =>
      Group (Server (L * b) (bits * s * (L / match G with Some G => capacity G | None => L end)) None)
            (dress L s k) (dress L s r)
  end.

Definition under (g : nat) (e : item) : bool :=
  match path_of e with h :: _ => Nat.eqb h g | [] => false end.

Definition below_head (e : item) : item := Item (seat e) (who e) (tl (path_of e)).

(** As [build], with the start of a group from the items inside it.  The fuel
    is a list, whose extracted match keeps no hold of [l], as that of numbers
    does. *)
Fixpoint sketch (fuel : list nat) (gs : store uplink) (l : list item) : shape :=
  match fuel, l with
  | _ :: fuel, e :: r =>
      match path_of e with
      | [] => Member (seat e) (who e) (sketch fuel gs r)
      | g :: _ =>
          let (k, o) := partition (under g) l in
          Shared (find g gs) (least_of (map (fun e => begins (who e)) k))
                 (sketch fuel gs (map below_head k)) (sketch fuel gs o)
      end
  | _, _ => Bare
  end.

(** Enough fuel. *)
Definition room (l : list item) : list nat := flat_map (fun e => seat e :: path_of e) l.

Lemma partition_filter : forall A (P : A -> bool) l,
  partition P l = (filter P l, filter (fun a => negb (P a)) l).
Proof.
  induction l as [|a l IH]; [reflexivity|]. simpl. rewrite IH. destruct (P a); reflexivity.
Qed.

Lemma enter_entries : forall L s g l,
  enter g (map (entry_of L s) l) = map (entry_of L s) (map below_head (filter (under g) l)).
Proof.
  induction l as [|e l IH]; [reflexivity|]. unfold enter in *. simpl.
  change (heads g (entry_of L s e)) with (under g e).
  destruct (under g e); simpl; rewrite IH; reflexivity.
Qed.

Lemma leave_entries : forall L s g l,
  leave g (map (entry_of L s) l) = map (entry_of L s) (filter (fun e => negb (under g e)) l).
Proof.
  induction l as [|e l IH]; [reflexivity|]. unfold leave in *. simpl.
  change (heads g (entry_of L s e)) with (under g e).
  destruct (under g e); simpl; rewrite IH; reflexivity.
Qed.

Lemma room_weight : forall L s l, weight (map (entry_of L s) l) = length (room l).
Proof. induction l as [|e l IH]; [reflexivity|]. simpl. rewrite IH, app_length. reflexivity. Qed.

Definition on_way (g : nat) (e : item) : bool := existsb (Nat.eqb g) (path_of e).

Lemma on_way_In : forall g e, on_way g e = true <-> In g (path_of e).
Proof. intros g e. apply (has_In g (entry_of 1 1 e)). Qed.

Lemma under_path : forall g e, under g e = true <-> exists p, path_of e = g :: p.
Proof. intros g e. apply (heads_path g (entry_of 1 1 e)). Qed.

(** Whoever is below a group inside [g] is inside [g]. *)
Lemma inside_all : forall L s g h l d d', coherent (map (entry_of L s) l) ->
  In d (filter (under g) l) -> In h (tl (path_of d)) -> In d' l -> on_way h d' = true ->
  under g d' = true.
Proof.
  intros L s g h l d d' Hc Hd Hh Hd' H. apply filter_In in Hd. destruct Hd as (Hd&Hg).
  apply under_path in Hg. destruct Hg as (p&Hp). rewrite Hp in Hh. simpl in Hh.
  apply in_split in Hh. destruct Hh as (u&v&->).
  apply on_way_In, in_split in H. destruct H as (u'&v'&H).
  assert (g :: u = u') as <-
    by (eapply (Hc _ _ h (g :: u) v u' v'); [apply in_map; exact Hd|apply in_map; exact Hd'|exact Hp|exact H]).
  apply under_path. rewrite H. simpl. eauto.
Qed.

(** Whoever is below a group outside [g] is outside [g]. *)
Lemma outside_all : forall L s g h l d d', coherent (map (entry_of L s) l) ->
  In d l -> under g d = false -> In h (path_of d) -> In d' l -> on_way h d' = true ->
  under g d' = false.
Proof.
  intros L s g h l d d' Hc Hd Hg Hh Hd' H. destruct (under g d') eqn:E; [exfalso|reflexivity].
  apply in_split in Hh. destruct Hh as (u&v&Hh).
  apply on_way_In, in_split in H. destruct H as (u'&v'&H).
  assert (u = u') as <-
    by (eapply (Hc _ _ h u v u' v'); [apply in_map; exact Hd|apply in_map; exact Hd'|exact Hh|exact H]).
  apply under_path in E. destruct E as (p&E).
  destruct u as [|a u]; simpl in *; rewrite E in H; injection H as -> _;
    rewrite (proj2 (under_path _ d)) in Hg by eauto; discriminate.
Qed.

Lemma filter_inside : forall g h l, g <> h ->
  (forall d, In d l -> on_way h d = true -> under g d = true) ->
  map who (filter (on_way h) (map below_head (filter (under g) l))) = map who (filter (on_way h) l).
Proof.
  intros g h l Hne. induction l as [|e l IH]; intros H; [reflexivity|].
  specialize (IH (fun d Hd => H d (or_intror Hd))). specialize (H e (or_introl eq_refl)). simpl.
  destruct (under g e) eqn:Hg; simpl.
  - assert (on_way h (below_head e) = on_way h e) as ->.
    { apply under_path in Hg. destruct Hg as (p&Hp). unfold on_way. simpl. rewrite Hp. simpl.
      destruct (Nat.eqb_spec h g); [congruence|reflexivity]. }
    destruct (on_way h e); simpl; rewrite IH; reflexivity.
  - destruct (on_way h e); [specialize (H eq_refl); congruence|exact IH].
Qed.

Lemma filter_outside : forall g h l,
  (forall d, In d l -> on_way h d = true -> under g d = false) ->
  filter (on_way h) (filter (fun e => negb (under g e)) l) = filter (on_way h) l.
Proof.
  intros g h l. induction l as [|e l IH]; intros H; [reflexivity|].
  specialize (IH (fun d Hd => H d (or_intror Hd))). specialize (H e (or_introl eq_refl)). simpl.
  destruct (on_way h e) eqn:Hh; [rewrite H by reflexivity; simpl; rewrite Hh, IH; reflexivity|].
  destruct (under g e); simpl; [|rewrite Hh]; exact IH.
Qed.

Section Sketch.
  Variables (I : instance) (L s : N).

  (** The items below each group that is named are all that the instance has
      below it. *)
  Definition complete (l : list item) : Prop :=
    forall g e, In e l -> In g (path_of e) ->
      least_of (map begins (map who (filter (on_way g) l))) = group_begins I g.

  Lemma sketch_build : forall fuel l, coherent (map (entry_of L s) l) -> complete l ->
    dress L s (sketch fuel (listed (groups I)) l) =
    build (length fuel) (group_server I L s) (map (entry_of L s) l).
  Proof.
    induction fuel as [|a fuel IH]; intros l Hc Hl; [reflexivity|].
    destruct l as [|e r]; [reflexivity|]. cbn [sketch build map length].
    change (path (entry_of L s e)) with (path_of e).
    destruct (path_of e) as [|g p] eqn:Hp.
    - simpl. f_equal. apply IH.
      + eapply coherent_sub; [exact Hc|]. simpl; auto.
      + intros g d Hd Hg. rewrite <- (Hl g d) by (simpl; auto).
        simpl. unfold on_way at 2. rewrite Hp. reflexivity.
    - change (entry_of L s e :: map (entry_of L s) r) with (map (entry_of L s) (e :: r)).
      set (l := e :: r) in *. rewrite partition_filter. cbn [dress].
      assert (He : In e l) by (simpl; auto).
      assert (Hg : under g e = true) by (apply under_path; eauto).
      rewrite enter_entries, leave_entries. rewrite find_listed. rewrite !IH.
      + f_equal. unfold group_server. f_equal. f_equal.
        rewrite <- (Hl g e He) by (rewrite Hp; simpl; auto). rewrite map_map. do 2 f_equal.
        apply filter_same. intros d Hd. apply eq_true_iff_eq. rewrite on_way_In. split; intros H.
        * apply under_path in H. destruct H as (q&->). simpl; auto.
        * apply (coherent_head _ g (entry_of L s e) (entry_of L s d) Hc);
            [apply in_map; exact He|exact Hg|apply in_map; exact Hd|exact H].
      + rewrite <- leave_entries. eapply coherent_sub; [exact Hc|].
        intros d Hd. apply in_leave in Hd. apply Hd.
      + intros h d Hd Hh. apply filter_In in Hd. destruct Hd as (Hd&Hno). apply negb_true_iff in Hno.
        rewrite filter_outside; [eapply Hl; eassumption|].
        intros d' Hd' H. exact (outside_all L s g h l d d' Hc Hd Hno Hh Hd' H).
      + rewrite <- enter_entries. apply coherent_enter. exact Hc.
      + intros h d Hd Hh. apply in_map_iff in Hd. destruct Hd as (d0&<-&Hd0). simpl in Hh.
        pose proof Hd0 as Hd1. apply filter_In in Hd1. destruct Hd1 as (Hd1&Hg0).
        apply under_path in Hg0. destruct Hg0 as (q&Hq).
        rewrite filter_inside.
        * eapply Hl; [exact Hd1|]. rewrite Hq in *. simpl; auto.
        * intros <-. rewrite Hq in Hh. simpl in Hh. apply in_split in Hh. destruct Hh as (u&v&->).
          assert ([] = g :: u); [|discriminate].
          eapply (Hc _ _ g [] (u ++ g :: v) (g :: u) v); try (apply in_map; exact Hd1); exact Hq.
        * intros d' Hd' H. exact (inside_all L s g h l d0 d' Hc Hd0 Hh Hd' H).
  Qed.
End Sketch.

(** ** An instance, prepared for questions *)

Record prepared := Prepared { given : instance; common : N; outline : shape }.

Definition items (I : instance) (ws : list (list nat)) : list item :=
  map (fun e => Item (fst (fst e)) (snd (fst e)) (rev_append (snd e) [])) (combine (indexed I) ws).

(** All of [valid] but the ways. *)
Definition numbers_valid (I : instance) : bool :=
  (0 <? state I) && (0 <? hd 0 (sizes I)) && chain (sizes I) &&
  forallb (fun v => 0 <? bandwidth v) (neighbors I) && forallb (fun G => 0 <? capacity G) (groups I).

(** [None] if the instance is not valid. *)
Definition prepare (I : instance) : option prepared :=
  if numbers_valid I
  then match ways I with
       | Some ws => let l := items I ws in
                    Some (Prepared I (scale I) (sketch (room l) (listed (groups I)) l))
       | None => None
       end
  else None.

Definition fast_valid (I : instance) : bool :=
  match prepare I with Some _ => true | None => false end.

Definition fast_tree (P : prepared) (s : N) : forest := dress (common P) s (outline P).

Definition fast_solve_at (P : prepared) (s : N) : option answer :=
  let f := fast_tree P s in
  match greedy f (K (given P) s) with
  | Some (t, x) => Some (Answer s t (fast_counts (given P) f x))
  | None => None
  end.

Definition fast_can_beat (P : prepared) (s : N) (best : option answer) : bool :=
  match best with
  | None => true
  | Some a => K (given P) s <=? F (fast_tree P s) (ticks_of a - 1)
  end.

Definition fast_consider (P : prepared) (best : option answer) (s : N) : option answer :=
  if fast_can_beat P s best
  then match fast_solve_at P s with Some a => Some a | None => best end
  else best.

Definition fast_solve (P : prepared) : option answer :=
  fold_left (fast_consider P) (rev (sizes (given P))) None.

Definition fast_nanoseconds (P : prepared) (t : N) : N * N :=
  let g := N.gcd t (common P) in (t / g, common P / g).

Definition fast_unbeaten (P : prepared) (M : N) : bool :=
  forallb (fun s => F (fast_tree P s) (M - 1) <? K (given P) s) (sizes (given P)).

Definition fast_check (P : prepared) (s p q : N) (n : list N) : verdict :=
  let I := given P in
  if negb (existsb (N.eqb s) (sizes I)) then Wrong SizeNotInChain
  else if negb (Nat.eqb (length n) (length (neighbors I))) then Wrong CountsMissing
  else
    let f := fast_tree P s in
    let m := listed n in
    let x := spread (number m) f in
    if negb (total x =? K I s) then Wrong TotalNotK
    else match makespan f x with
         | None => Wrong LimitPassed
         | Some M =>
             if negb ((0 <? q) && (p * common P =? q * M)) then Wrong MakespanNotExact
             else if fast_unbeaten P M then Optimal else Feasible
         end.

(** ** Nothing else is said *)

Lemma forallb_andb : forall A (P Q : A -> bool) l,
  forallb (fun a => P a && Q a) l = forallb P l && forallb Q l.
Proof.
  induction l as [|a l IH]; [reflexivity|]. simpl. rewrite IH.
  destruct (P a), (Q a), (forallb P l); reflexivity.
Qed.

Lemma valid_ways : forall I, valid I = numbers_valid I &&
  forallb (fun g => match way I g with Some _ => true | None => false end)
          (map group (neighbors I) ++ map parent (groups I)).
Proof.
  intros I. unfold valid, numbers_valid. rewrite !forallb_andb, forallb_app.
  assert (E : forall A (f : A -> option nat) l,
    forallb (fun g => match way I g with Some _ => true | None => false end) (map f l) =
    forallb (fun a => match way I (f a) with Some _ => true | None => false end) l).
  { intros A f l. induction l as [|a l IH]; [reflexivity|]. simpl. rewrite IH. reflexivity. }
  rewrite !E. repeat match goal with |- context [forallb ?P ?l] => generalize (forallb P l); intros end.
  repeat match goal with |- context [?b && _] => is_var b; destruct b; simpl end;
    rewrite ?andb_false_r, ?andb_true_r; auto.
Qed.

Theorem fast_valid_same : forall I, fast_valid I = valid I.
Proof.
  intros I. unfold fast_valid, prepare. rewrite valid_ways.
  destruct (numbers_valid I); [|reflexivity]. pose proof (ways_spec I) as H.
  destruct (ways I) as [ws|]; symmetry; simpl.
  - apply forallb_forall. intros g Hg. apply (in_map (way I)) in Hg. rewrite H in Hg.
    apply in_map_iff in Hg. destruct Hg as (w&<-&_). reflexivity.
  - destruct H as (g&Hg&Hw). apply not_true_iff_false. rewrite forallb_forall. intros H.
    specialize (H g Hg). rewrite Hw in H. discriminate.
Qed.

Lemma items_ways : forall I ws, map (way I) (map group (neighbors I) ++ map parent (groups I)) = map Some ws ->
  items I ws = map (fun e => Item (fst e) (snd e) (rev (above I (snd e)))) (indexed I).
Proof.
  intros I ws. unfold items, indexed. generalize 0%nat as k. revert ws.
  induction (neighbors I) as [|v l IH]; intros ws k H; [reflexivity|].
  destruct ws as [|w ws]; [discriminate|]. simpl in *. injection H as Hw H.
  rewrite (IH ws (S k) H), <- rev_alt. unfold above. rewrite Hw. reflexivity.
Qed.

Section Prepared.
  Variables (I : instance) (P : prepared).
  Hypothesis HP : prepare I = Some P.

  Lemma given_same : given P = I.
  Proof.
    unfold prepare in HP. destruct (numbers_valid I), (ways I); try discriminate.
    injection HP as <-. reflexivity.
  Qed.

  Lemma common_same : common P = scale I.
  Proof.
    unfold prepare in HP. destruct (numbers_valid I), (ways I); try discriminate.
    injection HP as <-. reflexivity.
  Qed.

  Theorem fast_tree_same : forall s, fast_tree P s = tree I s.
  Proof.
    intros s. unfold fast_tree. rewrite common_same. unfold prepare in HP.
    destruct (numbers_valid I); [|discriminate]. pose proof (ways_spec I) as H.
    destruct (ways I) as [ws|]; [|discriminate]. injection HP as <-. cbn [outline].
    rewrite (items_ways I ws H). set (l := map _ (indexed I)).
    assert (E : map (entry_of (scale I) s) l = entries I (scale I) s).
    { unfold l, entries. rewrite map_map. reflexivity. }
    unfold tree. cbv zeta. rewrite <- E, room_weight. apply sketch_build.
    - rewrite E. apply entries_coherent.
    - intros g e _ _. unfold group_begins, members. rewrite map_map. f_equal.
      unfold l. clear E l. induction (indexed I) as [|d r IH]; [reflexivity|]. simpl.
      assert (on_way g (Item (fst d) (snd d) (rev (above I (snd d)))) = below I g (snd d)) as ->
        by exact (has_below I 1 1 g d).
      destruct (below I g (snd d)); simpl; rewrite IH; reflexivity.
  Qed.

  Theorem fast_solve_at_same : forall s, fast_solve_at P s = solve_at I s.
  Proof.
    intros s. unfold fast_solve_at, solve_at. rewrite given_same, fast_tree_same.
    destruct (greedy (tree I s) (K I s)) as [[t x]|]; [|reflexivity].
    rewrite fast_counts_same. reflexivity.
  Qed.

  Theorem fast_solve_same : fast_solve P = solve I.
  Proof.
    unfold fast_solve, solve. rewrite given_same. generalize (rev (sizes I)) as l, (@None answer) as best.
    induction l as [|s l IH]; intros best; [reflexivity|]. simpl. rewrite IH. f_equal.
    unfold fast_consider, consider, fast_can_beat, can_beat.
    rewrite fast_solve_at_same, given_same, fast_tree_same. reflexivity.
  Qed.

  Theorem fast_nanoseconds_same : forall t, fast_nanoseconds P t = nanoseconds I t.
  Proof. intros t. unfold fast_nanoseconds, nanoseconds. rewrite common_same. reflexivity. Qed.

  Theorem fast_check_same : forall s p q n, fast_check P s p q n = check I s p q n.
  Proof.
    intros s p q n. unfold fast_check, check. rewrite given_same, common_same, fast_tree_same. cbv zeta.
    rewrite (spread_same (tree I s) (number (listed n)) (of_list n)) by (intros; apply number_listed).
    assert (E : forall M, fast_unbeaten P M = unbeaten I M).
    { intros M. unfold fast_unbeaten, unbeaten. rewrite given_same.
      induction (sizes I) as [|a l IH]; [reflexivity|]. simpl. rewrite IH, fast_tree_same. reflexivity. }
    destruct (negb _); [reflexivity|]. destruct (negb _); [reflexivity|]. destruct (negb _); [reflexivity|].
    destruct (makespan _ _) as [M|]; [|reflexivity]. rewrite E. reflexivity.
  Qed.
End Prepared.
