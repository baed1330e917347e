(** Chapter 1: the law of the state at time t. *)
From PolicyGradient Require Export Objective.

(** P(s_t = s) *)
Definition state_law (M : MDP) (pi : policy M) (t : nat) (s : state M) : R :=
  E M pi t (fun s0 h => indicator (states M) s (last_state M s0 h)).

Section StateLaw.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Notation St := (elements (states M)).

(** Means over s_t, in three ways. *)
Theorem state_law_mean t (f : state M -> R) :
  mean St (state_law M pi t) f = rho_0 M (P_pow M pi t f).
Proof.
  unfold mean, state_law.
  transitivity (rho_0 M (P_pow M pi t (fun x => ∑ s ∈ St, (indicator (states M) s x * f s)))).
  - unfold rho_0, E.
    rewrite (mean_ext St (start M) _ (fun s0 => ∑ s ∈ St, (P_pow M pi t (fun x => indicator (states M) s x) s0 * f s))).
    + rewrite mean_sum_over. apply sum_ext; intros s. rewrite <- mean_scal_r. apply mean_ext; intros s0.
      rewrite (E_from_last M pi t (fun x => indicator (states M) s x)). reflexivity.
    + intros s0. clear Hpi. induction St as [|s l IH]; cbn [sum_over].
      * rewrite (P_pow_ext M pi t _ (fun x => 0 * 0)) by (intros; ring). rewrite P_pow_scal; ring.
      * rewrite P_pow_plus, IH. f_equal. rewrite Rmult_comm, <- P_pow_scal.
        apply P_pow_ext; intros; ring.
  - apply mean_ext; intros s0. apply P_pow_ext; intros x.
    rewrite (sum_ext _ _ (fun s => indicator (states M) x s * f s)); [apply sum_indicator|].
    intros s. unfold indicator. destruct (same (states M) s x), (same (states M) x s); congruence.
Qed.

Lemma state_law_nonneg t s : 0 <= state_law M pi t s.
Proof.
  unfold state_law, E. rewrite <- (mean_zero St (start M)).
  apply mean_le; [apply start_law|]; intros s0 _.
  rewrite <- (mean_zero (histories M t) (likelihood M pi s0)).
  apply mean_le; [apply traj_normalised, Hpi|]; intros h _.
  unfold indicator; destruct (same (states M) s (last_state M s0 h)); lra.
Qed.

Theorem state_law_law t : law St (state_law M pi t).
Proof.
  split; [intros; apply state_law_nonneg|].
  transitivity (mean St (state_law M pi t) (fun _ => 1)); [apply sum_ext; intros; ring|].
  rewrite state_law_mean. unfold rho_0. rewrite (mean_ext _ _ _ (fun _ => 1)).
  - apply mean_const, start_law.
  - intros s; apply P_pow_const, Hpi.
Qed.

(** The mean of a function of (s_t, a_t). *)
Theorem pair_mean n t (F : state M -> action M -> R) : (t < n)%nat ->
  E M pi n (fun s h => pair_at M F s h t) =
  mean St (state_law M pi t) (fun s => mean (elements (actions M)) (pi s) (F s)).
Proof.
  intros H. rewrite state_law_mean. apply mean_ext; intros s. apply (E_pair M pi Hpi); exact H.
Qed.

End StateLaw.
