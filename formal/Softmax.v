(** Chapter 2: the two scores one meets most. *)
From PolicyGradient Require Export Derivatives.

Section Softmax.
Context {A : Type} (F : finite A).
Notation As := (elements F).

Definition weight_sum (theta : A -> R) : R := ∑ c ∈ As, exp (theta c).
Definition softmax (theta : A -> R) (a : A) : R := exp (theta a) / weight_sum theta.

(** The logits, with t added to that of b alone. *)
Definition shifted (theta : A -> R) (b : A) (t : R) (c : A) : R := theta c + t * indicator F b c.

Lemma weight_sum_positive theta (a : A) : 0 < weight_sum theta.
Proof.
  unfold weight_sum. pose proof (listed F a) as H. induction As as [|c l IH]; [contradiction|]. cbn.
  assert (N : 0 <= ∑ x ∈ l, exp (theta x)).
  { rewrite <- (sum_zero l). apply sum_le; intros; left; apply exp_pos. }
  pose proof (exp_pos (theta c)). lra.
Qed.

(** eq:softmax-score: the derivative of log pi(a) by the logit of b is 1{a = b} - pi(b). *)
Theorem softmax_score theta a b :
  is_derive (fun t => ln (softmax (shifted theta b t) a)) 0 (indicator F b a - softmax theta b).
Proof.
  apply is_derive_ext with (fun t => shifted theta b t a - ln (weight_sum (shifted theta b t))).
  { intros t. unfold softmax, Rdiv. pose proof (weight_sum_positive (shifted theta b t) a) as P.
    rewrite ln_mult, ln_Rinv, ln_exp by (auto using exp_pos, Rinv_0_lt_compat). reflexivity. }
  assert (E0 : forall c, shifted theta b 0 c = theta c) by (intros; unfold shifted; ring).
  assert (S0 : weight_sum (shifted theta b 0) = weight_sum theta).
  { apply sum_ext; intros c; rewrite E0; reflexivity. }
  assert (D : forall c, is_derive (fun t => exp (shifted theta b t c)) 0 (indicator F b c * exp (theta c))).
  { intros c. unfold shifted. auto_derive; [trivial|]. rewrite Rmult_0_l, Rplus_0_r. ring. }
  assert (DS : is_derive (fun t => weight_sum (shifted theta b t)) 0 (exp (theta b))).
  { unfold weight_sum. rewrite <- (sum_indicator F b (fun c => exp (theta c))).
    generalize As. intros l. induction l as [|c l IH]; cbn.
    - apply (is_derive_const (V := R_NormedModule)).
    - apply (is_derive_plus (V := R_NormedModule)); [apply D|exact IH]. }
  apply (is_derive_minus (V := R_NormedModule)).
  - unfold shifted. auto_derive; [trivial|ring].
  - pose proof (weight_sum_positive theta a) as P.
    replace (softmax theta b) with (exp (theta b) * / weight_sum (shifted theta b 0))
      by (rewrite S0; reflexivity).
    apply (is_derive_comp (fun x => ln x) (fun t => weight_sum (shifted theta b t))); [|exact DS].
    apply is_derive_Reals, derivable_pt_lim_ln. rewrite S0. exact P.
Qed.

End Softmax.

(** eq:sigmoid-score: with p the sigmoid of theta, the score of action a is a - p. *)
Definition sigmoid (u : R) : R := / (1 + exp (- u)).

Theorem sigmoid_score (u : R) (a : bool) :
  is_derive (fun t => ln (if a then sigmoid t else 1 - sigmoid t)) u ((if a then 1 else 0) - sigmoid u).
Proof.
  pose proof (exp_pos (- u)) as P. unfold sigmoid. destruct a.
  - auto_derive; [repeat split; [lra|]; apply Rinv_0_lt_compat; lra|]. field. lra.
  - auto_derive.
    + split; [lra|]. split; [|trivial].
      replace (1 + - / (1 + exp (- u))) with (exp (- u) / (1 + exp (- u))) by (field; lra).
      apply Rdiv_lt_0_compat; lra.
    + field. lra.
Qed.
