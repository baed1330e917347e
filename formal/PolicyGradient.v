(** Chapter 4: the policy gradient theorem, in all its forms. *)
From PolicyGradient Require Export InfiniteHorizon Occupancy.

Section PolicyGradient.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).
Notation psi_at v := (pair_at M (fun s a => score M (pi th) dpi s a v)).
Notation Q_ := (Q M (pi th)).
Implicit Types (s : state M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

(** h(s), in the direction v: what a change of the policy in s alone is worth. *)
Definition local_gain v s : R := ∑ a ∈ A, (dpi s a v * Q_ s a).

Lemma score_Q_mean t v :
  E M (pi th) (S t) (fun s h => psi_at v s h t * pair_at M Q_ s h t)
  = mean St (state_law M (pi th) t) (local_gain v).
Proof. apply (score_mean M pi th dpi h2); lia. Qed.

Lemma local_gain_bounded v : exists B, 0 <= B /\ forall t,
  Rabs (mean St (state_law M (pi th) t) (local_gain v)) <= B.
Proof.
  destruct (bounded M (local_gain v)) as (B & HB & H). exists B; split; [exact HB|]. intros t.
  apply mean_bound; [apply state_law_law, Hp|]. intros; apply H.
Qed.

(** The terms of the theorem with Q tend to the same sum as those with a horizon. *)
Lemma sums_meet v : is_lim_seq (fun T =>
  ∑ t < T, (gamma M ^ t * mean St (state_law M (pi th) t) (local_gain v))) (dJ M pi th dpi v).
Proof.
  pose proof (gamma_range M) as Hq.
  destruct (rewards_bounded M) as (Rmax & HR0 & HR). destruct (score_length M dpi v) as (L & HL0 & HL).
  set (C := L * (Rmax / (1 - gamma M))).
  assert (D : forall T,
    E M (pi th) T (fun s h => ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T))
    = ∑ t < T, (gamma M ^ t * mean St (state_law M (pi th) t) (fun s =>
        ∑ a ∈ A, (dpi s a v * Q_at M (pi th) T t s a)))).
  { intros T. rewrite E_sum_to. apply sum_to_ext; intros t Ht.
    rewrite <- (score_mean M pi th dpi h2 T t v _ Ht), <- (tower M pi th dpi h2 T t v Ht), <- E_scal.
    apply E_ext; intros; ring. }
  set (X := fun T => ∑ t < T, (gamma M ^ t * mean St (state_law M (pi th) t) (local_gain v))).
  set (Y := fun T => E M (pi th) T (fun s h => ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T))).
  apply is_lim_seq_ext with (fun T => Y T + (X T - Y T)); [intros T; unfold X; ring|].
  replace (Finite (dJ M pi th dpi v)) with (Finite (dJ M pi th dpi v + 0)) by (f_equal; ring).
  apply is_lim_seq_plus'; [apply (reward_to_go_infinite M pi th dpi h2)|]. apply is_lim_seq_abs_0.
  apply is_lim_seq_le_le with (fun _ => 0) (fun T => C * (INR T * gamma M ^ T)).
  - intros T. split; [apply Rabs_pos|]. unfold X, Y. rewrite D, <- sum_to_minus.
    replace (C * (INR T * gamma M ^ T)) with (INR T * (gamma M ^ T * C)) by ring.
    rewrite <- sum_to_const. eapply Rle_trans; [apply sum_to_abs|]. apply sum_to_le; intros t Ht.
    rewrite <- Rmult_minus_distr_l, <- mean_minus, Rabs_mult, (Rabs_pos_eq (gamma M ^ t))
      by (apply power_range; exact Hq).
    replace (gamma M ^ T * C) with (gamma M ^ t * (gamma M ^ (T - t) * C))
      by (rewrite <- Rmult_assoc, <- pow_add; do 2 f_equal; lia).
    apply Rmult_le_compat_l; [apply power_range; exact Hq|].
    apply mean_bound; [apply state_law_law, Hp|]. intros s _. unfold local_gain. rewrite <- sum_minus.
    eapply Rle_trans; [apply sum_abs|].
    apply Rle_trans with (∑ a ∈ A, (Rabs (dpi s a v) * (gamma M ^ (T - t) * (Rmax / (1 - gamma M))))).
    + apply sum_le; intros a _. rewrite <- Rmult_minus_distr_l, Rabs_mult.
      apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Q_at_error; assumption.
    + rewrite sum_scal_r. unfold C.
      replace (gamma M ^ (T - t) * (L * (Rmax / (1 - gamma M)))) with
        (L * (gamma M ^ (T - t) * (Rmax / (1 - gamma M)))) by ring.
      apply Rmult_le_compat_r; [|apply HL].
      apply Rmult_le_pos; [apply power_range; exact Hq|].
      apply Rmult_le_pos; [exact HR0|]. left; apply Rinv_0_lt_compat; lra.
  - apply is_lim_seq_const.
  - apply linear_times_power_vanishes, Hq.
Qed.

(** thm:pgt, eq:pgt-infinite, first line: the discounted sum, with its factor gamma^t. *)
Theorem policy_gradient_sum :
  has_derivative (fun u => J M (pi u)) th (fun v =>
    Series (fun t => gamma M ^ t *
      E M (pi th) (S t) (fun s h => psi_at v s h t * pair_at M Q_ s h t))).
Proof.
  eapply derivative_eq; [apply (gpomdp_infinite M pi th dpi h2)|]. intros v; cbv beta.
  symmetry. apply series_unique.
  apply is_lim_seq_ext with (2 := sums_meet v). intros T. apply sum_to_ext; intros t _.
  rewrite score_Q_mean. reflexivity.
Qed.

(** The sum converges absolutely. *)
Theorem policy_gradient_converges v : ex_series (fun t => Rabs (gamma M ^ t *
  E M (pi th) (S t) (fun s h => psi_at v s h t * pair_at M Q_ s h t))).
Proof.
  destruct (local_gain_bounded v) as (B & HB0 & HB). pose proof (gamma_range M) as Hq.
  apply ex_series_le' with (fun t => B * gamma M ^ t).
  - intros t. rewrite Rabs_Rabsolu, Rabs_mult, (Rabs_pos_eq (gamma M ^ t)), Rmult_comm
      by (apply power_range; exact Hq).
    apply Rmult_le_compat_r; [apply power_range; exact Hq|]. rewrite score_Q_mean. apply HB.
  - apply ex_series_scal', (geometric_series _ Hq).
Qed.

Lemma sum_is_occupancy v :
  Series (fun t => gamma M ^ t * E M (pi th) (S t) (fun s h => psi_at v s h t * pair_at M Q_ s h t))
  = / (1 - gamma M) * ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a)).
Proof.
  pose proof (gamma_range M) as Hq.
  change (∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a)))
    with (mean St (d_gamma M (pi th)) (local_gain v)).
  rewrite (occupancy_series M (pi th) Hp), (Series_ext _ (fun t => gamma M ^ t *
    mean St (state_law M (pi th) t) (local_gain v))); [field; lra|].
  intros t. rewrite score_Q_mean. reflexivity.
Qed.

(** eq:pgt-infinite, second line: the occupancy. *)
Theorem policy_gradient :
  has_derivative (fun u => J M (pi u)) th (fun v => / (1 - gamma M) *
    ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a))).
Proof. eapply derivative_eq; [apply policy_gradient_sum|apply sum_is_occupancy]. Qed.

(** The resolvent: rho_0 (I - gamma P_pi)^(-1) h. *)
Theorem policy_gradient_resolvent :
  has_derivative (fun u => J M (pi u)) th (fun v =>
    rho_0 M (resolvent M (pi th) (fun s => ∑ a ∈ A, (dpi s a v * Q_ s a)))).
Proof.
  pose proof (gamma_range M) as Hq.
  eapply derivative_eq; [apply policy_gradient|]. intros v; cbv beta.
  change (∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a)))
    with (mean St (d_gamma M (pi th)) (local_gain v)).
  rewrite (occupancy_mean M (pi th) Hp). unfold local_gain. field; lra.
Qed.

(** The killed process: no factor gamma^t, and a life of random length N. *)
Theorem policy_gradient_killed :
  has_derivative (fun u => J M (pi u)) th (fun v =>
    Series (fun i => (1 - gamma M) * gamma M ^ i * ∑ t < S i,
      E M (pi th) (S t) (fun s h => psi_at v s h t * pair_at M Q_ s h t))).
Proof.
  eapply derivative_eq; [apply policy_gradient_sum|]. intros v; cbv beta. symmetry.
  destruct (local_gain_bounded v) as (B & _ & HB).
  apply is_series_unique. apply (killed_process _ _ B (gamma_range M)).
  intros t. rewrite score_Q_mean. apply HB.
Qed.

(** Each partial derivative: along a unit vector, or any direction v. *)
Corollary partial_derivatives v :
  is_derive (fun x : R => J M (pi (plus th (scal x v)))) 0
    (/ (1 - gamma M) * ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a))).
Proof. exact (derivative_along (fun u => J M (pi u)) th _ v policy_gradient). Qed.

(** eq:grad-tail-exact *)
Theorem grad_tail_exact T :
  has_derivative (fun u => gamma M ^ T * rho_0 M (P_pow M (pi u) T (V M (pi u)))) th (fun v =>
    / (1 - gamma M) * ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q_ s a))
    - E M (pi th) T (fun s h =>
        ∑ t < T, (gamma M ^ t * (psi_at v s h t * pair_at M (Q_at M (pi th) T t) s h t)))).
Proof.
  apply derivative_ext_near with (fun u => J M (pi u) - J_T M (pi u) T).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu. apply J_tail_exact, Hu.
  - apply derivative_minus; [apply policy_gradient|apply (policy_gradient_finite M pi th dpi h2)].
Qed.

End PolicyGradient.
