(** Wrong versions of the theorem, each written down as a statement and proved false. *)
From PolicyGradient Require Export RunningMDP Baselines BatchMean.

(** def:without-gamma-t. The first T terms, without the factor gamma^t. *)
Definition omega (M : MDP) {U : NormedModule R_AbsRing} (pi : policy M)
    (dpi : state M -> action M -> U -> R) (T : nat) (v : U) : R :=
  ∑ t < T, E M pi (S t) (fun s h =>
    pair_at M (fun s a => score M pi dpi s a v) s h t * pair_at M (Q M pi) s h t).

(** One real parameter. *)
Notation R1 := R_NormedModule.

(** 1. The factor gamma^t dropped. *)
Definition claim_without_discount : Prop :=
  forall (M : MDP) (pi : R1 -> policy M) (th : R1)
    (dpi : state M -> action M -> R1 -> R),
  differentiable_at M pi th dpi ->
  exists slope : R, is_derive (fun u => J M (pi u)) th slope /\
    is_lim_seq (fun T => omega M (pi th) dpi T 1) slope.

Lemma running_state_mean t :
  mean (elements (states running)) (state_law running pi_0 t)
    (local_gain running running_policy 0 running_slope 1)
  = 225/3782 - 27/62 * (207/305) * (- (1/30)) ^ t.
Proof.
  rewrite state_law_mean. unfold rho_0.
  set (g := local_gain running running_policy 0 running_slope 1).
  assert (H : P_pow running pi_0 t g false = 225/3782 - 27/62 * (207/305) * (- (1/30)) ^ t /\
              P_pow running pi_0 t g true = 225/3782 + 35/62 * (207/305) * (- (1/30)) ^ t).
  { induction t as [|t [I0 I1]].
    - cbn [P_pow pow]. unfold g. rewrite !running_gain. cbn. split; field.
    - cbn [P_pow pow]. destruct (running_P (P_pow running pi_0 t g)) as [P0 P1].
      rewrite P0, P1, I0, I1. split; field. }
  transitivity ((1 - 0) * P_pow running pi_0 t g false + 0 * P_pow running pi_0 t g true); [apply mean_two|].
  rewrite (proj1 H). ring.
Qed.

(** In the running MDP, exactly: omega_T grows by 225/3782 a step. *)
Theorem running_omega T : omega running pi_0 running_slope T (1 : R_NormedModule)
  = 225/3782 * INR T - 27/62 * (207/305) * (30/31) * (1 - (- (1/30)) ^ T).
Proof.
  unfold omega. induction T as [|T IH]; [cbn; ring|].
  cbn [sum_to]. rewrite IH, S_INR.
  rewrite (score_Q_mean running running_policy 0 running_slope running_differentiable T 1), running_state_mean.
  cbn [pow]. field.
Qed.

Lemma alternating_bound T : Rabs ((- (1/30)) ^ T) <= 1.
Proof.
  rewrite <- RPow_abs, Rabs_Ropp, Rabs_pos_eq by lra.
  apply Rle_trans with (1 ^ T); [apply pow_incr; lra|rewrite pow1; lra].
Qed.

Theorem running_omega_diverges :
  is_lim_seq (fun T => omega running pi_0 running_slope T (1 : R1)) p_infty.
Proof.
  apply is_lim_seq_le_p_loc with (fun T => 225/3782 * INR T - 1).
  - exists O. intros T _. rewrite running_omega. pose proof (alternating_bound T) as H.
    apply Rabs_le_between in H. lra.
  - replace p_infty with (Rbar_plus (Rbar_mult (225/3782) p_infty) (Finite (-1))).
    + apply is_lim_seq_plus with (l1 := Rbar_mult (225/3782) p_infty) (l2 := Finite (-1)).
      * apply is_lim_seq_scal_l, is_lim_seq_INR.
      * apply is_lim_seq_const.
      * cbn. destruct (Rle_dec 0 (225/3782)) as [H|H]; [|exfalso; lra].
        destruct (Rle_lt_or_eq_dec 0 (225/3782) H); [reflexivity|exfalso; lra].
    + cbn. destruct (Rle_dec 0 (225/3782)) as [H|H]; [|exfalso; lra].
      destruct (Rle_lt_or_eq_dec 0 (225/3782) H); [reflexivity|exfalso; lra].
Qed.

(** The gradient is -639/3721; the sum without gamma^t tends to plus infinity. *)
Theorem discount_cannot_be_dropped : ~ claim_without_discount.
Proof.
  intros C. destruct (C running running_policy 0 running_slope running_differentiable) as (slope & _ & L).
  pose proof (is_lim_seq_unique _ _ L) as E1.
  pose proof (is_lim_seq_unique _ _ running_omega_diverges) as E2.
  pose proof (eq_trans (eq_sym E1) E2) as E3. discriminate E3.
Qed.

(** 2. V in place of Q. *)
Definition claim_V_for_Q : Prop :=
  forall (M : MDP) (pi : R1 -> policy M) (th : R1)
    (dpi : state M -> action M -> R1 -> R),
  differentiable_at M pi th dpi ->
  has_derivative (fun u => J M (pi u)) th (fun v =>
    Series (fun t => gamma M ^ t * E M (pi th) (S t) (fun s h =>
      pair_at M (fun s a => score M (pi th) dpi s a v) s h t
      * pair_at M (fun s _ => V M (pi th) s) s h t))).

(** With V the sum is zero, in every world. *)
Theorem V_for_Q_is_zero (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
    (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi) (v : U) t :
  E M (pi th) (S t) (fun s h => pair_at M (fun s a => score M (pi th) dpi s a v) s h t
    * pair_at M (fun s _ => V M (pi th) s) s h t) = 0.
Proof.
  rewrite (score_mean M pi th dpi h2) by lia. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|].
  intros s. rewrite (sum_scal_r (elements (actions M)) (V M (pi th) s) (fun a => dpi s a v)).
  rewrite (derivatives_cancel M pi th dpi h2). ring.
Qed.

Theorem V_cannot_replace_Q : ~ claim_V_for_Q.
Proof.
  intros C. pose proof (C running running_policy 0 running_slope running_differentiable) as H.
  pose proof (proj2 (derivative_real (fun u => J running (running_policy u)) 0 (- (639/3721))) running_gradient) as G.
  pose proof (derivative_unique (U := R_NormedModule) _ _ _ _ H G 1) as E1. cbv beta in E1.
  rewrite (Series_ext _ (fun _ => 0)), series_zero in E1; [lra|].
  intros t. rewrite (V_for_Q_is_zero running running_policy 0 running_slope running_differentiable 1 t). ring.
Qed.

(** 3. The table Q_0 at every step, with a horizon. *)
Definition claim_Q0_at_every_step : Prop :=
  forall (M : MDP) (pi : R1 -> policy M) (th : R1)
    (dpi : state M -> action M -> R1 -> R) (T : nat),
  differentiable_at M pi th dpi ->
  has_derivative (fun u => J_T M (pi u) T) th (fun v =>
    E M (pi th) T (fun s h => ∑ t < T, (gamma M ^ t *
      (pair_at M (fun s a => score M (pi th) dpi s a v) s h t
       * pair_at M (Q_at M (pi th) T 0) s h t)))).

(** The state is the last action; state s pays s, and action 1 costs 3/8. One coin for both steps. *)
Definition clock_pays (s a : bool) : R := (if s then 1 else 0) - (if a then 3/8 else 0).
Definition clock_to (s a : bool) : R := if a then 1 else 0.
Lemma clock_distinct : NoDup ((0 - 0) :: (0 - 3/8) :: (1 - 0) :: (1 - 3/8) :: nil).
Proof. repeat constructor; cbn; intuition lra. Qed.
Lemma clock_listed s a : In (clock_pays s a) ((0 - 0) :: (0 - 3/8) :: (1 - 0) :: (1 - 3/8) :: nil).
Proof. destruct s, a; cbn; tauto. Qed.
Lemma clock_to_range s a : 0 <= clock_to s a <= 1.
Proof. destruct s, a; cbn; lra. Qed.
Definition clock : MDP := two_state_world _ 0 clock_to clock_pays (1/2)
  clock_distinct clock_listed zero_range clock_to_range half_range.
Definition clock_policy (p : R) : policy clock := fun s => coin p.
Definition clock_slope := coin_slope (fun _ => 1).

Lemma near_half (P : R -> Prop) : (forall u, 0 <= u <= 1 -> P u) -> locally (1/2 : R_NormedModule) P.
Proof.
  intros H. assert (Hp : 0 < 1/2) by lra. exists (mkposreal _ Hp). intros u Hu. apply H.
  change (Rabs (u - 1/2) < 1/2) in Hu. apply Rabs_lt_between in Hu. lra.
Qed.

Lemma clock_differentiable :
  differentiable_at (U := R_NormedModule) clock clock_policy (1/2) clock_slope.
Proof.
  apply (coin_differentiable _ _ _ _ _ _ _ _ _ _ (fun u _ => u) (fun _ => 1)).
  - apply near_half. intros u Hu _; exact Hu.
  - intros s. apply (is_derive_id (K := R_AbsRing)).
Qed.

Notation clock_half := (clock_policy (1/2)).
Lemma clock_mean (s : bool) (f : bool -> R) :
  mean (elements (actions clock)) (clock_half s) f = 1/2 * f false + 1/2 * f true.
Proof. transitivity ((1 - 1/2) * f false + 1/2 * f true); [apply mean_two|field]. Qed.
Lemma clock_move (s a : bool) (f : bool -> R) : move clock s a f = if a then f true else f false.
Proof. transitivity ((1 - clock_to s a) * f false + clock_to s a * f true); [apply mean_two|destruct a; cbn; ring]. Qed.
Lemma clock_start (f : bool -> R) : rho_0 clock f = f false.
Proof. transitivity ((1 - 0) * f false + 0 * f true); [apply mean_two|ring]. Qed.
Lemma clock_reward s a : mean_reward clock s a = clock_pays s a.
Proof. apply two_state_reward. Qed.

(** Both sums, with the table of time u at time t. *)
Lemma clock_terms (u t : nat) (v : R) : (u < 2)%nat -> (t < 2)%nat ->
  E clock clock_half 2 (fun s h => pair_at clock (fun s a => score (U := R_NormedModule) clock clock_half clock_slope s a v) s h t
     * pair_at clock (Q_at clock clock_half 2 u) s h t)
  = v * (if u then 1/8 else - (3/8)).
Proof.
  intros Hu Ht.
  rewrite (score_mean clock clock_policy (1/2) clock_slope clock_differentiable 2 t v _ Ht), state_law_mean, clock_start.
  transitivity (P_pow clock clock_half t (fun _ => v * (if u then 1/8 else - (3/8))) false).
  - apply P_pow_ext. intros s. cbn [elements actions clock two_state_world two sum_over].
    unfold clock_slope, coin_slope.
    destruct u as [|[|u]]; [| |lia]; unfold Q_at, V_at; cbn [Nat.sub V_left];
      rewrite !clock_reward, ?clock_move, ?clock_mean, ?clock_reward, ?clock_move;
      change (gamma clock) with (1/2); unfold clock_pays; destruct s; cbn; field.
  - apply P_pow_const. exact (policy_here _ _ _ _ clock_differentiable).
Qed.

(** The truth is -1/16; the table Q_0 at both times says 3/16. *)
Theorem clock_gradient :
  is_derive (fun p => J_T clock (clock_policy p) 2) (1/2) (- (1/16)).
Proof.
  apply (proj1 (derivative_real (fun p => J_T clock (clock_policy p) 2) (1/2) (- (1/16)))).
  eapply (derivative_eq (U := R_NormedModule));
    [apply (policy_gradient_finite clock clock_policy (1/2) clock_slope clock_differentiable 2)|].
  intros v; cbv beta. rewrite E_sum_to. cbn [sum_to]. rewrite !E_scal, !clock_terms by lia.
  change (gamma clock) with (1/2). cbn. field.
Qed.

Theorem clock_wrong (v : R1) :
  E clock clock_half 2 (fun s h => ∑ t < 2, (gamma clock ^ t *
    (pair_at clock (fun s a => score clock clock_half clock_slope s a v) s h t
     * pair_at clock (Q_at clock clock_half 2 0) s h t))) = v * (3/16).
Proof.
  rewrite E_sum_to. cbn [sum_to]. rewrite !E_scal, !clock_terms by lia.
  change (gamma clock) with (1/2). cbn. field.
Qed.

Theorem Q0_cannot_serve_every_step : ~ claim_Q0_at_every_step.
Proof.
  intros C. pose proof (C clock clock_policy (1/2) clock_slope 2%nat clock_differentiable) as H.
  pose proof (proj2 (derivative_real (fun p => J_T clock (clock_policy p) 2) (1/2) (- (1/16))) clock_gradient) as G.
  pose proof (derivative_unique (U := R_NormedModule) _ _ _ _ H G 1) as E1. cbv beta in E1.
  rewrite clock_wrong in E1. lra.
Qed.

(** 4. A baseline that sees the action. *)
Definition claim_baseline_sees_action : Prop :=
  forall (M : MDP) (pi : R1 -> policy M) (th : R1)
    (dpi : state M -> action M -> R1 -> R) (b : state M -> action M -> R),
  differentiable_at M pi th dpi ->
  E M (pi th) 1 (fun s h =>
    pair_at M (fun s a => score M (pi th) dpi s a 1) s h 0
    * pair_at M b s h 0) = 0.

(** b = a in the running MDP: the mean is p (1 - p) = 6/25. *)
Theorem running_baseline_sees_action :
  E running pi_0 1 (fun s h =>
    pair_at running (fun s a => score (U := R_NormedModule) running pi_0 running_slope s a 1) s h 0
    * pair_at running (fun (_ a : bool) => if a then 1 else 0) s h 0) = 6/25.
Proof.
  rewrite (score_mean running running_policy 0 running_slope running_differentiable) by lia.
  rewrite state_law_mean. unfold rho_0.
  eapply eq_trans; [apply mean_two|]. cbn. unfold running_slope, coin_slope; cbn. field.
Qed.

Theorem baseline_must_not_see_action : ~ claim_baseline_sees_action.
Proof.
  intros C. pose proof (C running running_policy 0 running_slope (fun _ a : bool => if a then 1 else 0)
    running_differentiable) as H.
  rewrite running_baseline_sees_action in H. lra.
Qed.

(** 5. The mean of the own batch, taken for unbiased. *)
Definition claim_own_mean_unbiased : Prop :=
  forall (M : MDP) (pi : R1 -> policy M) (th : R1)
    (dpi : state M -> action M -> R1 -> R) (T N : nat),
  differentiable_at M pi th dpi -> (2 <= N)%nat ->
  has_derivative (fun u => J_T M (pi u) T) th (fun v =>
    E_batch M (pi th) T N (own_mean_estimate M pi th dpi T v)).

Theorem running_gradient_one_step : is_derive (fun u => J_T running (running_policy u) 1) 0 (- (6/25)).
Proof.
  apply (proj1 (derivative_real (fun u => J_T running (running_policy u) 1) 0 (- (6/25)))).
  eapply (derivative_eq (U := R_NormedModule));
    [apply (policy_gradient_finite_sum running running_policy 0 running_slope running_differentiable 1)|].
  intros v; cbv beta. cbn [sum_to]. rewrite state_law_mean. unfold rho_0.
  transitivity (0 + 1 * (v * - (6/25))); [|ring]. f_equal. f_equal.
  eapply eq_trans; [apply mean_two|]. cbn [P_pow elements actions running two_state_world two sum_over].
  unfold Q_at, V_at. cbn [Nat.sub V_left]. rewrite !running_reward, !running_move.
  unfold running_slope, coin_slope; cbn. field.
Qed.

Theorem own_mean_is_biased : ~ claim_own_mean_unbiased.
Proof.
  intros C. pose proof (C running running_policy 0 running_slope 1%nat 2%nat running_differentiable (le_n 2)) as H.
  pose proof (proj2 (derivative_real (fun u => J_T running (running_policy u) 1) 0 (- (6/25))) running_gradient_one_step) as G.
  pose proof (derivative_unique (U := R_NormedModule) _ _ _ _ H G 1) as E1. cbv beta in E1.
  rewrite (batch_mean_bias running running_policy 0 running_slope running_differentiable 1 2 1) in E1 by lia.
  pose proof (derivative_unique (U := R_NormedModule) _ _ _ _
    (batch_target running running_policy 0 running_slope running_differentiable 1) G 1) as E2. cbv beta in E2.
  rewrite E2 in E1. cbn in E1. lra.
Qed.

(** 6. eq:sign-flip. With a horizon, too, the dropped factor can reverse the direction. *)
Section SignFlip.
Variables x y g : R.
Hypothesis x_pos : 0 < x.
Hypothesis y_pos : 0 < y.
Hypothesis g_range : 0 <= g < 1.

(** s_0 leads to s_1; action 1 pays x in s_0 and costs y in s_1. Two steps are made. *)
Definition flip_pays (s a : bool) : R := if a then (if s then - y else x) else 0.
Lemma flip_distinct : NoDup (0 :: x :: (- y) :: nil).
Proof. repeat constructor; cbn; intuition lra. Qed.
Lemma flip_listed s a : In (flip_pays s a) (0 :: x :: (- y) :: nil).
Proof. destruct s, a; cbn; tauto. Qed.
Lemma flip_to_range (s a : bool) : 0 <= (fun _ _ : bool => 1) s a <= 1.
Proof. lra. Qed.
Definition flip : MDP := two_state_world _ 0 (fun _ _ => 1) flip_pays g
  flip_distinct flip_listed zero_range flip_to_range g_range.
Definition flip_policy (p : R) : policy flip := fun s => coin p.

Variable p : R.
Hypothesis p_inside : 0 < p < 1.

Lemma flip_differentiable :
  differentiable_at (U := R_NormedModule) flip flip_policy p (coin_slope (fun _ => 1)).
Proof.
  apply (coin_differentiable _ _ _ _ _ _ _ _ _ _ (fun u _ => u) (fun _ => 1)).
  - assert (D : 0 < Rmin p (1 - p)) by (apply Rmin_glb_lt; lra). exists (mkposreal _ D).
    intros u Hu _. change (Rabs (u - p) < Rmin p (1 - p)) in Hu. apply Rabs_lt_between in Hu.
    pose proof (Rmin_l p (1 - p)). pose proof (Rmin_r p (1 - p)). lra.
  - intros s. apply (is_derive_id (K := R_AbsRing)).
Qed.

Lemma flip_move (s a : bool) (f : bool -> R) : move flip s a f = f true.
Proof. transitivity ((1 - 1) * f false + 1 * f true); [apply mean_two|ring]. Qed.
Lemma flip_mean (s : bool) (f : bool -> R) :
  mean (elements (actions flip)) (flip_policy p s) f = (1 - p) * f false + p * f true.
Proof. apply mean_two. Qed.

Lemma flip_reward s a : mean_reward flip s a = flip_pays s a.
Proof. apply two_state_reward. Qed.

(** The terms of the theorem at the times 0 and 1. *)
Lemma flip_terms (t : nat) (v : R) : (t < 2)%nat ->
  mean (elements (states flip)) (state_law flip (flip_policy p) t) (fun s =>
    ∑ a ∈ elements (actions flip), (coin_slope (fun _ => 1) s a v * Q_at flip (flip_policy p) 2 t s a))
  = v * (if t then x else - y).
Proof.
  intros Ht. rewrite state_law_mean. unfold rho_0. eapply eq_trans; [apply mean_two|].
  destruct t as [|[|t]]; [| |lia]; cbn [P_pow]; unfold P_pi; rewrite ?flip_mean, ?flip_move;
    cbn [elements actions flip two_state_world two sum_over]; unfold Q_at, V_at; cbn [Nat.sub V_left];
    rewrite !flip_reward, ?flip_move; unfold coin_slope, flip_pays; cbn; ring.
Qed.

Theorem sign_flip_true : is_derive (fun u => J_T flip (flip_policy u) 2) p (x - g * y).
Proof.
  apply (proj1 (derivative_real (fun u => J_T flip (flip_policy u) 2) p (x - g * y))).
  eapply (derivative_eq (U := R_NormedModule));
    [apply (policy_gradient_finite_sum flip flip_policy p _ flip_differentiable 2)|].
  intros v; cbv beta. cbn [sum_to]. rewrite !flip_terms by lia. change (gamma flip) with g. cbn. ring.
Qed.

Theorem sign_flip_dropped (v : R) :
  ∑ t < 2, mean (elements (states flip)) (state_law flip (flip_policy p) t) (fun s =>
    ∑ a ∈ elements (actions flip), (coin_slope (fun _ => 1) s a v * Q_at flip (flip_policy p) 2 t s a))
  = v * (x - y).
Proof. cbn [sum_to]. rewrite !flip_terms by lia. ring. Qed.

Theorem sign_flip : g * y < x < y -> 0 < x - g * y /\ x - y < 0.
Proof. lra. Qed.

End SignFlip.

(** 7. eq:two-action-zero-var: V is not the best baseline. One step, two actions with certain
    rewards r_0 and r_1, the logit of p. *)
Definition coin_score (p : R) (a : bool) : R := if a then 1 - p else - p.
Definition two_rewards (r0 r1 : R) (a : bool) : R := if a then r1 else r0.

Theorem two_action_best p r0 r1 : 0 < p < 1 ->
  best_constant (elements two) (coin p) (coin_score p) (two_rewards r0 r1) = (1 - p) * r1 + p * r0.
Proof. intros H. unfold best_constant. rewrite !mean_two. unfold coin_score, two_rewards.
  replace ((1 - p) * (- p * - p) + p * ((1 - p) * (1 - p))) with (p * (1 - p)) by ring.
  field. split; lra.
Qed.

Theorem two_action_zero_variance p r0 r1 :
  variance (elements two) (coin p) (fun a => coin_score p a * (two_rewards r0 r1 a - ((1 - p) * r1 + p * r0))) = 0.
Proof. unfold variance. rewrite !mean_two. unfold coin_score, two_rewards. ring. Qed.

Theorem two_action_V_variance p r0 r1 :
  variance (elements two) (coin p) (fun a => coin_score p a * (two_rewards r0 r1 a - ((1 - p) * r0 + p * r1)))
  = p * (1 - p) * ((1 - 2 * p) ^ 2 * (r1 - r0) ^ 2).
Proof. unfold variance. rewrite !mean_two. unfold coin_score, two_rewards. ring. Qed.

(** The book's numbers: p = 9/10 and rewards -1, 9. Without a baseline 0; with V = 8, 144/25. *)
Theorem V_is_not_the_best_baseline :
  variance (elements two) (coin (9/10)) (fun a => coin_score (9/10) a * (two_rewards (-1) 9 a - 0)) = 0 /\
  variance (elements two) (coin (9/10)) (fun a => coin_score (9/10) a * (two_rewards (-1) 9 a - 8)) = 144/25.
Proof. unfold variance. rewrite !mean_two. unfold coin_score, two_rewards. split; field. Qed.
