(** Chapter 4: the discounted state distribution, and the killed process. *)
From PolicyGradient Require Export StateLaw.

(** def:occupancy *)
Definition d_gamma (M : MDP) (pi : policy M) (s : state M) : R :=
  (1 - gamma M) * Series (fun t => gamma M ^ t * state_law M pi t s).

Section Occupancy.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).

Lemma state_law_indicator t x :
  state_law M pi t x = rho_0 M (P_pow M pi t (fun y => indicator (states M) x y)).
Proof. apply mean_ext; intros s. apply (E_from_last M pi t (fun y => indicator (states M) x y)). Qed.

Lemma rho_0_series (a : nat -> state M -> R) : (forall x, ex_series (fun t => a t x)) ->
  ex_series (fun t => rho_0 M (a t)) /\
  Series (fun t => rho_0 M (a t)) = rho_0 M (fun x => Series (fun t => a t x)).
Proof. intros H. apply (series_mean St (start M) (fun x t => a t x) H). Qed.

(** The resolvent looks ahead; read from the left it counts visits. *)
Lemma occupancy_resolvent s :
  d_gamma M pi s = (1 - gamma M) * rho_0 M (resolvent M pi (fun y => indicator (states M) s y)).
Proof.
  unfold d_gamma. f_equal. unfold resolvent.
  destruct (rho_0_series (fun t x => gamma M ^ t * P_pow M pi t (fun y => indicator (states M) s y) x))
    as [_ E]; [intros; apply resolvent_series, Hpi|].
  rewrite <- E. apply Series_ext; intros t. rewrite state_law_indicator. unfold rho_0. symmetry; apply mean_scal.
Qed.

Theorem occupancy_mean (f : state M -> R) :
  mean St (d_gamma M pi) f = (1 - gamma M) * rho_0 M (resolvent M pi f).
Proof.
  destruct (bounded M f) as (B & _ & HB).
  transitivity ((1 - gamma M) * Series (fun t => mean St (fun s => gamma M ^ t * state_law M pi t s) f)).
  - unfold mean, d_gamma.
    destruct (series_sum_over St (fun s t => gamma M ^ t * state_law M pi t s * f s)) as [_ E].
    + intros s _. apply ex_series_ext' with (fun t => f s * (gamma M ^ t * state_law M pi t s)); [intros; ring|].
      apply ex_series_scal'. apply (dominated_series _ (gamma_range M) (fun t => state_law M pi t s) 1).
      intros t. rewrite state_law_indicator. apply mean_bound; [apply start_law|]. intros x _.
      apply P_pow_bound; [exact Hpi|]. intros y. unfold indicator. destruct (same (states M) s y);
        [rewrite Rabs_R1|rewrite Rabs_R0]; lra.
    + rewrite E, <- sum_scal. apply sum_ext; intros s. rewrite Series_scal_r. ring.
  - f_equal. unfold resolvent.
    destruct (rho_0_series (fun t x => gamma M ^ t * P_pow M pi t f x)) as [_ E];
      [intros; apply resolvent_series, Hpi|].
    rewrite <- E. apply Series_ext; intros t.
    transitivity (gamma M ^ t * mean St (state_law M pi t) f).
    + unfold mean. rewrite <- sum_scal. apply sum_ext; intros; ring.
    + rewrite state_law_mean. symmetry; apply mean_scal.
Qed.

Theorem occupancy_series (f : state M -> R) :
  mean St (d_gamma M pi) f = (1 - gamma M) * Series (fun t => gamma M ^ t * mean St (state_law M pi t) f).
Proof.
  rewrite occupancy_mean. f_equal. unfold resolvent.
  destruct (rho_0_series (fun t x => gamma M ^ t * P_pow M pi t f x)) as [_ E];
    [intros; apply resolvent_series, Hpi|].
  rewrite <- E. apply Series_ext; intros t. rewrite state_law_mean. unfold rho_0. apply mean_scal.
Qed.

(** eq:occupancy, first line, tested against any function ... *)
Theorem occupancy_equation_mean (f : state M -> R) :
  mean St (d_gamma M pi) f = (1 - gamma M) * rho_0 M f + gamma M * mean St (d_gamma M pi) (P_pi M pi f).
Proof.
  rewrite !occupancy_mean. unfold rho_0 at 1.
  rewrite (mean_ext _ _ _ _ (resolvent_equation_left M pi Hpi f)), mean_plus, mean_scal.
  unfold rho_0. ring.
Qed.

(** ... and entry by entry. *)
Theorem occupancy_equation s' :
  d_gamma M pi s' = (1 - gamma M) * start M s'
    + gamma M * ∑ s ∈ St, (d_gamma M pi s * ∑ a ∈ A, (pi s a * kernel M s a s')).
Proof.
  assert (H : forall p, mean St p (fun y => indicator (states M) s' y) = p s').
  { intros p. unfold mean. rewrite <- (sum_indicator (states M) s' p). apply sum_ext; intros; ring. }
  rewrite <- (H (d_gamma M pi)) at 1. rewrite occupancy_equation_mean. unfold rho_0. rewrite H. do 2 f_equal.
  apply sum_ext; intros s. f_equal. apply sum_ext; intros a. f_equal. apply H.
Qed.

(** eq:occupancy, second line *)
Theorem occupancy_law : law St (d_gamma M pi).
Proof.
  pose proof (gamma_range M) as Hq. split.
  - intros s _. unfold d_gamma. apply Rmult_le_pos; [lra|].
    rewrite <- series_zero. apply Series_le.
    + intros t. split; [lra|]. apply Rmult_le_pos; [apply power_range, Hq|apply state_law_nonneg, Hpi].
    + apply (dominated_series _ Hq (fun t => state_law M pi t s) 1). intros t.
      rewrite Rabs_pos_eq by (apply state_law_nonneg, Hpi).
      destruct (state_law_law M pi Hpi t) as [P1 P2]. rewrite <- P2.
      rewrite <- (sum_indicator (states M) s (state_law M pi t)). apply sum_le; intros y _.
      unfold indicator; destruct (same (states M) s y); pose proof (state_law_nonneg M pi Hpi t y); lra.
  - transitivity (mean St (d_gamma M pi) (fun _ => 1)); [apply sum_ext; intros; ring|].
    rewrite occupancy_mean.
    assert (E : forall s, resolvent M pi (fun _ => 1) s = / (1 - gamma M)).
    { intros s. symmetry. apply (resolvent_unique M pi Hpi (fun _ => 1) (fun _ => / (1 - gamma M))). intros x.
      rewrite P_pi_const by exact Hpi. field; lra. }
    unfold rho_0. rewrite (mean_ext _ _ _ _ E), mean_const by apply start_law. field; lra.
Qed.

(** eq:occupancy-partial *)
Theorem occupancy_partial T s :
  d_gamma M pi s - (1 - gamma M) * ∑ t < T, (gamma M ^ t * state_law M pi t s)
  = gamma M ^ T * ((1 - gamma M) *
      mean St (state_law M pi T) (resolvent M pi (fun y => indicator (states M) s y))).
Proof.
  rewrite occupancy_resolvent, state_law_mean.
  set (g := resolvent M pi (fun y => indicator (states M) s y)).
  assert (E : rho_0 M g = ∑ t < T, (gamma M ^ t * state_law M pi t s) + gamma M ^ T * rho_0 M (P_pow M pi T g)).
  { unfold rho_0 at 1.
    rewrite (mean_ext _ _ _ _ (unroll M pi (fun y => indicator (states M) s y) g
      (resolvent_equation M pi Hpi _) T)), mean_plus, mean_scal, mean_sum_to. f_equal.
    apply sum_to_ext; intros t _. rewrite mean_scal, state_law_indicator. reflexivity. }
  rewrite E. ring.
Qed.

(** eq:occupancy-dual *)
Theorem occupancy_dual : J M pi = rho_0 M (V M pi) /\
  J M pi = / (1 - gamma M) * mean St (d_gamma M pi) (r_pi M pi).
Proof.
  pose proof (gamma_range M). rewrite occupancy_mean. split; [apply J_infinite, Hpi|].
  rewrite J_infinite by exact Hpi. unfold rho_0. rewrite (mean_ext _ _ _ _ (V_resolvent M pi Hpi)). field; lra.
Qed.

End Occupancy.

(** eq:killed-process, for terms of bounded mean f_t. N is independent of the trajectory, so
    E[sum over t < N of f_t] is the mean over n of the sum over t < n, with the weights
    P(N = n) = (1 - gamma) gamma^(n - 1), n = 1, 2, ... *)
Theorem killed_process (q : R) (f : nat -> R) B : 0 <= q < 1 -> (forall t, Rabs (f t) <= B) ->
  is_series (fun i => (1 - q) * q ^ i * ∑ t < S i, f t) (Series (fun t => q ^ t * f t)).
Proof.
  intros Hq HB. apply is_series_sum_to.
  assert (E : forall m, ∑ i < m, ((1 - q) * q ^ i * ∑ t < S i, f t)
    = ∑ t < m, (q ^ t * f t) - q ^ m * ∑ t < m, f t).
  { induction m as [|m IH]; [cbn; ring|]. cbn [sum_to pow] in *. rewrite IH. ring. }
  apply is_lim_seq_ext with (fun m => ∑ t < m, (q ^ t * f t) - q ^ m * ∑ t < m, f t).
  { intros m; symmetry; apply E. }
  replace (Finite (Series (fun t => q ^ t * f t))) with (Finite (Series (fun t => q ^ t * f t) - 0))
    by (f_equal; ring).
  apply is_lim_seq_minus'.
  - apply series_limit. apply (dominated_series q Hq f B HB).
  - apply is_lim_seq_abs_0.
    apply is_lim_seq_le_le with (fun _ => 0) (fun m => B * (INR m * q ^ m)).
    + intros m. split; [apply Rabs_pos|].
      rewrite Rabs_mult, (Rabs_pos_eq (q ^ m)) by (apply power_range; exact Hq).
      replace (B * (INR m * q ^ m)) with (q ^ m * (INR m * B)) by ring.
      apply Rmult_le_compat_l; [apply power_range; exact Hq|].
      rewrite <- sum_to_const. eapply Rle_trans; [apply sum_to_abs|]. apply sum_to_le; intros; apply HB.
    + apply is_lim_seq_const.
    + apply linear_times_power_vanishes, Hq.
Qed.
