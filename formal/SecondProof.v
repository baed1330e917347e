(** Chapter 4, second proof: Bellman's equation, differentiated and unrolled. That V has a
    derivative at all is shown first (the book does it with determinants; here by the resolvent
    identity); its formula then comes from the product rule. *)
From PolicyGradient Require Export PerformanceDifference.

Section SecondProof.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation St := (elements (states M)).
Notation A := (elements (actions M)).
Implicit Types (s : state M) (v : U).

Let Hp : is_policy M (pi th) := policy_here M pi th dpi h2.

(** prop:grad-value: V is differentiable at th. *)
Theorem V_differentiable s : exists dV, has_derivative (fun u => V M (pi u) s) th dV.
Proof.
  set (gap := fun u x => ∑ a ∈ A, ((pi u x a - pi th x a) * Q M (pi th) x a)).
  eexists. apply derivative_ext_near with (fun u => V M (pi th) s +
    ∑ x ∈ St, (resolvent M (pi u) (fun y => indicator (states M) x y) s * gap u x)).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu.
    pose proof (value_difference M (pi th) (pi u) Hp Hu s) as D. fold (gap u) in D.
    assert (E : resolvent M (pi u) (gap u) s =
      ∑ x ∈ St, (resolvent M (pi u) (fun y => indicator (states M) x y) s * gap u x)).
    { transitivity (resolvent M (pi u) (fun y => ∑ x ∈ St, (gap u x * indicator (states M) x y)) s).
      - apply resolvent_ext. intros y. rewrite (sum_ext _ _ (fun x => indicator (states M) y x * gap u x)).
        + symmetry; apply sum_indicator.
        + intros x. unfold indicator. destruct (same (states M) x y), (same (states M) y x); try congruence; ring.
      - clear D. induction St as [|x l IH]; cbn [sum_over].
        + symmetry. apply (resolvent_unique M (pi u) Hu (fun _ => 0) (fun _ => 0)). intros z.
          rewrite P_pi_const by exact Hu. ring.
        + rewrite resolvent_plus by exact Hu. rewrite IH, (resolvent_scal M (pi u) (gap u x) (fun y => indicator (states M) x y)). ring. }
    unfold gap in D at 1. cbv beta in D. unfold gap in E at 1. rewrite <- E. lra.
  - apply derivative_plus; [apply derivative_const|].
    apply (derivative_sum St (fun x u => resolvent M (pi u) (fun y => indicator (states M) x y) s * gap u x) th
      (fun x v => resolvent M (pi th) (fun y => indicator (states M) x y) s *
         ∑ a ∈ A, (dpi x a v * Q M (pi th) x a))).
    intros x _. apply (derivative_mult_zero (fun u => resolvent M (pi u) (fun y => indicator (states M) x y) s)
      (fun u => gap u x) th (fun v => ∑ a ∈ A, (dpi x a v * Q M (pi th) x a))).
    + apply (resolvent_continuous M pi th dpi h2).
    + apply (derivative_change M pi th dpi h2).
    + apply no_change.
Qed.

(** From here on dV is any derivative of V. *)
Variable dV : state M -> U -> R.
Hypothesis V_derivative : forall s, has_derivative (fun u => V M (pi u) s) th (dV s).

Notation h_ v s := (∑ a ∈ A, (dpi s a v * Q M (pi th) s a)).

Lemma derivative_move s a :
  has_derivative (fun u => move M s a (V M (pi u))) th (fun v => move M s a (fun x => dV x v)).
Proof.
  apply (derivative_sum St (fun x u => kernel M s a x * V M (pi u) x) th (fun x v => kernel M s a x * dV x v)).
  intros x _. apply derivative_scal, V_derivative.
Qed.

(** eq:grad-bellman: differentiate V = r_pi + gamma P_pi V by the product rule. *)
Theorem grad_bellman s v : dV s v = h_ v s + gamma M * P_pi M (pi th) (fun x => dV x v) s.
Proof.
  apply (derivative_unique (fun u => V M (pi u) s) th (dV s)
    (fun v => h_ v s + gamma M * P_pi M (pi th) (fun x => dV x v) s)); [apply V_derivative|].
  apply derivative_ext_near with (fun u => ∑ a ∈ A, (pi u s a *
    (mean_reward M s a + gamma M * move M s a (V M (pi u))))).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu. symmetry. apply (bellman_V M (pi u) Hu).
  - apply derivative_eq with (fun v => ∑ a ∈ A, (dpi s a v * Q M (pi th) s a
      + pi th s a * (0 + gamma M * move M s a (fun x => dV x v)))).
    + apply (derivative_sum A (fun a u => pi u s a * (mean_reward M s a + gamma M * move M s a (V M (pi u)))) th
        (fun a v => dpi s a v * Q M (pi th) s a + pi th s a * (0 + gamma M * move M s a (fun x => dV x v)))).
      intros a _. apply (derivative_mult (fun u => pi u s a)
        (fun u => mean_reward M s a + gamma M * move M s a (V M (pi u))) th (dpi s a)
        (fun v => 0 + gamma M * move M s a (fun x => dV x v))); [apply (entry_derivative _ _ _ _ h2)|].
      apply derivative_plus; [apply derivative_const|]. apply derivative_scal, derivative_move.
    + intros w. rewrite sum_plus. f_equal. unfold P_pi. rewrite <- mean_scal. apply sum_ext; intros; ring.
Qed.

(** eq:resolvent-derivative: the bracket of the book, one row: its two terms are the changes of
    the averaged reward and of the averaged kernel. *)
Theorem resolvent_derivative s v : dV s v = resolvent M (pi th) (fun x =>
    ∑ a ∈ A, (dpi x a v * mean_reward M x a)
    + gamma M * ∑ a ∈ A, (dpi x a v * move M x a (V M (pi th)))) s.
Proof.
  apply (resolvent_unique M (pi th) Hp _ (fun x => dV x v)). intros x. rewrite grad_bellman. f_equal.
  rewrite <- sum_scal, <- sum_plus. apply sum_ext; intros a. unfold Q. ring.
Qed.

(** eq:unrolled *)
Theorem unrolled n s v : dV s v = ∑ t < n, (gamma M ^ t * P_pow M (pi th) t (fun x => h_ v x) s)
  + gamma M ^ n * P_pow M (pi th) n (fun x => dV x v) s.
Proof. apply (unroll M (pi th) (fun x => h_ v x) (fun x => dV x v)). intros x; apply grad_bellman. Qed.

End SecondProof.

Section SecondProofEnd.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation A := (elements (actions M)).

(** thm:pgt, by the second proof: with gamma^t and the law of the state at time t. *)
Theorem policy_gradient_second_proof :
  has_derivative (fun u => J M (pi u)) th (fun v => Series (fun t => gamma M ^ t *
    mean (elements (states M)) (state_law M (pi th) t) (fun s =>
      ∑ a ∈ A, (dpi s a v * Q M (pi th) s a)))).
Proof.
  pose proof (policy_here M pi th dpi h2) as Hp.
  assert (HV : forall s, has_derivative (fun u => V M (pi u) s) th
    (fun v => resolvent M (pi th) (fun x => ∑ a ∈ A, (dpi x a v * Q M (pi th) x a)) s)).
  { assert (D : exists dV, forall s, has_derivative (fun u => V M (pi u) s) th (dV s)).
    { assert (G : forall l : list (state M), exists dV, forall s, In s l ->
        has_derivative (fun u => V M (pi u) s) th (dV s)).
      { induction l as [|x l (dV & IH)]; [exists (fun _ _ => 0); intros s []|].
        destruct (V_differentiable M pi th dpi h2 x) as (dx & Hx).
        exists (fun s => if same (states M) s x then dx else dV s). intros s Hs.
        destruct (same (states M) s x) as [->|N]; [exact Hx|]. apply IH. destruct Hs; congruence. }
      destruct (G (elements (states M))) as (dV & H). exists dV. intros s; apply H, listed. }
    destruct D as (dV & HD). intros s. eapply derivative_eq; [apply HD|]. intros v.
    apply (resolvent_unique M (pi th) Hp _ (fun x => dV x v)). intros x.
    apply (grad_bellman M pi th dpi h2 dV HD). }
  apply derivative_ext_near with (fun u => ∑ s ∈ elements (states M), (start M s * V M (pi u) s)).
  - eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]. intros u Hu. symmetry. apply (J_infinite M (pi u) Hu).
  - eapply derivative_eq.
    + apply (derivative_sum (elements (states M)) (fun s u => start M s * V M (pi u) s) th
        (fun s v => start M s * resolvent M (pi th) (fun x => ∑ a ∈ A, (dpi x a v * Q M (pi th) x a)) s)).
      intros s _. apply derivative_scal, HV.
    + intros v; cbv beta. set (h := fun x => ∑ a ∈ A, (dpi x a v * Q M (pi th) x a)).
      transitivity (rho_0 M (resolvent M (pi th) h)); [reflexivity|].
      pose proof (gamma_range M) as Hq.
      pose proof (occupancy_mean M (pi th) Hp h) as E1. rewrite (occupancy_series M (pi th) Hp h) in E1.
      apply Rmult_eq_reg_l in E1; [symmetry; exact E1|lra].
Qed.

End SecondProofEnd.
