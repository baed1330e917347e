(** Chapter 4: the value of an action, the Markov property, and the tower. *)
From PolicyGradient Require Export Causality.

(** def:action-value. Bellman's equation, first line. *)
Definition Q (M : MDP) (pi : policy M) (s : state M) (a : action M) : R :=
  mean_reward M s a + gamma M * move M s a (V M pi).

(** def:action-value-finite. Backward in time: n is the number of steps that are left. *)
Fixpoint V_left (M : MDP) (pi : policy M) (n : nat) (s : state M) : R :=
  match n with
  | O => 0
  | S m => mean (elements (actions M)) (pi s) (fun a =>
             mean_reward M s a + gamma M * move M s a (V_left M pi m))
  end.
Definition V_at (M : MDP) (pi : policy M) (T t : nat) (s : state M) : R :=
  V_left M pi (T - t) s.
Definition Q_at (M : MDP) (pi : policy M) (T t : nat)
    (s : state M) (a : action M) : R :=
  mean_reward M s a + gamma M * move M s a (V_at M pi T (S t)).

Section ActionValue.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Notation A := (elements (actions M)).
Implicit Types (s : state M) (a : action M) (h : history M).

(** eq:bellman. The first line is the definition of Q. *)
Theorem bellman_Q s a : Q M pi s a = mean_reward M s a + gamma M * move M s a (V M pi).
Proof. reflexivity. Qed.

Theorem bellman_V s : V M pi s = mean A (pi s) (Q M pi s).
Proof.
  rewrite V_equation by exact Hpi. unfold Q. rewrite mean_plus, mean_scal. reflexivity.
Qed.

(** The two lines together have one solution. *)
Theorem bellman_unique (v : state M -> R) (q : state M -> action M -> R) :
  (forall s a, q s a = mean_reward M s a + gamma M * move M s a v) ->
  (forall s, v s = mean A (pi s) (q s)) ->
  (forall s, v s = V M pi s) /\ (forall s a, q s a = Q M pi s a).
Proof.
  intros Hq Hv.
  assert (E : forall s, v s = V M pi s).
  { apply V_unique; [exact Hpi|]. intros s. rewrite Hv, (mean_ext _ _ _ _ (Hq s)), mean_plus, mean_scal.
    reflexivity. }
  split; [exact E|]. intros s a. rewrite Hq. unfold Q. do 2 f_equal. apply move_ext, E.
Qed.

(** eq:q-finite *)
Theorem q_finite T t s a : (t < T)%nat ->
  Q_at M pi T t s a = mean_reward M s a + gamma M * move M s a (V_at M pi T (S t)).
Proof. reflexivity. Qed.
Theorem v_finite T t s : (t < T)%nat -> V_at M pi T t s = mean A (pi s) (Q_at M pi T t s).
Proof. intros H. unfold V_at. replace (T - t)%nat with (S (T - S t)) by lia. reflexivity. Qed.
Theorem v_finite_end T s : V_at M pi T T s = 0.
Proof. unfold V_at. rewrite Nat.sub_diag. reflexivity. Qed.

(** The bridge: the value by backward recursion is the sum over all histories of
    probability times discounted return. *)
Theorem bridge n s : V_left M pi n s =
  ∑ h ∈ histories M n, (likelihood M pi s h * ∑ t < n, (gamma M ^ t * reward_at M s h t)).
Proof.
  change (V_left M pi n s = V_T M pi n s). revert s; induction n as [|n IH]; intros s.
  - unfold V_T. rewrite E_from_zero. reflexivity.
  - rewrite V_T_sum, sum_to_first by exact Hpi. cbn [V_left]. rewrite mean_plus, mean_scal.
    change (mean A (pi s) (fun a => move M s a (V_left M pi n))) with (P_pi M pi (V_left M pi n) s).
    rewrite (P_pi_ext _ _ _ _ s IH), (P_pi_ext _ _ _ _ s (V_T_sum M pi Hpi n)).
    f_equal; [cbn; rewrite Rmult_1_l; reflexivity|].
    unfold P_pi, move. rewrite (mean_ext _ _ _ (fun a => ∑ t < n,
      mean (elements (states M)) (kernel M s a) (fun x => gamma M ^ t * P_pow M pi t (r_pi M pi) x)))
      by (intros; apply mean_sum_to).
    rewrite mean_sum_to, <- sum_to_scal. apply sum_to_ext; intros t _. cbn [pow P_pow].
    unfold P_pi, move. rewrite Rmult_assoc. f_equal. rewrite <- mean_scal. apply mean_ext; intros a.
    apply mean_scal.
Qed.

Corollary V_left_mean n s : V_left M pi n s = V_T M pi n s.
Proof. apply bridge. Qed.

(** How far a horizon is from no horizon. *)
Lemma V_left_error n s : V M pi s - V_left M pi n s = gamma M ^ n * P_pow M pi n (V M pi) s.
Proof.
  rewrite V_left_mean, V_T_sum by exact Hpi.
  rewrite (unroll M pi (r_pi M pi) (V M pi) (V_equation M pi Hpi) n s) at 1. ring.
Qed.

Lemma Q_at_error T t s a Rmax : (t < T)%nat -> (forall r, In r (rewards M) -> Rabs r <= Rmax) ->
  Rabs (Q M pi s a - Q_at M pi T t s a) <= gamma M ^ (T - t) * (Rmax / (1 - gamma M)).
Proof.
  intros Ht HR. pose proof (gamma_range M) as Hq. unfold Q, Q_at.
  replace (mean_reward M s a + gamma M * move M s a (V M pi)
     - (mean_reward M s a + gamma M * move M s a (V_at M pi T (S t))))
    with (gamma M * (move M s a (V M pi) - move M s a (V_at M pi T (S t)))) by ring.
  unfold move. rewrite <- mean_minus.
  replace (T - t)%nat with (S (T - S t)) by lia. cbn [pow].
  rewrite Rabs_mult, (Rabs_pos_eq (gamma M)), Rmult_assoc by lra.
  apply Rmult_le_compat_l; [lra|]. apply mean_bound; [apply kernel_law|]. intros x _.
  unfold V_at. rewrite V_left_error, Rabs_mult, (Rabs_pos_eq (gamma M ^ _)) by (apply power_range; exact Hq).
  apply Rmult_le_compat_l; [apply power_range; exact Hq|]. apply P_pow_bound; [exact Hpi|].
  intros y; apply V_bound; assumption.
Qed.

Lemma E_given_action_ext m s h a f g : (forall s' r further, length further = m ->
    f (h ++ (a, s', r) :: further) = g (h ++ (a, s', r) :: further)) ->
  E_given_action M pi m s h a f = E_given_action M pi m s h a g.
Proof.
  intros H. apply mean_ext; intros s'; apply mean_ext; intros r; apply E_from_ext; intros; apply H; assumption.
Qed.
Lemma E_given_action_scal m s h a c f :
  E_given_action M pi m s h a (fun h => c * f h) = c * E_given_action M pi m s h a f.
Proof.
  unfold E_given_action; cbv zeta. rewrite <- mean_scal. apply mean_ext; intros s'.
  rewrite <- mean_scal. apply mean_ext; intros r. apply E_from_scal.
Qed.
Lemma E_given_action_const m s h a c : E_given_action M pi m s h a (fun _ => c) = c.
Proof.
  unfold E_given_action; cbv zeta. rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, kernel_law|].
  intros s'. rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, reward_law_law|].
  intros r. apply E_from_const, Hpi.
Qed.

(** eq:markov, with a horizon: of the whole past only the present state counts. *)
Theorem markov T t s h a : (t < T)%nat -> length h = t ->
  E_given_action M pi (T - S t) s h a (fun h' => return_from M s h' t T)
  = Q_at M pi T t (last_state M s h) a.
Proof.
  intros Ht Hh. unfold E_given_action, Q_at, V_at; cbv zeta. set (x := last_state M s h).
  unfold mean_reward, move. rewrite <- mean_scal, <- mean_plus. apply mean_ext; intros s'.
  rewrite (mean_ext _ _ _ (fun r => r + gamma M * V_left M pi (T - S t) s')).
  - rewrite mean_plus, mean_const by apply reward_law_law. reflexivity.
  - intros r. rewrite V_left_mean. unfold V_T. rewrite <- E_from_scal.
    transitivity (E_from M pi (T - S t) s' (fun further =>
      r + gamma M * ∑ i < (T - S t), (gamma M ^ i * reward_at M s' further i)));
      [|rewrite E_from_plus, E_from_const by exact Hpi; reflexivity].
    apply E_from_ext; intros further _. unfold return_from.
    replace (T - t)%nat with (S (T - S t)) by lia. rewrite sum_to_first, <- sum_to_scal. f_equal.
    + unfold reward_at. rewrite <- Hh at 1. rewrite at_time_app_new. cbn; ring.
    + apply sum_to_ext; intros k _. unfold reward_at. rewrite <- Hh, at_time_app_new. cbn. ring.
Qed.

(** eq:markov without a horizon: G_t is the limit of G_t^T. *)
Theorem markov_infinite t s h a : length h = t ->
  is_lim_seq (fun T => E_given_action M pi (T - S t) s h a (fun h' => return_from M s h' t T))
    (Q M pi (last_state M s h) a).
Proof.
  intros Hh. set (x := last_state M s h).
  destruct (rewards_bounded M) as (Rmax & HR0 & HR). pose proof (gamma_range M) as Hq.
  apply (is_lim_seq_incr_n _ (S t)).
  apply is_lim_seq_ext with (fun n => Q M pi x a - (Q M pi x a - Q_at M pi (n + S t) t x a)).
  { intros n. rewrite markov by (auto; lia). fold x. ring. }
  replace (Finite (Q M pi x a)) with (Finite (Q M pi x a - 0)) by (f_equal; ring).
  apply is_lim_seq_minus'; [apply is_lim_seq_const|]. apply is_lim_seq_abs_0.
  apply is_lim_seq_le_le with (fun _ => 0) (fun n => Rmax / (1 - gamma M) * gamma M ^ n).
  - intros n. split; [apply Rabs_pos|].
    eapply Rle_trans; [apply Q_at_error with (Rmax := Rmax); [lia|exact HR]|].
    replace (n + S t - t)%nat with (S n) by lia. cbn [pow]. rewrite Rmult_comm.
    apply Rmult_le_compat_l.
    + apply Rmult_le_pos; [exact HR0|]. left; apply Rinv_0_lt_compat; lra.
    + pose proof (power_range _ Hq n). rewrite <- (Rmult_1_l (gamma M ^ n)) at 2.
      apply Rmult_le_compat_r; lra.
  - apply is_lim_seq_const.
  - apply power_vanishes, Hq.
Qed.

(** The tower: any function of (s_t, a_t) may stand in front. *)
Lemma tower_weight T t s (w : state M -> action M -> R) : (t < T)%nat ->
  E_from M pi T s (fun h => pair_at M w s h t * return_from M s h t T)
  = E_from M pi T s (fun h => pair_at M w s h t * pair_at M (Q_at M pi T t) s h t).
Proof.
  intros Ht.
  assert (HT : forall f, E_from M pi T s f = E_from M pi (t + S (T - S t)) s f)
    by (intros f; f_equal; lia).
  rewrite !HT, !E_from_app.
  apply E_from_ext; intros h Hh. rewrite !E_given_step. apply mean_ext; intros a.
  set (x := last_state M s h).
  assert (HF : forall F s' r further,
    pair_at M F s (h ++ (a, s', r) :: further) t = F x a).
  { intros F s' r further. unfold pair_at. rewrite <- Hh, <- (Nat.add_0_r (length h)), at_time_app_new. reflexivity. }
  transitivity (w x a * Q_at M pi T t x a).
  - unfold x at 2. rewrite <- (markov T t s h a Ht Hh), <- E_given_action_scal.
    apply E_given_action_ext; intros. rewrite HF. reflexivity.
  - symmetry. rewrite <- (E_given_action_const (T - S t) s h a (w x a * Q_at M pi T t x a)).
    apply E_given_action_ext; intros. rewrite !HF. reflexivity.
Qed.

End ActionValue.

Section Tower.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation psi_at v := (pair_at M (fun s a => score M (pi th) dpi s a v)).
Implicit Types (s : state M) (h : history M) (v : U).

(** eq:tower *)
Theorem tower T t v : (t < T)%nat ->
  E M (pi th) T (fun s h => psi_at v s h t * return_from M s h t T)
  = E M (pi th) T (fun s h => psi_at v s h t * pair_at M (Q_at M (pi th) T t) s h t).
Proof.
  intros Ht. apply mean_ext; intros s.
  apply tower_weight; [exact (policy_here M pi th dpi h2)|exact Ht].
Qed.

(** Means of score times a function of the pair, as sums over states and actions. *)
Lemma score_mean T t v (F : state M -> action M -> R) : (t < T)%nat ->
  E M (pi th) T (fun s h => psi_at v s h t * pair_at M F s h t)
  = mean (elements (states M)) (state_law M (pi th) t) (fun s =>
      ∑ a ∈ elements (actions M), (dpi s a v * F s a)).
Proof.
  intros Ht. pose proof (policy_here M pi th dpi h2) as Hp.
  rewrite (E_ext T _ (fun s h => pair_at M (fun s a => score M (pi th) dpi s a v * F s a) s h t)).
  - rewrite pair_mean by assumption. apply mean_ext; intros s. apply (mean_score_weight M pi th dpi h2).
  - intros s h _. apply at_time_mult.
Qed.

(** thm:pgt-finite, eq:pgt-finite. The policy gradient theorem with a finite horizon. *)
Theorem policy_gradient_finite T :
  has_derivative (fun u => J_T M (pi u) T) th
    (fun v => E M (pi th) T (fun s h => ∑ t < T, (gamma M ^ t *
       (psi_at v s h t * pair_at M (Q_at M (pi th) T t) s h t)))).
Proof.
  apply derivative_eq with (1 := reward_to_go M pi th dpi h2 T).
  (* Line 1 of the book's proof: the reward-to-go form is the derivative. What remains to be shown
     is that it equals the formula with Q, in every direction. *)
  intros v; cbv beta.
  (* Let v be any direction. *)
  rewrite 2 E_sum_to.
  (* On both sides the mean of a finite sum is the sum of the means. *)
  apply sum_to_ext.
  (* Two sums are equal if their terms are. *)
  intros t Ht.
  (* Let t be a time before the horizon T. *)
  rewrite E_scal.
  (* On the right, the number gamma^t leaves the mean. *)
  rewrite <- (tower T t v Ht).
  (* Line 2 of the book's proof: the tower. Read from right to left it puts the return back in
     the place of Q. This is the one step with content; everything else is bookkeeping. *)
  rewrite <- E_scal.
  (* The number goes back into the mean. *)
  apply E_ext.
  (* Two means are equal if the functions agree on every trajectory. *)
  intros s h _.
  (* Let a trajectory be given: a first state s and a history h. *)
  ring.
  (* Line 3: both sides are the same product of three numbers, in another order. *)
Qed.

(** The same, with all sums written out. *)
Corollary policy_gradient_finite_sum T :
  has_derivative (fun u => J_T M (pi u) T) th
    (fun v => ∑ t < T, (gamma M ^ t * mean (elements (states M)) (state_law M (pi th) t) (fun s =>
       ∑ a ∈ elements (actions M), (dpi s a v * Q_at M (pi th) T t s a)))).
Proof.
  eapply derivative_eq; [apply policy_gradient_finite|]. intros v; cbv beta.
  rewrite E_sum_to. apply sum_to_ext; intros t Ht. rewrite E_scal, score_mean by exact Ht. reflexivity.
Qed.

End Tower.
