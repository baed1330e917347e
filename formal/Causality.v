(** Chapters 2 and 3: REINFORCE, causality, and the reward-to-go form with a finite horizon. *)
From PolicyGradient Require Export Score StateLaw.

(** Rearrangements of numbers; no expectation is taken. *)
Section Rearrangements.

(** eq:gpomdp-swap *)
Lemma gpomdp_swap T (g : R) (r psi : nat -> R) :
  ∑ k < T, (g ^ k * r k * ∑ t < S k, psi t) = ∑ t < T, (psi t * sum_range t T (fun k => g ^ k * r k)).
Proof.
  rewrite (sum_to_ext T _ (fun k => ∑ t < S k, (psi t * (g ^ k * r k)))).
  - rewrite (sum_triangle T (fun t k => psi t * (g ^ k * r k))).
    apply sum_to_ext; intros t _. apply sum_to_scal.
  - intros k _. rewrite <- sum_to_scal. apply sum_to_ext; intros; ring.
Qed.

Context (M : MDP).

(** eq:gamma-pull *)
Lemma gamma_pull s (h : history M) t T :
  sum_range t T (fun k => gamma M ^ k * reward_at M s h k) = gamma M ^ t * return_from M s h t T.
Proof.
  unfold sum_range, return_from. rewrite <- sum_to_scal. apply sum_to_ext; intros i _.
  rewrite pow_add; ring.
Qed.

(** eq:return-recursion *)
Lemma return_recursion s (h : history M) t T : (t < T)%nat ->
  return_from M s h t T = reward_at M s h t + gamma M * return_from M s h (S t) T.
Proof.
  intros H. unfold return_from. replace (T - t)%nat with (S (T - S t)) by lia.
  rewrite sum_to_first, <- sum_to_scal. rewrite Nat.add_0_r. f_equal; [cbn; ring|].
  apply sum_to_ext; intros i _. replace (t + S i)%nat with (S t + i)%nat by lia. cbn; ring.
Qed.
Lemma return_at_horizon s (h : history M) T : return_from M s h T T = 0.
Proof. unfold return_from. rewrite Nat.sub_diag. reflexivity. Qed.

Lemma return_start s (h : history M) T :
  return_from M s h 0 T = ∑ t < T, (gamma M ^ t * reward_at M s h t).
Proof. unfold return_from. rewrite Nat.sub_0_r. reflexivity. Qed.

End Rearrangements.

Section Causality.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation psi s a v := (score M (pi th) dpi s a v).
Notation psi_at v := (pair_at M (fun s a => psi s a v)).
Notation M_ := (score_sum M (pi th) dpi).
Notation R_ := (mean_reward M).
Implicit Types (s : state M) (h : history M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

(** eq:reinforce *)
Theorem reinforce T :
  has_derivative (fun u => J_T M (pi u) T) th
    (fun v => E M (pi th) T (fun s h => (∑ t < T, (gamma M ^ t * reward_at M s h t)) * M_ s h T v)).
Proof. apply (derivative_E M pi th dpi h2). Qed.

(** eq:cond-score-zero: given all that has happened, the next score has mean zero. *)
Theorem cond_score_zero s h v :
  E_given M (pi th) 1 s h (fun h' => psi_at v s h' (length h)) = 0.
Proof. apply (score_given_past M pi th dpi h2). Qed.

Lemma past_reward_from n s k t v : (k < t)%nat -> (t < n)%nat ->
  E_from M (pi th) n s (fun h => psi_at v s h t * reward_at M s h k) = 0.
Proof.
  intros Hk Ht.
  rewrite <- (score_and_past M pi th dpi h2 n s t v (fun h => reward_at M s h k) Ht).
  apply E_from_ext; intros h _. unfold reward_at. rewrite at_time_firstn by exact Hk. ring.
Qed.

(** eq:past-reward *)
Theorem past_reward n k t v : (k < t)%nat -> (t < n)%nat ->
  E M (pi th) n (fun s h => psi_at v s h t * reward_at M s h k) = 0.
Proof.
  intros Hk Ht. unfold E. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|].
  intros s; apply past_reward_from; assumption.
Qed.

(** eq:grad-single-reward *)
Theorem grad_single_reward k :
  has_derivative (fun u => E M (pi u) (S k) (fun s h => reward_at M s h k)) th
    (fun v => E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)).
Proof. apply (derivative_E M pi th dpi h2). Qed.

Theorem grad_single_reward_sum k v :
  E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)
  = ∑ t < S k, E M (pi th) (S k) (fun s h => psi_at v s h t * reward_at M s h k).
Proof.
  rewrite <- E_sum_to. apply E_ext; intros s h _. unfold score_sum. rewrite <- sum_to_scal.
  apply sum_to_ext; intros; ring.
Qed.

(** eq:random-reward: the reward may be replaced by its mean R(s_k, a_k). *)
Theorem random_reward k v :
  E M (pi th) (S k) (fun s h => reward_at M s h k * M_ s h (S k) v)
  = E M (pi th) (S k) (fun s h => pair_at M R_ s h k * M_ s h (S k) v).
Proof.
  apply mean_ext; intros s. rewrite <- Nat.add_1_r, !E_from_app. apply E_from_ext; intros h Hh.
  rewrite !E_given_step. apply mean_ext; intros a. unfold E_given_action.
  set (x := last_state M s h).
  assert (HM : forall s' r, M_ s (h ++ (a, s', r) :: []) (k + 1) v = M_ s h k v + psi x a v).
  { intros s' r. rewrite Nat.add_1_r. unfold score_sum. cbn [sum_to]. f_equal.
    - apply sum_to_ext; intros t Ht. apply at_time_app_old; lia.
    - unfold pair_at. rewrite <- Hh, <- (Nat.add_0_r (length h)), at_time_app_new. reflexivity. }
  assert (HF : forall F s' r, at_time M F s (h ++ (a, s', r) :: []) k = F x a s' r).
  { intros F s' r. rewrite <- Hh, <- (Nat.add_0_r (length h)), at_time_app_new. reflexivity. }
  transitivity (R_ x a * (M_ s h k v + psi x a v)).
  - unfold mean_reward. rewrite <- mean_scal_r. apply mean_ext; intros s'. rewrite <- mean_scal_r.
    apply mean_ext; intros r. rewrite E_from_zero, HM. unfold reward_at; rewrite HF. reflexivity.
  - symmetry. rewrite (mean_ext _ _ _ (fun _ => R_ x a * (M_ s h k v + psi x a v)));
      [apply mean_const, kernel_law|]. intros s'.
    rewrite (mean_ext _ _ _ (fun _ => R_ x a * (M_ s h k v + psi x a v)));
      [apply mean_const, reward_law_law|]. intros r.
    rewrite E_from_zero, HM. unfold pair_at; rewrite HF. reflexivity.
Qed.

(** eq:total-minus-rtg, on each trajectory ... *)
Theorem total_minus_rtg s h T v :
  return_from M s h 0 T * M_ s h T v - ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T)
  = ∑ t < T, (psi_at v s h t * ∑ k < t, (gamma M ^ k * reward_at M s h k)).
Proof.
  assert (H : forall t, (t < T)%nat -> return_from M s h 0 T =
      ∑ k < t, (gamma M ^ k * reward_at M s h k) + gamma M ^ t * return_from M s h t T).
  { intros t Ht. rewrite return_start. replace T with (t + (T - t))%nat at 1 by lia.
    rewrite sum_to_app. f_equal. unfold return_from. rewrite <- sum_to_scal.
    apply sum_to_ext; intros i _. rewrite pow_add; ring. }
  unfold score_sum. rewrite <- sum_to_scal, <- sum_to_minus. apply sum_to_ext; intros t Ht.
  rewrite (H t Ht). ring.
Qed.

(** ... and its mean is zero. *)
Theorem past_has_mean_zero T v :
  E M (pi th) T (fun s h => ∑ t < T, (psi_at v s h t * ∑ k < t, (gamma M ^ k * reward_at M s h k))) = 0.
Proof.
  rewrite E_sum_to, (sum_to_ext T _ (fun _ => 0)); [apply sum_to_zero|]. intros t Ht.
  rewrite (E_ext T _ (fun s h => ∑ k < t, (gamma M ^ k * (psi_at v s h t * reward_at M s h k)))).
  - rewrite E_sum_to, (sum_to_ext t _ (fun _ => 0)); [apply sum_to_zero|]. intros k Hk.
    rewrite E_scal, past_reward by assumption. ring.
  - intros s h _. rewrite <- sum_to_scal. apply sum_to_ext; intros; ring.
Qed.

(** eq:reward-to-go *)
Theorem reward_to_go T :
  has_derivative (fun u => J_T M (pi u) T) th
    (fun v => E M (pi th) T (fun s h =>
       ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T))).
Proof.
  eapply derivative_eq; [apply reinforce|]. intros v; cbv beta.
  rewrite (E_ext T _ (fun s h => ∑ t < T, (gamma M ^ t * psi_at v s h t * return_from M s h t T)
     + ∑ t < T, (psi_at v s h t * ∑ k < t, (gamma M ^ k * reward_at M s h k)))).
  - rewrite E_plus, past_has_mean_zero. ring.
  - intros s h _. rewrite <- total_minus_rtg, return_start. ring.
Qed.

End Causality.
