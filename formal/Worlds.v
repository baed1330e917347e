(** Concrete worlds: certain rewards, two states, two actions. *)
From PolicyGradient Require Export PolicyGradient.

Definition two : finite bool.
Proof.
  refine (Finite_type bool (false :: true :: nil) _ _ Bool.bool_dec).
  - intros [|]; cbn; tauto.
  - constructor; [cbn; intros [H|[]]; discriminate|]. constructor; [intros []|constructor].
Defined.

(** A reward that is R(s, a) for sure. *)
Definition surely (x r : R) : R := if Req_EM_T r x then 1 else 0.

Lemma surely_mean (values : list R) x (f : R -> R) : NoDup values -> In x values ->
  mean values (surely x) f = f x.
Proof.
  intros D. assert (Z : forall l, ~ In x l -> mean l (surely x) f = 0).
  { induction l as [|r l IH]; intros H; [reflexivity|]. unfold mean in *; cbn. rewrite IH by (intros G; apply H; right; exact G).
    unfold surely. destruct (Req_EM_T r x) as [->|]; [exfalso; apply H; left; reflexivity|ring]. }
  induction values as [|r l IH]; intros H; [contradiction|]. inversion D as [|? ? Hr Dl]; subst.
  unfold mean in *; cbn. unfold surely at 1. destruct (Req_EM_T r x) as [->|N].
  - rewrite Z by exact Hr. ring.
  - rewrite IH; [ring|exact Dl|]. destruct H; [contradiction|assumption].
Qed.

Lemma surely_law (values : list R) x : NoDup values -> In x values -> law values (surely x).
Proof.
  intros D H. split.
  - intros r _. unfold surely; destruct (Req_EM_T r x); lra.
  - transitivity (mean values (surely x) (fun _ => 1)); [apply sum_ext; intros; ring|].
    apply surely_mean; assumption.
Qed.

(** A world of two states and two actions; p is the probability of the state 1 (true). *)
Section TwoStates.
Variables (values : list R) (start_1 : R) (to_1 : bool -> bool -> R) (pays : bool -> bool -> R) (g : R).
Hypothesis distinct_values : NoDup values.
Hypothesis listed_values : forall s a, In (pays s a) values.
Hypothesis start_range : 0 <= start_1 <= 1.
Hypothesis to_range : forall s a, 0 <= to_1 s a <= 1.
Hypothesis g_range : 0 <= g < 1.

Definition coin (p : R) (x : bool) : R := if x then p else 1 - p.

Lemma coin_law p : 0 <= p <= 1 -> law (elements two) (coin p).
Proof. intros H; split; [intros [|] _; cbn; lra|cbn; lra]. Qed.

Definition two_state_world : MDP := World bool bool two two values (coin start_1)
  (fun s a => coin (to_1 s a)) (fun s a _ => surely (pays s a)) g distinct_values
  (coin_law _ start_range) (fun s a => coin_law _ (to_range s a))
  (fun s a _ => surely_law values (pays s a) distinct_values (listed_values s a)) g_range.

Lemma two_state_reward s a : mean_reward two_state_world s a = pays s a.
Proof.
  unfold mean_reward. rewrite (mean_ext _ _ _ (fun _ => pays s a)).
  - apply mean_const, kernel_law.
  - intros s'. apply (surely_mean values (pays s a) (fun r => r)); [exact distinct_values|apply listed_values].
Qed.

Lemma mean_two p (f : bool -> R) : mean (elements two) (coin p) f = (1 - p) * f false + p * f true.
Proof. unfold mean; cbn; ring. Qed.

(** A policy: in state s the action 1 has the probability q s. *)
Definition coin_policy (q : bool -> R) : policy two_state_world := fun s => coin (q s).

Lemma coin_is_policy q : (forall s, 0 <= q s <= 1) -> is_policy two_state_world (coin_policy q).
Proof. intros H s. apply coin_law, H. Qed.

(** A family with one parameter: the derivative of the probability of action 1 is dq s. *)
Definition coin_slope (dq : bool -> R) (s a : bool) (v : R_NormedModule) : R :=
  v * (if a then dq s else - dq s).

Lemma coin_differentiable (q : R -> bool -> R) (dq : bool -> R) (x : R) :
  locally x (fun u => forall s, 0 <= q u s <= 1) ->
  (forall s, is_derive (fun u => q u s) x (dq s)) ->
  differentiable_at (U := R_NormedModule) two_state_world (fun u => coin_policy (q u)) x (coin_slope dq).
Proof.
  intros Hq Hd. split.
  - eapply filter_imp; [|exact Hq]. intros u Hu; apply coin_is_policy, Hu.
  - intros s a. unfold coin_slope. apply derivative_real. destruct a; cbn.
    + apply Hd.
    + apply is_derive_ext with (fun u => 1 + - q u s); [intros; unfold Rminus; reflexivity|].
      replace (- dq s) with (0 + - dq s) by ring.
      apply (is_derive_plus (V := R_NormedModule)); [apply (is_derive_const (V := R_NormedModule))|].
      apply (is_derive_opp (V := R_NormedModule)), Hd.
Qed.

End TwoStates.
