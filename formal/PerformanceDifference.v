(** Chapter 4, third proof: the difference of two policies. It uses neither chapter 3 nor the
    infinite-horizon theorem; of [InfiniteHorizon] only [policies_lipschitz] is needed. *)
From PolicyGradient Require Export InfiniteHorizon Occupancy.

Section TwoPolicies.
Context (M : MDP) (pi rho : policy M).
Context (Hpi : is_policy M pi) (Hrho : is_policy M rho).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).

Lemma change_of_Q s : ∑ a ∈ A, ((rho s a - pi s a) * Q M pi s a)
  = r_pi M rho s + gamma M * P_pi M rho (V M pi) s - V M pi s.
Proof.
  rewrite (bellman_V M pi Hpi s).
  replace (r_pi M rho s + gamma M * P_pi M rho (V M pi) s) with (mean A (rho s) (Q M pi s))
    by (unfold Q; rewrite mean_plus, mean_scal; reflexivity).
  unfold mean; rewrite <- sum_minus. apply sum_ext; intros; ring.
Qed.

(** V' - V = (I - gamma P')^(-1) of the change in Bellman's equation. *)
Theorem value_difference s : V M rho s - V M pi s
  = resolvent M rho (fun x => ∑ a ∈ A, ((rho x a - pi x a) * Q M pi x a)) s.
Proof.
  apply (resolvent_unique M rho Hrho _ (fun x => V M rho x - V M pi x)). intros x.
  rewrite change_of_Q, P_pi_minus. rewrite (V_equation M rho Hrho x) at 1. ring.
Qed.

(** thm:performance-difference, eq:performance-difference *)
Theorem performance_difference :
  J M rho - J M pi = / (1 - gamma M) *
    ∑ s ∈ St, (d_gamma M rho s * ∑ a ∈ A, ((rho s a - pi s a) * Q M pi s a)).
Proof.
  pose proof (gamma_range M) as Hq. rewrite !J_infinite by assumption. unfold rho_0. rewrite <- mean_minus.
  rewrite (mean_ext _ _ _ _ value_difference).
  change (∑ s ∈ St, (d_gamma M rho s * ∑ a ∈ A, ((rho s a - pi s a) * Q M pi s a)))
    with (mean St (d_gamma M rho) (fun x => ∑ a ∈ A, ((rho x a - pi x a) * Q M pi x a))).
  rewrite (occupancy_mean M rho Hrho). unfold rho_0. field; lra.
Qed.

(** The resolvent of a fixed function moves little if the policy does. *)
Lemma resolvent_lipschitz (f : state M -> R) B dist s : 0 <= dist ->
  (forall x, Rabs (f x) <= B) -> (forall x, ∑ a ∈ A, Rabs (rho x a - pi x a) <= dist) ->
  Rabs (resolvent M rho f s - resolvent M pi f s) <= B / (1 - gamma M) * / (1 - gamma M) * dist.
Proof.
  intros Hd0 HB Hd. pose proof (gamma_range M) as Hq. set (g := resolvent M pi f).
  assert (Hg : forall x, Rabs (g x) <= B / (1 - gamma M)) by (intros; apply resolvent_bound; assumption).
  assert (B0 : 0 <= B / (1 - gamma M)) by (eapply Rle_trans; [apply Rabs_pos|apply (Hg s)]).
  assert (E : resolvent M rho f s - g s
    = resolvent M rho (fun x => gamma M * (P_pi M rho g x - P_pi M pi g x)) s).
  { apply (resolvent_unique M rho Hrho _ (fun x => resolvent M rho f x - g x)). intros x.
    rewrite P_pi_minus. rewrite (resolvent_equation M rho Hrho f x) at 1. unfold g at 1.
    rewrite (resolvent_equation M pi Hpi f x). fold g. ring. }
  rewrite E. replace (B / (1 - gamma M) * / (1 - gamma M) * dist)
    with (dist * (B / (1 - gamma M)) / (1 - gamma M)) by (field; lra).
  apply resolvent_bound; [exact Hrho|]. intros x.
  rewrite Rabs_mult, (Rabs_pos_eq (gamma M)) by lra.
  apply Rle_trans with (1 * (dist * (B / (1 - gamma M)))); [|lra].
  apply Rmult_le_compat; [lra|apply Rabs_pos|lra|].
  unfold P_pi, mean. rewrite <- sum_minus. eapply Rle_trans; [apply sum_abs|].
  apply Rle_trans with (∑ a ∈ A, (Rabs (rho x a - pi x a) * (B / (1 - gamma M)))).
  - apply sum_le; intros a _. rewrite <- Rmult_minus_distr_r, Rabs_mult.
    apply Rmult_le_compat_l; [apply Rabs_pos|]. apply move_bound, Hg.
  - rewrite sum_scal_r. apply Rmult_le_compat_r; [exact B0|apply Hd].
Qed.

End TwoPolicies.

Section ThirdProof.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).
Implicit Types (s : state M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

Lemma lipschitz_continuous (f : U -> R) C :
  0 <= C -> locally th (fun u => Rabs (f u - f th) <= C * norm (minus u th)) -> continuous f th.
Proof.
  intros HC H. apply filterlim_locally. intros eps.
  assert (Hd : 0 < eps / (C + 1)) by (apply Rdiv_lt_0_compat; [apply cond_pos|lra]).
  assert (Hn : locally th (fun u => norm (minus u th) < eps / (C + 1))).
  { apply locally_le_locally_norm. exists (mkposreal _ Hd). intros y Hy; exact Hy. }
  eapply filter_imp; [|exact (filter_and _ _ H Hn)]. intros u [H1 H2].
  change (Rabs (f u - f th) < eps). eapply Rle_lt_trans; [exact H1|].
  apply Rle_lt_trans with (C * (eps / (C + 1))); [apply Rmult_le_compat_l; lra|].
  apply Rlt_le_trans with ((C + 1) * (eps / (C + 1))); [apply Rmult_lt_compat_r; lra|].
  right; field; lra.
Qed.

Lemma resolvent_continuous (f : state M -> R) s : continuous (fun u => resolvent M (pi u) f s) th.
Proof.
  destruct (policies_lipschitz M pi th dpi h2) as (C & HC & HL). destruct (bounded M f) as (B & HB0 & HB).
  pose proof (gamma_range M) as Hq.
  assert (K : 0 <= B / (1 - gamma M) * / (1 - gamma M)).
  { assert (0 < / (1 - gamma M)) by (apply Rinv_0_lt_compat; lra).
    apply Rmult_le_pos; [apply Rmult_le_pos|]; lra. }
  apply lipschitz_continuous with (B / (1 - gamma M) * / (1 - gamma M) * C); [apply Rmult_le_pos; assumption|].
  eapply filter_imp; [|exact (filter_and _ _ HL (near_policy _ _ _ _ h2))]. intros u [Hu Pu].
  rewrite Rmult_assoc. apply resolvent_lipschitz; auto.
  apply Rmult_le_pos; [exact HC|apply norm_ge_0].
Qed.

Lemma occupancy_continuous s : continuous (fun u => d_gamma M (pi u) s) th.
Proof.
  destruct (policies_lipschitz M pi th dpi h2) as (C & HC & HL).
  pose proof (gamma_range M) as Hq.
  assert (HI : forall x, Rabs (indicator (states M) s x) <= 1).
  { intros x. unfold indicator. destruct (same (states M) s x); [rewrite Rabs_R1|rewrite Rabs_R0]; lra. }
  assert (K : 0 <= 1 / (1 - gamma M) * / (1 - gamma M)).
  { assert (0 < / (1 - gamma M)) by (apply Rinv_0_lt_compat; lra).
    apply Rmult_le_pos; [apply Rmult_le_pos|]; lra. }
  apply lipschitz_continuous with (1 / (1 - gamma M) * / (1 - gamma M) * C); [apply Rmult_le_pos; assumption|].
  eapply filter_imp; [|exact (filter_and _ _ HL (near_policy _ _ _ _ h2))]. intros u [Hu Pu].
  rewrite !occupancy_resolvent, <- Rmult_minus_distr_l, Rabs_mult, (Rabs_pos_eq (1 - gamma M)) by (auto; lra).
  unfold rho_0. rewrite <- mean_minus.
  apply Rle_trans with (1 * (1 / (1 - gamma M) * / (1 - gamma M) * C * norm (minus u th))); [|lra].
  apply Rmult_le_compat; [lra|apply Rabs_pos|lra|]. apply mean_bound; [apply start_law|]. intros x _.
  rewrite (Rmult_assoc _ C). apply resolvent_lipschitz; auto.
  apply Rmult_le_pos; [exact HC|apply norm_ge_0].
Qed.

(** The change of policy in one state, at the fixed values Q of pi th. *)
Lemma derivative_change s (q : action M -> R) :
  has_derivative (fun u => ∑ a ∈ A, ((pi u s a - pi th s a) * q a)) th (fun v => ∑ a ∈ A, (dpi s a v * q a)).
Proof.
  apply (derivative_sum A (fun a u => (pi u s a - pi th s a) * q a) th (fun a v => dpi s a v * q a)).
  intros a _. apply derivative_ext with (fun u => q a * (pi u s a - pi th s a)); [intros; ring|].
  apply derivative_eq with (fun v => q a * (dpi s a v - 0)); [|intros; ring].
  apply derivative_scal, derivative_minus; [apply (entry_derivative _ _ _ _ h2)|apply derivative_const].
Qed.

Lemma no_change s (q : action M -> R) : ∑ a ∈ A, ((pi th s a - pi th s a) * q a) = 0.
Proof.
  rewrite (sum_ext _ _ (fun _ => 0)); [apply sum_zero|intros; ring].
Qed.

(** cor:pgt-from-pdl, eq:pgt-from-pdl: no derivative of the occupancy is taken. *)
Theorem pgt_from_pdl :
  has_derivative (fun u => ∑ s ∈ St, (d_gamma M (pi u) s *
      ∑ a ∈ A, ((pi u s a - pi th s a) * Q M (pi th) s a))) th
    (fun v => ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q M (pi th) s a))).
Proof.
  apply (derivative_sum St (fun s u => d_gamma M (pi u) s *
      ∑ a ∈ A, ((pi u s a - pi th s a) * Q M (pi th) s a)) th
    (fun s v => d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q M (pi th) s a))).
  intros s _.
  apply (derivative_mult_zero (fun u => d_gamma M (pi u) s)
    (fun u => ∑ a ∈ A, ((pi u s a - pi th s a) * Q M (pi th) s a)) th
    (fun v => ∑ a ∈ A, (dpi s a v * Q M (pi th) s a))).
  - apply occupancy_continuous.
  - apply derivative_change.
  - apply no_change.
Qed.

(** thm:pgt, by the third proof. *)
Theorem policy_gradient_third_proof :
  has_derivative (fun u => J M (pi u)) th (fun v =>
    / (1 - gamma M) * ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q M (pi th) s a))).
Proof.
  apply derivative_ext_near with (fun u => J M (pi th) + / (1 - gamma M) *
    ∑ s ∈ St, (d_gamma M (pi u) s * ∑ a ∈ A, ((pi u s a - pi th s a) * Q M (pi th) s a))).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu.
    rewrite <- performance_difference by assumption. ring.
  - apply derivative_eq with (fun v => 0 + / (1 - gamma M) *
      ∑ s ∈ St, (d_gamma M (pi th) s * ∑ a ∈ A, (dpi s a v * Q M (pi th) s a))); [|intros; ring].
    apply derivative_plus; [apply derivative_const|]. apply derivative_scal, pgt_from_pdl.
Qed.

End ThirdProof.
