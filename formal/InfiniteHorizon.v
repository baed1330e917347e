(** Chapter 3: how fast one reward can change, and the gradient of the infinite horizon. *)
From PolicyGradient Require Export ActionValue.

(** q_j(s, a): the mean reward j steps after action a in state s. *)
Definition reward_after (M : MDP) (pi : policy M) (j : nat) (s : state M) (a : action M) : R :=
  E_given_action M pi j s [] a (fun h => reward_at M s h j).

Section RewardAfter.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Notation A := (elements (actions M)).

Lemma reward_after_now s a : reward_after M pi 0 s a = mean_reward M s a.
Proof.
  apply mean_ext; intros s'; apply mean_ext; intros r. apply E_from_zero.
Qed.

Lemma reward_after_later j s a : reward_after M pi (S j) s a = move M s a (P_pow M pi j (r_pi M pi)).
Proof.
  apply mean_ext; intros s'.
  rewrite (mean_ext _ _ _ (fun _ => P_pow M pi j (r_pi M pi) s')); [apply mean_const, reward_law_law|].
  intros r. rewrite <- (E_reward M pi Hpi (S j) j s') by lia. reflexivity.
Qed.

Lemma reward_after_policy (rho : policy M) j s : mean A (rho s) (reward_after M pi j s) =
  match j with O => r_pi M rho s | S i => P_pi M rho (P_pow M pi i (r_pi M pi)) s end.
Proof.
  destruct j; apply mean_ext; intros a; [apply reward_after_now|apply reward_after_later].
Qed.

Lemma reward_after_bound c osc j s a : (forall s a, Rabs (mean_reward M s a - c) <= osc) ->
  Rabs (reward_after M pi j s a - c) <= osc.
Proof.
  intros H. destruct j as [|j]; [rewrite reward_after_now; apply H|]. rewrite reward_after_later.
  assert (HP : forall x, Rabs (P_pow M pi j (r_pi M pi) x - c) <= osc).
  { intros x. rewrite <- (P_pow_const M pi Hpi j c x) at 1. unfold Rminus.
    replace (- P_pow M pi j (fun _ => c) x) with (P_pow M pi j (fun _ => - c) x)
      by (rewrite !P_pow_const by exact Hpi; reflexivity).
    rewrite <- P_pow_plus. apply P_pow_bound; [exact Hpi|]. intros y.
    unfold r_pi. rewrite <- (mean_const A (pi y) (- c) (Hpi y)), <- mean_plus.
    apply mean_bound; [apply Hpi|]. intros; apply H. }
  unfold move. rewrite <- (mean_const (elements (states M)) (kernel M s a) c (kernel_law M s a)), <- mean_minus.
  apply mean_bound; [apply kernel_law|]. intros; apply HP.
Qed.

End RewardAfter.

Section Hybrid.
Context (M : MDP) (pi rho : policy M) (Hpi : is_policy M pi) (Hrho : is_policy M rho).
Notation A := (elements (actions M)).

Let gap j s := ∑ a ∈ A, ((rho s a - pi s a) * reward_after M pi j s a).

Lemma gap_means j s : gap j s = mean A (rho s) (reward_after M pi j s) - mean A (pi s) (reward_after M pi j s).
Proof. unfold gap, mean. rewrite <- sum_minus. apply sum_ext; intros; ring. Qed.

Lemma P_pi_sum_to n (f : nat -> state M -> R) s :
  P_pi M rho (fun x => ∑ j < n, f j x) s = ∑ j < n, P_pi M rho (f j) s.
Proof.
  unfold P_pi. rewrite <- mean_sum_to. apply mean_ext; intros a. apply mean_sum_to.
Qed.

Lemma hybrid_sum_from k s :
  P_pow M rho k (r_pi M rho) s - P_pow M pi k (r_pi M pi) s
  = ∑ j < S k, P_pow M rho j (gap (k - j)) s.
Proof.
  revert s; induction k as [|k IH]; intros s.
  - cbn. rewrite gap_means, !reward_after_policy by exact Hpi. ring.
  - rewrite sum_to_first. cbn [P_pow]. rewrite Nat.sub_0_r, gap_means, !reward_after_policy by exact Hpi.
    rewrite (sum_to_ext (S k) _ (fun j => P_pi M rho (P_pow M rho j (gap (k - j))) s)) by reflexivity.
    rewrite <- P_pi_sum_to, <- (P_pi_ext M rho _ _ s IH), P_pi_minus. ring.
Qed.

(** eq:hybrid-sum. Change the policy at one time after the other. *)
Theorem hybrid_sum k :
  E M rho (S k) (fun s h => reward_at M s h k) - E M pi (S k) (fun s h => reward_at M s h k)
  = ∑ j < S k, mean (elements (states M)) (state_law M rho j) (fun s =>
      ∑ a ∈ A, ((rho s a - pi s a) * reward_after M pi (k - j) s a)).
Proof.
  unfold E. rewrite <- mean_minus.
  rewrite (mean_ext _ _ _ (fun s => ∑ j < S k, P_pow M rho j (gap (k - j)) s)).
  - rewrite mean_sum_to. apply sum_to_ext; intros j _. rewrite state_law_mean. reflexivity.
  - intros s. rewrite !E_reward by (auto; lia). apply hybrid_sum_from.
Qed.

(** eq:hybrid-bound. c is the middle of the mean rewards, osc half of their range. *)
Theorem hybrid_bound k c osc dist : 0 <= osc ->
  (forall s a, Rabs (mean_reward M s a - c) <= osc) ->
  (forall s, ∑ a ∈ A, Rabs (rho s a - pi s a) <= dist) ->
  Rabs (E M rho (S k) (fun s h => reward_at M s h k) - E M pi (S k) (fun s h => reward_at M s h k))
  <= INR (S k) * osc * dist.
Proof.
  intros Hosc Hc Hd. rewrite hybrid_sum.
  assert (HG : forall j s, Rabs (gap j s) <= osc * dist).
  { intros j s. replace (gap j s) with (∑ a ∈ A, ((rho s a - pi s a) * (reward_after M pi j s a - c))).
    - eapply Rle_trans; [apply sum_abs|].
      apply Rle_trans with (∑ a ∈ A, (osc * Rabs (rho s a - pi s a))).
      + apply sum_le; intros a _. rewrite Rabs_mult, Rmult_comm.
        apply Rmult_le_compat_r; [apply Rabs_pos|]. apply reward_after_bound; assumption.
      + rewrite sum_scal. apply Rmult_le_compat_l; [exact Hosc|apply Hd].
    - unfold gap.
      rewrite (sum_ext _ _ (fun a => (rho s a - pi s a) * reward_after M pi j s a - (rho s a * c - pi s a * c)))
        by (intros; ring).
      rewrite !sum_minus. change (∑ a ∈ A, (rho s a * c)) with (mean A (rho s) (fun _ => c)).
      change (∑ a ∈ A, (pi s a * c)) with (mean A (pi s) (fun _ => c)).
      rewrite !mean_const by (apply Hpi || apply Hrho). ring. }
  eapply Rle_trans; [apply sum_to_abs|].
  apply Rle_trans with (∑ j < S k, (osc * dist)).
  - apply sum_to_le; intros j _. apply mean_bound; [apply state_law_law, Hrho|]. intros s _. apply HG.
  - rewrite sum_to_const. right; ring.
Qed.

End Hybrid.

Section InfiniteHorizon.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation A := (elements (actions M)).
Notation psi_at v := (pair_at M (fun s a => score M (pi th) dpi s a v)).
Notation M_ := (score_sum M (pi th) dpi).
Implicit Types (s : state M) (h : history M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

(** Near th the policies differ by at most a constant times the step. *)
Lemma policies_lipschitz : exists C, 0 <= C /\ locally th (fun u => forall s,
  ∑ a ∈ A, Rabs (pi u s a - pi th s a) <= C * norm (minus u th)).
Proof.
  assert (H1 : forall s (l : list (action M)), exists C, 0 <= C /\ locally th (fun u =>
    ∑ a ∈ l, Rabs (pi u s a - pi th s a) <= C * norm (minus u th))).
  { intros s l. induction l as [|a l (C & HC & HL)].
    - exists 0; split; [lra|]. apply filter_forall; intros u; cbn; lra.
    - destruct (derivative_lipschitz _ _ _ (entry_derivative _ _ _ _ h2 s a)) as (D & HD & HE).
      exists (D + C); split; [lra|]. eapply filter_imp; [|exact (filter_and _ _ HE HL)].
      intros u [Ha Hl]; cbn. lra. }
  assert (H2 : forall l : list (state M), exists C, 0 <= C /\ locally th (fun u => forall s, In s l ->
    ∑ a ∈ A, Rabs (pi u s a - pi th s a) <= C * norm (minus u th))).
  { intros l. induction l as [|s l (C & HC & HL)].
    - exists 0; split; [lra|]. apply filter_forall; intros u s [].
    - destruct (H1 s A) as (D & HD & HE). exists (D + C); split; [lra|].
      eapply filter_imp; [|exact (filter_and _ _ HE HL)]. intros u [Hs Hl] x [<-|Hx].
      + pose proof (norm_ge_0 (minus u th)) as Nu.
        assert (0 <= C * norm (minus u th)) by (apply Rmult_le_pos; assumption). lra.
      + pose proof (norm_ge_0 (minus u th)) as Nu.
        assert (0 <= D * norm (minus u th)) by (apply Rmult_le_pos; assumption).
        specialize (Hl x Hx). lra. }
  destruct (H2 (elements (states M))) as (C & HC & HL). exists C; split; [exact HC|].
  eapply filter_imp; [|exact HL]. intros u Hu s; apply Hu, listed.
Qed.

(** The mean length of a score. *)
Lemma score_length v : exists L, 0 <= L /\ forall s, ∑ a ∈ A, Rabs (dpi s a v) <= L.
Proof.
  destruct (finite_bounded (states M) (fun s => ∑ a ∈ A, Rabs (dpi s a v))) as (L & HL & H).
  exists L; split; [exact HL|]. intros s. eapply Rle_trans; [apply Rle_abs|apply H].
Qed.

(** eq:grad-single-bound, in the direction v. *)
Theorem grad_single_bound k c osc L v : 0 <= osc ->
  (forall s a, Rabs (mean_reward M s a - c) <= osc) ->
  (forall s, ∑ a ∈ A, Rabs (dpi s a v) <= L) ->
  Rabs (E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)) <= INR (S k) * L * osc.
Proof.
  intros Hosc Hc HL. rewrite random_reward.
  assert (Z : E M (pi th) (S k) (fun s h => M_ s h (S k) v) = 0).
  { unfold score_sum. rewrite E_sum_to. rewrite (sum_to_ext _ _ (fun _ => 0)); [apply sum_to_zero|]. intros t Ht.
    unfold E. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|]. intros s.
    rewrite (E_from_ext _ _ _ _ _ (fun h => 1 * psi_at v s h t)) by (intros; ring).
    apply (score_and_past M pi th dpi h2 (S k) s t v (fun _ => 1) Ht). }
  replace (E M (pi th) (S k) (fun s h => pair_at M (mean_reward M) s h k * M_ s h (S k) v))
    with (E M (pi th) (S k) (fun s h => (pair_at M (mean_reward M) s h k - c) * M_ s h (S k) v)).
  2:{ rewrite (E_ext _ _ (fun s h => pair_at M (mean_reward M) s h k * M_ s h (S k) v + - c * M_ s h (S k) v))
        by (intros; ring). rewrite E_plus, E_scal, Z. ring. }
  assert (B : forall t, (t < S k)%nat -> E M (pi th) (S k) (fun s h => Rabs (psi_at v s h t)) <= L).
  { intros t Ht.
    rewrite (E_ext _ _ (fun s h => pair_at M (fun s a => Rabs (score M (pi th) dpi s a v)) s h t)).
    - rewrite pair_mean by (auto; lia). eapply Rle_trans; [apply Rle_abs|].
      apply mean_bound; [apply state_law_law, Hp|]. intros s _. rewrite Rabs_pos_eq.
      + eapply Rle_trans; [|apply (HL s)]. apply sum_le; intros a Ha.
        rewrite <- (policy_score M pi th dpi h2 s a v), Rabs_mult, (Rabs_pos_eq (pi th s a)) by (apply Hp; exact Ha).
        apply Rle_refl.
      + rewrite <- (mean_zero A (pi th s)). apply mean_le; [apply Hp|]. intros; apply Rabs_pos.
    - intros s h _. unfold pair_at. clear. revert s t; induction h as [|[[a s'] r] h IH]; intros s t; cbn.
      + apply Rabs_R0.
      + destruct t; [reflexivity|apply IH]. }
  unfold E. eapply Rle_trans; [apply mean_abs, start_law|].
  apply Rle_trans with (osc * E M (pi th) (S k) (fun s h => ∑ t < S k, Rabs (psi_at v s h t))).
  - unfold E. rewrite <- mean_scal. apply mean_le; [apply start_law|]; intros s _.
    rewrite <- E_from_scal. eapply Rle_trans; [apply mean_abs, traj_normalised, Hp|].
    apply mean_le; [apply traj_normalised, Hp|]; intros h Hh. apply length_histories in Hh.
    rewrite Rabs_mult. apply Rmult_le_compat; auto using Rabs_pos.
    + assert (G : forall (h : history M) s k, (k < length h)%nat ->
        Rabs (pair_at M (mean_reward M) s h k - c) <= osc).
      { clear - Hc. intros h; unfold pair_at. induction h as [|[[a s'] r] h IH]; intros s k Hk; cbn in *; [lia|].
        destruct k; [apply Hc|apply IH; lia]. }
      apply G; lia.
    + apply sum_to_abs.
  - rewrite E_sum_to.
    assert (SB : ∑ t < S k, E M (pi th) (S k) (fun s h => Rabs (psi_at v s h t)) <= INR (S k) * L).
    { rewrite <- sum_to_const. apply sum_to_le; intros t Ht; apply B, Ht. }
    replace (INR (S k) * L * osc) with (osc * (INR (S k) * L)) by ring.
    apply Rmult_le_compat_l; assumption.
Qed.

Lemma mean_rewards_bounded : exists B, 0 <= B /\ forall s a, Rabs (mean_reward M s a - 0) <= B.
Proof.
  destruct (rewards_bounded M) as (B & HB & HR). exists B; split; [exact HB|].
  intros s a. rewrite Rminus_0_r. apply mean_reward_bound, HR.
Qed.

Lemma J_as_series (rho : policy M) : is_policy M rho -> J M rho =
  Series (fun k => gamma M ^ k * E M rho (S k) (fun s h => reward_at M s h k)).
Proof.
  intros H. symmetry. rewrite <- (is_series_unique _ _ (J_series M rho H)). apply Series_ext; intros k.
  f_equal. apply mean_ext; intros s. apply E_reward; [exact H|lia].
Qed.

(** thm:gpomdp-infinite. J is differentiable, and the gradients of the single rewards may be
    added up: the policy is differentiable at the point th only, and no derivative of J, V or Q
    is assumed. *)
Theorem gpomdp_infinite :
  has_derivative (fun u => J M (pi u)) th
    (fun v => Series (fun k => gamma M ^ k *
       E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v))).
Proof.
  destruct policies_lipschitz as (C & HC & HL). destruct mean_rewards_bounded as (B & HB & HR).
  pose proof (gamma_range M) as Hq.
  apply derivative_ext_near with (fun u => Series (fun k => gamma M ^ k *
      E M (pi u) (S k) (fun s h => reward_at M s h k))).
  { eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu. symmetry. apply J_as_series, Hu. }
  apply (derivative_series (fun k u => gamma M ^ k * E M (pi u) (S k) (fun s h => reward_at M s h k)) th
    (fun k v => gamma M ^ k * E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v))
    (fun k => (B * C) * (INR (S k) * gamma M ^ k))).
  - intros k. apply derivative_scal, (grad_single_reward M pi th dpi h2).
  - eapply filter_imp; [|exact (filter_and _ _ HL (near_policy _ _ _ _ h2))]. intros u [Hu Pu] k.
    rewrite <- Rmult_minus_distr_l, Rabs_mult, (Rabs_pos_eq (gamma M ^ k)) by (apply power_range; exact Hq).
    replace (B * C * (INR (S k) * gamma M ^ k) * norm (minus u th))
      with (gamma M ^ k * (INR (S k) * B * (C * norm (minus u th)))) by ring.
    apply Rmult_le_compat_l; [apply power_range; exact Hq|].
    apply (hybrid_bound M (pi th) (pi u) Hp Pu k 0 B); assumption.
  - apply ex_series_scal', ex_series_arithmetic_geometric, Hq.
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu.
    apply ex_series_ext' with (fun k => gamma M ^ k * rho_0 M (P_pow M (pi u) k (r_pi M (pi u)))).
    + intros k. f_equal. apply mean_ext; intros s. symmetry; apply E_reward; [exact Hu|lia].
    + eexists; apply J_series, Hu.
Qed.

(** The derivative of J. *)
Definition dJ (v : U) : R := Series (fun k => gamma M ^ k *
  E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)).

(** The derivative with a horizon is a partial sum of this series. *)
Lemma dJ_T_sum T v :
  E M (pi th) T (fun s h => ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T))
  = ∑ k < T, (gamma M ^ k * E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)).
Proof.
  apply (derivative_unique (fun u => J_T M (pi u) T) th _ (fun v => ∑ k < T, (gamma M ^ k *
    E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v))) (reward_to_go M pi th dpi h2 T)).
  apply derivative_ext_near with (fun u => ∑ k < T, (gamma M ^ k * E M (pi u) (S k) (fun s h => reward_at M s h k))).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu.
    rewrite J_finite_matrix by exact Hu. apply sum_to_ext; intros k _. f_equal.
    apply mean_ext; intros s. apply E_reward; [exact Hu|lia].
  - apply derivative_sum_to; intros k _. apply derivative_scal, (grad_single_reward M pi th dpi h2).
Qed.

Lemma single_terms v : ex_series (fun k => gamma M ^ k *
  E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)).
Proof.
  destruct (score_length v) as (L & HL0 & HL). destruct mean_rewards_bounded as (B & HB & HR).
  pose proof (gamma_range M) as Hq.
  apply ex_series_le' with (fun k => (L * B) * (INR (S k) * gamma M ^ k)).
  - intros k. rewrite Rabs_mult, (Rabs_pos_eq (gamma M ^ k)) by (apply power_range; exact Hq).
    replace (L * B * (INR (S k) * gamma M ^ k)) with (gamma M ^ k * (INR (S k) * L * B)) by ring.
    apply Rmult_le_compat_l; [apply power_range; exact Hq|]. apply (grad_single_bound k 0 B L v); assumption.
  - apply ex_series_scal', ex_series_arithmetic_geometric, Hq.
Qed.

(** thm:gpomdp-infinite, last form: the reward-to-go sums of horizon T tend to the derivative. *)
Theorem reward_to_go_infinite v :
  is_lim_seq (fun T => E M (pi th) T (fun s h =>
     ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T))) (dJ v).
Proof.
  apply is_lim_seq_ext with (fun T => ∑ k < T, (gamma M ^ k *
    E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v))).
  - intros T; symmetry; apply dJ_T_sum.
  - apply series_limit, single_terms.
Qed.

(** eq:grad-tail, in the direction v. *)
Theorem grad_tail T c osc L v : 0 <= osc ->
  (forall s a, Rabs (mean_reward M s a - c) <= osc) ->
  (forall s, ∑ a ∈ A, Rabs (dpi s a v) <= L) ->
  Rabs (dJ v - E M (pi th) T (fun s h =>
     ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T)))
  <= L * osc * (gamma M ^ T * (INR T * (1 - gamma M) + 1) / (1 - gamma M) ^ 2).
Proof.
  intros Hosc Hc HL. pose proof (gamma_range M) as Hq.
  rewrite dJ_T_sum. unfold dJ. rewrite (series_split _ T (single_terms v)).
  match goal with |- Rabs (?a + ?b - ?a) <= _ => replace (a + b - a) with b by ring end.
  rewrite <- (series_tail _ Hq T), <- Series_scal_l. apply series_abs_le.
  - intros i. rewrite Rabs_mult, (Rabs_pos_eq (gamma M ^ (T + i))) by (apply power_range; exact Hq).
    replace (L * osc * (INR (S (T + i)) * gamma M ^ (T + i))) with
      (gamma M ^ (T + i) * (INR (S (T + i)) * L * osc)) by ring.
    apply Rmult_le_compat_l; [apply power_range; exact Hq|]. apply (grad_single_bound (T + i) c osc L v); assumption.
  - apply ex_series_scal'. apply (ex_series_incr_n (fun k => INR (S k) * gamma M ^ k) T).
    apply ex_series_arithmetic_geometric, Hq.
Qed.

End InfiniteHorizon.
