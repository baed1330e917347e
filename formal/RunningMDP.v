(** The running MDP of the book, exactly: it inhabits every hypothesis, and its numbers are theorems. *)
From PolicyGradient Require Export Worlds.

Definition running_to_1 (s a : bool) : R :=
  match s, a with false, false => 1/4 | false, true => 3/4 | true, false => 1/2 | true, true => 1/4 end.
Definition running_pays (s a : bool) : R :=
  match s, a with false, false => 1 | false, true => 0 | true, false => 0 | true, true => 2 end.

Lemma running_distinct : NoDup (0 :: 1 :: 2 :: nil).
Proof. repeat constructor; cbn; intuition lra. Qed.
Lemma running_listed s a : In (running_pays s a) (0 :: 1 :: 2 :: nil).
Proof. destruct s, a; cbn; tauto. Qed.
Lemma zero_range : 0 <= 0 <= 1. Proof. lra. Qed.
Lemma running_to_range s a : 0 <= running_to_1 s a <= 1.
Proof. destruct s, a; cbn; lra. Qed.
Lemma half_range : 0 <= 1/2 < 1. Proof. lra. Qed.

Definition running : MDP := two_state_world (0 :: 1 :: 2 :: nil) 0 running_to_1 running_pays (1/2)
  running_distinct running_listed zero_range running_to_range half_range.

(** One logit u is added in both states; at u = 0 the policy is the book's. *)
Definition shared_logit (p u : R) : R := p * exp u / (1 - p + p * exp u).
Definition running_p (s : bool) : R := if s then 1/3 else 2/5.
Definition running_policy (u : R) : policy running := fun s => coin (shared_logit (running_p s) u).
Definition running_slope := coin_slope (fun s => running_p s * (1 - running_p s)).

Lemma shared_logit_range p u : 0 < p < 1 -> 0 <= shared_logit p u <= 1.
Proof.
  intros H. pose proof (exp_pos u) as E. unfold shared_logit.
  assert (0 < p * exp u) by (apply Rmult_lt_0_compat; lra).
  assert (D : 0 < 1 - p + p * exp u) by lra. split.
  - apply Rlt_le, Rdiv_lt_0_compat; lra.
  - apply Rmult_le_reg_r with (1 - p + p * exp u); [exact D|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

(** eq:sigmoid-score: the derivative of the probability p of action 1 by its logit is p (1 - p),
    so the score is a - p. *)
Lemma shared_logit_derive p : 0 < p < 1 -> is_derive (fun u => shared_logit p u) 0 (p * (1 - p)).
Proof.
  intros H. unfold shared_logit. auto_derive.
  - rewrite exp_0; lra.
  - rewrite exp_0. field; lra.
Qed.

Lemma running_p_range s : 0 < running_p s < 1.
Proof. destruct s; cbn; lra. Qed.

(** The hypotheses of every theorem hold for the running MDP. *)
Theorem running_differentiable :
  differentiable_at (U := R_NormedModule) running running_policy 0 running_slope.
Proof.
  apply coin_differentiable.
  - apply filter_forall. intros u s. apply shared_logit_range, running_p_range.
  - intros s. apply shared_logit_derive, running_p_range.
Qed.

Notation pi_0 := (running_policy 0).

Lemma shared_logit_0 p : shared_logit p 0 = p.
Proof. unfold shared_logit. rewrite exp_0. field. lra. Qed.

Lemma running_is_policy : is_policy running pi_0.
Proof. exact (policy_here _ _ _ _ running_differentiable). Qed.

Lemma running_mean (s : bool) (f : bool -> R) :
  mean (elements (actions running)) (pi_0 s) f = (1 - running_p s) * f false + running_p s * f true.
Proof. unfold running_policy. rewrite shared_logit_0. apply mean_two. Qed.

Lemma running_move (s a : bool) (f : bool -> R) :
  move running s a f = (1 - running_to_1 s a) * f false + running_to_1 s a * f true.
Proof. apply mean_two. Qed.

Lemma running_reward s a : mean_reward running s a = running_pays s a.
Proof. apply two_state_reward. Qed.

(** The averaged kernel and reward of the book. *)
Lemma running_P (f : bool -> R) : P_pi running pi_0 f false = 11/20 * f false + 9/20 * f true /\
  P_pi running pi_0 f true = 7/12 * f false + 5/12 * f true.
Proof. unfold P_pi; rewrite !running_mean, !running_move; cbn; split; field. Qed.
Lemma running_r : r_pi running pi_0 false = 3/5 /\ r_pi running pi_0 true = 2/3.
Proof. unfold r_pi; rewrite !running_mean, !running_reward; cbn; split; field. Qed.

(** V = (75/61, 79/61) *)
Theorem running_V : V running pi_0 false = 75/61 /\ V running pi_0 true = 79/61.
Proof.
  assert (H : forall s : bool, (if s then 79/61 else 75/61) = V running pi_0 s).
  { apply (V_unique running pi_0 running_is_policy (fun s : bool => if s then 79/61 else 75/61)).
    destruct running_r as [R0 R1]. destruct (running_P (fun s : bool => if s then 79/61 else 75/61)) as [P0 P1].
    intros [|]; [rewrite R1, P1|rewrite R0, P0]; cbn; field. }
  split; symmetry; [apply (H false)|apply (H true)].
Qed.

(** J = 75/61 *)
Theorem running_J : J running pi_0 = 75/61.
Proof.
  rewrite (J_infinite running pi_0 running_is_policy). unfold rho_0.
  destruct running_V as [V0 V1].
  transitivity ((1 - 0) * V running pi_0 false + 0 * V running pi_0 true); [apply mean_two|]. rewrite V0. ring.
Qed.

Theorem running_Q : Q running pi_0 false false = 99/61 /\ Q running pi_0 false true = 39/61 /\
  Q running pi_0 true false = 77/122 /\ Q running pi_0 true true = 160/61.
Proof.
  destruct running_V as [V0 V1]. unfold Q. rewrite !running_reward, !running_move, V0, V1.
  change (gamma running) with (1/2). cbn. repeat split; field.
Qed.

(** h(s) = (-72/305, 27/61) *)
Definition running_h (s : bool) : R := if s then 27/61 else - (72/305).
Lemma running_gain (s : bool) (v : R) : local_gain running running_policy 0 running_slope v s = v * running_h s.
Proof.
  destruct running_Q as (Q00 & Q01 & Q10 & Q11).
  unfold local_gain, running_slope, coin_slope. cbn [elements actions running two_state_world two sum_over].
  destruct s; rewrite ?Q00, ?Q01, ?Q10, ?Q11; cbn; field.
Qed.

(** The exact gradient along the shared logit: -639/3721. *)
Theorem running_gradient :
  is_derive (fun u => J running (running_policy u)) 0 (- (639/3721)).
Proof.
  apply (proj1 (derivative_real (fun u => J running (running_policy u)) 0 (- (639/3721)))).
  eapply (derivative_eq (U := R_NormedModule));
    [apply (policy_gradient_resolvent running running_policy 0 running_slope running_differentiable)|].
  intros v; cbv beta.
  assert (H : forall s : bool, v * (if s then 1845/3721 else - (639/3721)) = resolvent running pi_0
    (local_gain running running_policy 0 running_slope v) s).
  { apply (resolvent_unique running pi_0 running_is_policy _
      (fun s : bool => v * (if s then 1845/3721 else - (639/3721)))).
    destruct (running_P (fun s : bool => v * (if s then 1845/3721 else - (639/3721)))) as [P0 P1].
    change (gamma running) with (1/2).
    intros [|]; rewrite running_gain; [rewrite P1|rewrite P0]; cbn; field. }
  unfold rho_0. transitivity ((1 - 0) * resolvent running pi_0 (local_gain running running_policy 0 running_slope v) false
    + 0 * resolvent running pi_0 (local_gain running running_policy 0 running_slope v) true); [apply mean_two|].
  rewrite <- (H false). cbn. ring.
Qed.

(** Two parameters: a logit of its own for each state. The parameter space is R^2. *)
Notation R2 := (prod_NormedModule R_AbsRing R_NormedModule R_NormedModule).
Definition tabular_policy (u : R2) : policy running :=
  fun s => coin (shared_logit (running_p s) (if s then snd u else fst u)).
Definition tabular_slope (s a : bool) (v : R2) : R :=
  (if s then snd v else fst v) * (if a then running_p s * (1 - running_p s) else - (running_p s * (1 - running_p s))).

Lemma tabular_differentiable : differentiable_at running tabular_policy ((0, 0) : R2) tabular_slope.
Proof.
  split.
  - apply filter_forall. intros u. apply coin_is_policy. intros s. apply shared_logit_range, running_p_range.
  - intros s a.
    assert (D : has_derivative (fun u : R2 => shared_logit (running_p s) (if s then snd u else fst u)) (0, 0)
      (fun v => (if s then snd v else fst v) * (running_p s * (1 - running_p s)))).
    { pose proof (shared_logit_derive _ (running_p_range s)) as H.
      destruct s.
      - apply (filterdiff_comp' (K := R_AbsRing) (U := R2) (V := R_NormedModule) (W := R_NormedModule)
          (fun u : R2 => snd u) (shared_logit (running_p true)) (0, 0) (fun v => snd v)
          (fun y : R => scal y (running_p true * (1 - running_p true)))); [|exact H].
        apply filterdiff_linear, is_linear_snd.
      - apply (filterdiff_comp' (K := R_AbsRing) (U := R2) (V := R_NormedModule) (W := R_NormedModule)
          (fun u : R2 => fst u) (shared_logit (running_p false)) (0, 0) (fun v => fst v)
          (fun y : R => scal y (running_p false * (1 - running_p false)))); [|exact H].
        apply filterdiff_linear, is_linear_fst. }
    unfold tabular_policy, tabular_slope. destruct a; cbn [coin]; [exact D|].
    apply derivative_ext with (fun u => 1 - shared_logit (running_p s) (if s then snd u else fst u)); [reflexivity|].
    apply derivative_eq with (fun v => 0 - (if s then snd v else fst v) * (running_p s * (1 - running_p s)));
      [|intros v; cbv beta iota; match goal with |- 0 - ?x * _ = ?z * _ => change z with x end; ring].
    apply derivative_minus; [apply derivative_const|exact D].
Qed.

(** The gradient of J in the two logits, exactly: (-1368/3721, 729/3721). *)
Theorem tabular_gradient : has_derivative (fun u : R2 => J running (tabular_policy u)) (0, 0)
  (fun v => - (1368/3721) * fst v + 729/3721 * snd v).
Proof.
  eapply derivative_eq;
    [apply (policy_gradient_resolvent running tabular_policy ((0, 0) : R2) tabular_slope tabular_differentiable)|].
  intros v; cbv beta.
  assert (PE : tabular_policy (0, 0) = pi_0).
  { unfold tabular_policy, running_policy. cbn [fst snd].
    apply FunctionalExtensionality.functional_extensionality; intros [|]; reflexivity. }
  rewrite PE.
  set (h := fun s => ∑ a ∈ elements (actions running), (tabular_slope s a v * Q running pi_0 s a)).
  assert (Hh : forall s : bool, h s = (if s then snd v else fst v) * running_h s).
  { destruct running_Q as (Q00 & Q01 & Q10 & Q11). intros s. unfold h, tabular_slope.
    cbn [elements actions running two_state_world two sum_over].
    destruct s; rewrite ?Q00, ?Q01, ?Q10, ?Q11; cbn; field. }
  set (g := fun s : bool => if s then - (504/3721) * fst v + 2349/3721 * snd v
                            else - (1368/3721) * fst v + 729/3721 * snd v).
  assert (H : forall s : bool, g s = resolvent running pi_0 h s).
  { apply (resolvent_unique running pi_0 running_is_policy h g).
    destruct (running_P g) as [P0 P1]. change (gamma running) with (1/2).
    intros [|]; rewrite Hh; [rewrite P1|rewrite P0]; cbn; field. }
  unfold rho_0. transitivity ((1 - 0) * resolvent running pi_0 h false + 0 * resolvent running pi_0 h true);
    [apply mean_two|]. rewrite <- (H false). cbn. ring.
Qed.
