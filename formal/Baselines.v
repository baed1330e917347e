(** Chapter 5: what may be subtracted. *)
From PolicyGradient Require Export PolicyGradient.

Section Baselines.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).
Notation psi_at v := (pair_at M (fun s a => score M (pi th) dpi s a v)).
Notation Q_ := (Q M (pi th)).
Implicit Types (s : state M) (h : history M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

(** eq:baseline-zero. b is any function of the past: the first state and the first t steps. *)
Theorem baseline_zero n t v (b : state M -> history M -> R) : (t < n)%nat ->
  E M (pi th) n (fun s h => psi_at v s h t * b s (firstn t h)) = 0.
Proof.
  intros Ht. unfold E. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|]. intros s.
  rewrite <- (score_and_past M pi th dpi h2 n s t v (b s) Ht). apply E_from_ext; intros; ring.
Qed.

(** It may depend on other, independent data w as well. *)
Corollary baseline_zero_independent {W} (data : list W) (p : W -> R) n t v
    (b : W -> state M -> history M -> R) : (t < n)%nat ->
  mean data p (fun w => E M (pi th) n (fun s h => psi_at v s h t * b w s (firstn t h))) = 0.
Proof.
  intros Ht. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|]. intros w; apply baseline_zero, Ht.
Qed.

(** thm:baselines with a horizon: the reward-to-go form. *)
Theorem baselines_finite T (b : nat -> state M -> history M -> R) :
  has_derivative (fun u => J_T M (pi u) T) th (fun v => E M (pi th) T (fun s h =>
    ∑ t < T, (gamma M ^ t * (psi_at v s h t * (return_from M s h t T - b t s (firstn t h)))))).
Proof.
  eapply derivative_eq; [apply (reward_to_go M pi th dpi h2)|]. intros v; cbv beta.
  rewrite !E_sum_to. apply sum_to_ext; intros t Ht. rewrite E_scal.
  rewrite (E_ext T (fun s h => psi_at v s h t * (return_from M s h t T - b t s (firstn t h)))
    (fun s h => psi_at v s h t * return_from M s h t T - psi_at v s h t * b t s (firstn t h)))
    by (intros; ring).
  rewrite E_minus, (baseline_zero T t v (b t) Ht), Rminus_0_r, <- E_scal. apply E_ext; intros; ring.
Qed.

(** thm:baselines without a horizon, with Q. *)
Theorem baselines_infinite (b : nat -> state M -> history M -> R) :
  has_derivative (fun u => J M (pi u)) th (fun v =>
    Series (fun t => gamma M ^ t * E M (pi th) (S t) (fun s h =>
      psi_at v s h t * (pair_at M Q_ s h t - b t s (firstn t h))))).
Proof.
  eapply derivative_eq; [apply (policy_gradient_sum M pi th dpi h2)|]. intros v; cbv beta.
  apply Series_ext; intros t. f_equal.
  rewrite (E_ext (S t) (fun s h => psi_at v s h t * (pair_at M Q_ s h t - b t s (firstn t h)))
    (fun s h => psi_at v s h t * pair_at M Q_ s h t - psi_at v s h t * b t s (firstn t h)))
    by (intros; ring).
  rewrite E_minus, (baseline_zero (S t) t v (b t)) by lia. ring.
Qed.

(** eq:baseline-invariance *)
Theorem baseline_invariance (b : state M -> R) :
  has_derivative (fun u => J M (pi u)) th (fun v => / (1 - gamma M) *
    ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * (Q_ s a - b s)))).
Proof.
  eapply derivative_eq; [apply (policy_gradient M pi th dpi h2)|]. intros v; cbv beta.
  f_equal. apply sum_ext; intros s. f_equal.
  rewrite (sum_ext _ (fun a => dpi s a v * (Q_ s a - b s)) (fun a => dpi s a v * Q_ s a - dpi s a v * b s))
    by (intros; ring).
  rewrite sum_minus, (sum_scal_r A (b s) (fun a => dpi s a v)).
  rewrite (derivatives_cancel M pi th dpi h2). ring.
Qed.

(** eq:rao-blackwell, with a horizon, in one direction: a single term with Q in place of the
    return never scatters more. *)
Theorem rao_blackwell T t v : (t < T)%nat ->
  let G s h := return_from M s h t T in
  let q s h := pair_at M (Q_at M (pi th) T t) s h t in
  E M (pi th) T (fun s h => (psi_at v s h t * G s h) ^ 2)
    - E M (pi th) T (fun s h => (psi_at v s h t * q s h) ^ 2)
  = E M (pi th) T (fun s h => (psi_at v s h t * (G s h - q s h)) ^ 2).
Proof.
  intros Ht G q.
  set (w := fun s a => score M (pi th) dpi s a v * score M (pi th) dpi s a v * Q_at M (pi th) T t s a).
  assert (W : forall s h, pair_at M w s h t = psi_at v s h t * psi_at v s h t * q s h).
  { intros s h. unfold w, q, pair_at. rewrite !at_time_mult. reflexivity. }
  assert (X : E M (pi th) T (fun s h => pair_at M w s h t * G s h)
            = E M (pi th) T (fun s h => pair_at M w s h t * q s h)).
  { apply mean_ext; intros s. apply tower_weight; [exact Hp|exact Ht]. }
  rewrite (E_ext T (fun s h => (psi_at v s h t * (G s h - q s h)) ^ 2)
    (fun s h => ((psi_at v s h t * G s h) ^ 2 - 2 * (pair_at M w s h t * G s h))
                + (psi_at v s h t * q s h) ^ 2)) by (intros; rewrite W; ring).
  rewrite E_plus, E_minus, E_scal, X.
  rewrite (E_ext T (fun s h => pair_at M w s h t * q s h) (fun s h => (psi_at v s h t * q s h) ^ 2))
    by (intros; rewrite W; ring).
  ring.
Qed.

End Baselines.

(** The temporal-difference error of a critic c. *)
Definition td_error (M : MDP) (c : state M -> R) := at_time M (fun s _ s' r => r + gamma M * c s' - c s).
Definition state_at (M : MDP) (s : state M) (h : history M) (t : nat) : state M := last_state M s (firstn t h).

Section TemporalDifference.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Notation A := (elements (actions M)).

(** eq:advantage-mean *)
Theorem advantage_mean s : mean A (pi s) (fun a => Q M pi s a - V M pi s) = 0.
Proof.
  rewrite mean_minus, mean_const by apply Hpi. rewrite <- bellman_V by exact Hpi. ring.
Qed.

(** eq:td-error: with the critic V, its mean given the past and the action is the advantage. *)
Theorem td_error_mean s (h : history M) a :
  E_given_action M pi 0 s h a (fun h' => td_error M (V M pi) s h' (length h))
  = Q M pi (last_state M s h) a - V M pi (last_state M s h).
Proof.
  unfold E_given_action, td_error; cbv zeta. set (x := last_state M s h).
  rewrite (mean_ext _ _ _ (fun s' => mean (rewards M) (reward_law M x a s') (fun r => r)
    + (gamma M * V M pi s' - V M pi x))).
  - rewrite mean_plus, mean_minus, mean_scal, mean_const by apply kernel_law.
    unfold Q, mean_reward, move. ring.
  - intros s'. rewrite <- (mean_const (rewards M) (reward_law M x a s') (gamma M * V M pi s' - V M pi x))
      by apply reward_law_law.
    rewrite <- mean_plus. apply mean_ext; intros r.
    rewrite E_from_zero, <- (Nat.add_0_r (length h)), at_time_app_new. cbn. fold x. ring.
Qed.

Lemma td_error_at c s (h : history M) k : (k < length h)%nat ->
  td_error M c s h k = reward_at M s h k + gamma M * c (state_at M s h (S k)) - c (state_at M s h k).
Proof.
  unfold td_error, reward_at, state_at. revert s k; induction h as [|[[a s'] r] h IH]; intros s k Hk; cbn in *; [lia|].
  destruct k; [reflexivity|]. rewrite IH by lia. reflexivity.
Qed.

(** eq:telescoping *)
Theorem telescoping c s (h : history M) t T : (t <= T)%nat -> (T <= length h)%nat ->
  ∑ i < (T - t), (gamma M ^ i * td_error M c s h (t + i))
  = return_from M s h t T - c (state_at M s h t) + gamma M ^ (T - t) * c (state_at M s h T).
Proof.
  intros Ht HT. unfold return_from.
  assert (H : forall n, (t + n <= length h)%nat -> ∑ i < n, (gamma M ^ i * td_error M c s h (t + i))
    = ∑ i < n, (gamma M ^ i * reward_at M s h (t + i)) - c (state_at M s h t)
      + gamma M ^ n * c (state_at M s h (t + n))).
  { induction n as [|n IH]; intros Hn; [cbn; rewrite Nat.add_0_r; ring|].
    cbn [sum_to pow]. rewrite IH, td_error_at by lia. rewrite (Nat.add_succ_r t n). ring. }
  rewrite H by lia. replace (t + (T - t))%nat with T by lia. reflexivity.
Qed.

End TemporalDifference.

(** Chapter 5, one step: the best constant baseline, for one coordinate psi of a score. *)
Section OneStep.
Context {X : Type} (l : list X) (p psi r : X -> R).

Definition variance (f : X -> R) : R := mean l p (fun x => f x * f x) - mean l p f * mean l p f.
Definition best_constant : R := mean l p (fun x => psi x * psi x * r x) / mean l p (fun x => psi x * psi x).

(** eq:var-const-baseline *)
Theorem var_const_baseline b : mean l p psi = 0 -> mean l p (fun x => psi x * psi x) <> 0 ->
  variance (fun x => psi x * (r x - b)) = variance (fun x => psi x * (r x - best_constant))
    + (b - best_constant) ^ 2 * mean l p (fun x => psi x * psi x).
Proof.
  intros H0 H2.
  assert (S1 : forall c, mean l p (fun x => psi x * (r x - c)) = mean l p (fun x => psi x * r x)).
  { intros c. rewrite (mean_ext _ _ _ (fun x => psi x * r x - c * psi x)) by (intros; ring).
    rewrite mean_minus, mean_scal, H0. ring. }
  assert (S2 : forall c, mean l p (fun x => psi x * (r x - c) * (psi x * (r x - c)))
    = mean l p (fun x => psi x * psi x * (r x * r x))
      - 2 * c * mean l p (fun x => psi x * psi x * r x) + c * c * mean l p (fun x => psi x * psi x)).
  { intros c. rewrite <- !mean_scal, <- mean_minus, <- mean_plus. apply mean_ext; intros; ring. }
  unfold variance. rewrite !S1, !S2. unfold best_constant. field. exact H2.
Qed.

End OneStep.
