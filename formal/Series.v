(** Series that are dominated by a geometric one, and the derivative of a dominated series. *)
From PolicyGradient Require Export Derivatives.

(** The sum of an infinite series is the limit of its first n terms. *)
Lemma is_series_sum_to (a : nat -> R) (l : R) :
  is_series a l <-> is_lim_seq (fun n => sum_to n a) l.
Proof.
  assert (E : forall n, sum_n a n = sum_to (S n) a).
  { induction n as [|n IH]; [rewrite sum_O; cbn; ring|]. rewrite sum_Sn, IH. reflexivity. }
  split; intros H.
  - apply is_lim_seq_incr_1. apply is_lim_seq_ext with (sum_n a); [exact E|exact H].
  - apply is_lim_seq_incr_1 in H. apply is_lim_seq_ext with (v := sum_n a) in H; [exact H|].
    intros; symmetry; apply E.
Qed.

Lemma series_unique (a : nat -> R) (l : R) : is_lim_seq (fun n => sum_to n a) l -> Series a = l.
Proof. intros H; apply is_series_unique, is_series_sum_to, H. Qed.

Lemma series_limit (a : nat -> R) : ex_series a -> is_lim_seq (fun n => sum_to n a) (Series a).
Proof. intros H; apply is_series_sum_to, Series_correct, H. Qed.

Lemma ex_series_ext' (a b : nat -> R) : (forall n, a n = b n) -> ex_series a -> ex_series b.
Proof. apply (ex_series_ext (V := R_NormedModule)). Qed.

Lemma ex_series_plus' (a b : nat -> R) : ex_series a -> ex_series b -> ex_series (fun n => a n + b n).
Proof. apply (ex_series_plus (V := R_NormedModule)). Qed.

Lemma ex_series_scal' (c : R) (a : nat -> R) : ex_series a -> ex_series (fun n => c * a n).
Proof. apply (ex_series_scal (V := R_NormedModule) c). Qed.

Lemma ex_series_le' (a b : nat -> R) : (forall n, Rabs (a n) <= b n) -> ex_series b -> ex_series a.
Proof. apply (ex_series_le (V := R_CompleteNormedModule)). Qed.

Lemma series_abs_le (a b : nat -> R) :
  (forall n, Rabs (a n) <= b n) -> ex_series b -> Rabs (Series a) <= Series b.
Proof.
  intros H Hb. eapply Rle_trans; [apply Series_Rabs|].
  - apply ex_series_le' with b; [|exact Hb]. intros n; rewrite Rabs_Rabsolu; apply H.
  - apply Series_le; [|exact Hb]. intros n; split; [apply Rabs_pos|apply H].
Qed.

Lemma series_split (a : nat -> R) N : ex_series a ->
  Series a = sum_to N a + Series (fun k => a (N + k)%nat).
Proof.
  intros Ha. pose proof (series_limit a Ha) as L.
  assert (Ha' : ex_series (fun k => a (N + k)%nat)) by (apply (ex_series_incr_n a N), Ha).
  pose proof (series_limit _ Ha') as L'.
  apply series_unique. apply (is_lim_seq_incr_n (fun n => sum_to n a) N).
  apply is_lim_seq_ext with (fun n => sum_to N a + ∑ k < n, a (N + k)%nat).
  - intros n. rewrite Nat.add_comm. symmetry; apply sum_to_app.
  - apply is_lim_seq_plus'; [apply is_lim_seq_const|exact L'].
Qed.

Lemma series_zero : Series (fun _ => 0) = 0.
Proof.
  apply series_unique. apply is_lim_seq_ext with (fun _ => 0); [|apply is_lim_seq_const].
  intros; symmetry; apply sum_to_zero.
Qed.

Lemma series_sum_over {X} (l : list X) (f : X -> nat -> R) : (forall x, In x l -> ex_series (f x)) ->
  ex_series (fun k => ∑ x ∈ l, f x k) /\ Series (fun k => ∑ x ∈ l, f x k) = ∑ x ∈ l, Series (f x).
Proof.
  induction l as [|x l IH]; intros H; cbn.
  - split; [|apply series_zero]. exists 0. apply is_series_sum_to.
    apply is_lim_seq_ext with (fun _ => 0); [|apply is_lim_seq_const]. intros; symmetry; apply sum_to_zero.
  - destruct IH as [EX E]; [intros; apply H; right; assumption|].
    specialize (H x (or_introl eq_refl)).
    split; [apply ex_series_plus'; assumption|]. rewrite Series_plus, E by assumption. reflexivity.
Qed.

Lemma series_mean {X} (l : list X) (p : X -> R) (f : X -> nat -> R) : (forall x, ex_series (f x)) ->
  ex_series (fun k => mean l p (fun x => f x k)) /\
  Series (fun k => mean l p (fun x => f x k)) = mean l p (fun x => Series (f x)).
Proof.
  intros H. unfold mean.
  destruct (series_sum_over l (fun x k => p x * f x k)) as [EX E].
  - intros x _; apply ex_series_scal', H.
  - split; [exact EX|]. rewrite E. apply sum_ext; intros; apply Series_scal_l.
Qed.

Section Geometric.
Variable q : R.
Hypothesis Hq : 0 <= q < 1.

Lemma geometric_series : ex_series (fun k => q ^ k) /\ Series (fun k => q ^ k) = / (1 - q).
Proof.
  assert (H : Rabs q < 1) by (rewrite Rabs_pos_eq; lra).
  split; [apply ex_series_geom, H|apply Series_geom, H].
Qed.

Lemma power_range k : 0 <= q ^ k <= 1.
Proof. split; [apply pow_le; lra|]. rewrite <- (pow1 k). apply pow_incr; lra. Qed.

Lemma power_vanishes C : is_lim_seq (fun n => C * q ^ n) 0.
Proof.
  replace (Finite 0) with (Rbar_mult C 0) by (cbn; f_equal; ring).
  apply is_lim_seq_scal_l, is_lim_seq_geom. rewrite Rabs_pos_eq; lra.
Qed.

Lemma dominated_series (a : nat -> R) B : (forall k, Rabs (a k) <= B) ->
  ex_series (fun k => q ^ k * a k) /\ Rabs (Series (fun k => q ^ k * a k)) <= B / (1 - q).
Proof.
  intros H. destruct geometric_series as [EX E].
  assert (HB : forall k, Rabs (q ^ k * a k) <= B * q ^ k).
  { intros k. rewrite Rabs_mult, (Rabs_pos_eq (q ^ k)), Rmult_comm by apply power_range.
    apply Rmult_le_compat_r; [apply power_range|apply H]. }
  split; [apply ex_series_le' with (1 := HB), ex_series_scal', EX|].
  eapply Rle_trans; [apply (series_abs_le _ _ HB), ex_series_scal', EX|].
  rewrite (Series_scal_l B (fun k => q ^ k)), E. apply Rle_refl.
Qed.

Lemma arithmetic_geometric_bound k : INR (S k) * q ^ k <= 2 / (1 - q) * ((1 + q) / 2) ^ k.
Proof.
  assert (A : 1 <= 2 / (1 - q)).
  { apply Rmult_le_reg_r with (1 - q); [lra|]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra. }
  induction k as [|k IH]; [cbn; lra|].
  rewrite S_INR. cbn [pow]. set (r := (1 + q) / 2) in *.
  assert (Hr : q ^ k <= r ^ k) by (apply pow_incr; unfold r; lra).
  assert (H0 : 0 <= r ^ k) by (apply pow_le; unfold r; lra).
  pose proof (power_range k) as P.
  replace (2 / (1 - q) * (r * r ^ k)) with (q * (2 / (1 - q) * r ^ k) + r ^ k)
    by (unfold r; field; lra).
  replace ((INR (S k) + 1) * (q * q ^ k)) with (q * (INR (S k) * q ^ k) + q * q ^ k) by ring.
  apply Rplus_le_compat; [apply Rmult_le_compat_l; lra|].
  apply Rle_trans with (1 * q ^ k); [apply Rmult_le_compat_r; lra|lra].
Qed.

Lemma ex_series_arithmetic_geometric : ex_series (fun k => INR (S k) * q ^ k).
Proof.
  apply ex_series_le' with (fun k => 2 / (1 - q) * ((1 + q) / 2) ^ k).
  - intros k. rewrite Rabs_pos_eq; [apply arithmetic_geometric_bound|].
    apply Rmult_le_pos; [apply pos_INR|apply power_range].
  - apply ex_series_scal', ex_series_geom. rewrite Rabs_pos_eq; lra.
Qed.

Lemma arithmetic_geometric : Series (fun k => INR (S k) * q ^ k) = / (1 - q) ^ 2.
Proof.
  destruct geometric_series as [EX E]. pose proof ex_series_arithmetic_geometric as AG.
  set (X := Series (fun k => INR (S k) * q ^ k)).
  assert (H : X = 1 + (q * X + q * / (1 - q))).
  { unfold X at 1. rewrite Series_incr_1 by exact AG.
    rewrite (Series_ext _ (fun k => q * (INR (S k) * q ^ k) + q * q ^ k)).
    - rewrite Series_plus, (Series_scal_l q (fun k => INR (S k) * q ^ k)),
        (Series_scal_l q (fun k => q ^ k)), E by (apply ex_series_scal'; assumption).
      replace (INR 1 * q ^ 0) with 1 by (cbn; ring). reflexivity.
    - intros k. rewrite (S_INR (S k)). cbn [pow]. ring. }
  apply Rmult_eq_reg_l with (1 - q); [|lra].
  replace ((1 - q) * X) with (1 + q * / (1 - q)) by lra. field; lra.
Qed.

(** eq:series-tail *)
Theorem series_tail T :
  Series (fun i => INR (S (T + i)) * q ^ (T + i)) = q ^ T * (INR T * (1 - q) + 1) / (1 - q) ^ 2.
Proof.
  destruct geometric_series as [EX E]. pose proof ex_series_arithmetic_geometric as AG.
  rewrite (Series_ext _ (fun i => q ^ T * (INR T * q ^ i + INR (S i) * q ^ i))).
  - rewrite (Series_scal_l (q ^ T)), Series_plus, (Series_scal_l (INR T) (fun k => q ^ k)), E,
      arithmetic_geometric by (try apply ex_series_scal'; assumption). field; lra.
  - intros i. rewrite pow_add, <- Nat.add_succ_r, plus_INR. ring.
Qed.

Lemma linear_times_power_vanishes C : is_lim_seq (fun n => C * (INR n * q ^ n)) 0.
Proof.
  replace (Finite 0) with (Rbar_mult C 0) by (cbn; f_equal; ring).
  apply is_lim_seq_scal_l.
  apply is_lim_seq_le_le with (fun _ => 0) (fun n => INR (S n) * q ^ n).
  - intros n. pose proof (power_range n). pose proof (pos_INR n). split.
    + apply Rmult_le_pos; lra.
    + apply Rmult_le_compat_r; [lra|]. rewrite S_INR; lra.
  - apply is_lim_seq_const.
  - apply (ex_series_lim_0 (fun n => INR (S n) * q ^ n)), ex_series_arithmetic_geometric.
Qed.

End Geometric.

(** A series of differentiable terms. Each term is differentiable at x only. If the differences of
    the terms to their values at x are dominated, near x, by c_k times the step, and the c_k have
    a finite sum, then the series may be differentiated term by term at x. *)
Section Termwise.
Context {U : NormedModule R_AbsRing}.
Variables (f : nat -> U -> R) (x : U) (l : nat -> U -> R) (c : nat -> R).
Hypothesis terms : forall k, has_derivative (f k) x (l k).
Hypothesis dominated : locally x (fun y => forall k, Rabs (f k y - f k x) <= c k * norm (minus y x)).
Hypothesis summable : ex_series c.
Hypothesis converges : locally x (fun y => ex_series (fun k => f k y)).

Lemma term_bound k v : Rabs (l k v) <= c k * norm v.
Proof.
  apply (derivative_le (f k) x (l k) (c k) (terms k)).
  eapply filter_imp; [|exact dominated]. intros y H; apply H.
Qed.

Lemma ex_series_terms v : ex_series (fun k => l k v).
Proof.
  apply ex_series_le' with (fun k => norm v * c k); [|apply ex_series_scal'; exact summable].
  intros k; rewrite Rmult_comm; apply term_bound.
Qed.

Lemma series_linear : @is_linear R_AbsRing U R_NormedModule (fun v => Series (fun k => l k v)).
Proof.
  split.
  - intros v w. change (Series (fun k => l k (plus v w)) = Series (fun k => l k v) + Series (fun k => l k w)).
    rewrite <- Series_plus by apply ex_series_terms. apply Series_ext; intros k.
    apply (linear_plus _ (derivative_linear _ _ _ (terms k))).
  - intros t v. change (Series (fun k => l k (scal t v)) = t * Series (fun k => l k v)).
    rewrite <- Series_scal_l. apply Series_ext; intros k.
    apply (linear_scal _ (derivative_linear _ _ _ (terms k))).
  - exists (Rabs (Series c) + 1). split; [pose proof (Rabs_pos (Series c)); lra|]. intros v.
    change (Rabs (Series (fun k => l k v)) <= (Rabs (Series c) + 1) * norm v).
    eapply Rle_trans.
    + apply series_abs_le with (b := fun k => norm v * c k); [|apply ex_series_scal'; exact summable].
      intros k; rewrite Rmult_comm; apply term_bound.
    + rewrite Series_scal_l, Rmult_comm. apply Rmult_le_compat_r; [apply norm_ge_0|].
      pose proof (Rle_abs (Series c)); lra.
Qed.

Lemma derivative_partial n : has_derivative (fun u => ∑ k < n, f k u) x (fun v => ∑ k < n, l k v).
Proof. apply derivative_sum_to; intros; apply terms. Qed.

Theorem derivative_series :
  has_derivative (fun u => Series (fun k => f k u)) x (fun v => Series (fun k => l k v)).
Proof.
  apply derivative_intro; [exact series_linear|]. intros eps.
  (* a remainder of the c_k below eps / 4 *)
  assert (HN : exists N, Rabs (Series (fun k => c (N + k)%nat)) <= eps / 4).
  { pose proof (series_limit c summable) as L. apply is_lim_seq_spec in L.
    assert (He : 0 < eps / 4) by (pose proof (cond_pos eps); lra).
    destruct (L (mkposreal _ He)) as [N HN]. exists (S N).
    specialize (HN (S N) (Nat.le_succ_diag_r N)). cbn [pos] in HN.
    rewrite (series_split c (S N) summable) in HN. apply Rabs_lt_between in HN. apply Rabs_le; lra. }
  destruct HN as [N HN].
  assert (He2 : 0 < eps / 2) by (pose proof (cond_pos eps); lra).
  pose proof (derivative_error _ _ _ (derivative_partial N) (mkposreal _ He2)) as HP.
  pose proof (locally_singleton _ _ converges) as Cx.
  eapply filter_imp; [|exact (filter_and _ _ HP (filter_and _ _ dominated converges))].
  intros y (H1 & H2 & Cy). cbn [pos] in H1. set (w := minus y x) in *.
  pose proof (norm_ge_0 w) as Nw.
  assert (Rest : ex_series (fun k => c (N + k)%nat)) by (apply (ex_series_incr_n c N), summable).
  rewrite (series_split _ N Cy), (series_split _ N Cx), (series_split _ N (ex_series_terms w)).
  set (t1 := Series (fun k => f (N + k)%nat y)). set (t2 := Series (fun k => f (N + k)%nat x)).
  set (t3 := Series (fun k => l (N + k)%nat w)).
  assert (B1 : Rabs (t1 - t2) <= eps / 4 * norm w).
  { unfold t1, t2. rewrite <- Series_minus.
    2:{ apply (ex_series_incr_n (fun k => f k y) N), Cy. }
    2:{ apply (ex_series_incr_n (fun k => f k x) N), Cx. }
    eapply Rle_trans; [apply series_abs_le with (b := fun k => norm w * c (N + k)%nat)|].
    - intros k; rewrite Rmult_comm; apply H2.
    - apply ex_series_scal', Rest.
    - rewrite Series_scal_l, Rmult_comm. apply Rmult_le_compat_r; [exact Nw|].
      eapply Rle_trans; [apply Rle_abs|exact HN]. }
  assert (B2 : Rabs t3 <= eps / 4 * norm w).
  { unfold t3. eapply Rle_trans; [apply series_abs_le with (b := fun k => norm w * c (N + k)%nat)|].
    - intros k; rewrite Rmult_comm; apply term_bound.
    - apply ex_series_scal', Rest.
    - rewrite Series_scal_l, Rmult_comm. apply Rmult_le_compat_r; [exact Nw|].
      eapply Rle_trans; [apply Rle_abs|exact HN]. }
  set (p1 := ∑ k < N, f k y) in *. set (p2 := ∑ k < N, f k x) in *. set (p3 := ∑ k < N, l k w) in *.
  replace (p1 + t1 - (p2 + t2) - (p3 + t3)) with ((p1 - p2 - p3) + ((t1 - t2) + - t3)) by ring.
  eapply Rle_trans; [apply Rabs_triang|].
  assert (B3 : Rabs (t1 - t2 + - t3) <= eps / 4 * norm w + eps / 4 * norm w).
  { eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp; lra. }
  lra.
Qed.

End Termwise.
