(** Chapter 2: the log-derivative trick for a law on finitely many values. *)
From PolicyGradient Require Export Derivatives.

(** def:score-of-a-law. The derivative of log p, and 0 where p is 0. *)
Definition log_slope (p dp : R) : R := if Req_EM_T p 0 then 0 else dp / p.

Lemma weight_log_slope p dp : (p = 0 -> dp = 0) -> p * log_slope p dp = dp.
Proof.
  intros H; unfold log_slope; destruct (Req_EM_T p 0) as [E|E]; [rewrite H by exact E; ring|field; exact E].
Qed.

Section LogDerivative.
Context {U : NormedModule R_AbsRing} {X : Type}.
Variable values : list X.
Variable p : U -> X -> R.
Variable th : U.
Variable dp : X -> U -> R.
Hypothesis laws : locally th (fun u => law values (p u)).
Hypothesis differentiable : forall x, In x values -> has_derivative (fun u => p u x) th (dp x).

Definition log_score (x : X) (v : U) : R := log_slope (p th x) (dp x v).

(** eq:log-derivative *)
Lemma log_derivative x : In x values -> 0 < p th x ->
  has_derivative (fun u => ln (p u x)) th (fun v => dp x v / p th x).
Proof. intros Hx; exact (derivative_ln (fun u => p u x) th (dp x) (differentiable x Hx)). Qed.

(** eq:zero-prob. A probability that is zero is at its minimum. *)
Lemma zero_prob x : In x values -> p th x = 0 -> forall v, dp x v = 0.
Proof.
  intros Hx H0. apply (derivative_min (fun u => p u x) th (dp x) (differentiable x Hx)).
  eapply filter_imp; [|exact laws]. intros u [Hu _]. rewrite H0. apply Hu, Hx.
Qed.

Lemma weight_score x v : In x values -> p th x * log_score x v = dp x v.
Proof. intros Hx; apply weight_log_slope; intros H; apply zero_prob; assumption. Qed.

(** eq:score-function, the log-derivative trick *)
Theorem score_function (f : X -> R) :
  has_derivative (fun u => mean values (p u) f) th
    (fun v => mean values (p th) (fun x => f x * log_score x v)).
Proof.
  eapply derivative_eq; [apply (derivative_mean values p th dp f differentiable)|].
  intros v. apply sum_ext_in; intros x Hx. rewrite <- (weight_score x v Hx). ring.
Qed.

(** eq:score-zero-mean *)
Theorem score_zero_mean v : mean values (p th) (fun x => log_score x v) = 0.
Proof.
  assert (H : has_derivative (fun u => mean values (p u) (fun _ => 1)) th
    (fun v => mean values (p th) (fun x => 1 * log_score x v))) by apply score_function.
  rewrite (mean_ext _ _ (fun x => log_score x v) (fun x => 1 * log_score x v)) by (intros; ring).
  refine (derivative_constant _ _ _ 1 H _ v).
  eapply filter_imp; [|exact laws]. intros u Hu; apply mean_const, Hu.
Qed.

(** eq:fixed-proposal. The sample comes from a law q that does not move. *)
Theorem fixed_proposal (q : X -> R) (f : X -> R) :
  (forall x, In x values -> q x = 0 -> locally th (fun u => p u x = 0)) ->
  has_derivative (fun u => mean values (p u) f) th
    (fun v => mean values q (fun x => dp x v / q x * f x)).
Proof.
  intros Hq. eapply derivative_eq; [apply (derivative_mean values p th dp f differentiable)|].
  intros v. apply sum_ext_in; intros x Hx. destruct (Req_EM_T (q x) 0) as [E|E].
  - rewrite E, (zero_prob x Hx (locally_singleton _ _ (Hq x Hx E)) v). ring.
  - field; exact E.
Qed.

(** eq:theta-dependent-f. If the function moves too, its own derivative is added. *)
Theorem theta_dependent_f (f : U -> X -> R) (df : X -> U -> R) :
  (forall x, In x values -> has_derivative (fun u => f u x) th (df x)) ->
  has_derivative (fun u => mean values (p u) (f u)) th
    (fun v => mean values (p th) (fun x => f th x * log_score x v)
            + mean values (p th) (fun x => df x v)).
Proof.
  intros Hf. unfold mean. eapply derivative_eq.
  - apply (derivative_sum values (fun x u => p u x * f u x) th).
    intros x Hx. apply derivative_mult; [exact (differentiable x Hx)|exact (Hf x Hx)].
  - intros v. cbn. rewrite <- sum_plus. apply sum_ext_in; intros x Hx.
    rewrite <- (weight_score x v Hx). ring.
Qed.

End LogDerivative.
