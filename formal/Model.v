(** Chapter 1: the model. Worlds, policies, and a differentiable family of policies. *)
From PolicyGradient Require Export LogDerivative.

(** A Markov decision process. Hypothesis (H1): states and actions are finite, rewards are bounded
    (here: a reward takes one of finitely many values), and 0 <= gamma < 1. Hypothesis (H3): there
    is one start law, one kernel and one reward law, and no parameter stands in them. *)
Record MDP := World {
  state : Type;
  action : Type;
  states : finite state;
  actions : finite action;
  rewards : list R;                                  (* all values of rewards *)
  start : state -> R;                                (* rho_0(s) *)
  kernel : state -> action -> state -> R;            (* P(s' | s, a) *)
  reward_law : state -> action -> state -> R -> R;   (* nu(r | s, a, s') *)
  gamma : R;
  rewards_distinct : NoDup rewards;
  start_law : law (elements states) start;
  kernel_law : forall s a, law (elements states) (kernel s a);
  reward_law_law : forall s a s', law rewards (reward_law s a s');
  gamma_range : 0 <= gamma < 1
}.

Definition policy (M : MDP) := state M -> action M -> R.
Definition is_policy (M : MDP) (pi : policy M) : Prop :=
  forall s, law (elements (actions M)) (pi s).

(** The mean reward of action a in state s. *)
Definition mean_reward (M : MDP) (s : state M) (a : action M) : R :=
  mean (elements (states M)) (kernel M s a) (fun s' =>
    mean (rewards M) (reward_law M s a s') (fun r => r)).

(** Hypothesis (H2), at one point th: near th every pi u is a policy, and each entry is
    differentiable at th. [dpi s a v] is the derivative of pi(a|s) in the direction v. *)
Record differentiable_at (M : MDP) {U : NormedModule R_AbsRing}
    (pi : U -> policy M) (th : U)
    (dpi : state M -> action M -> U -> R) : Prop := Differentiable_at {
  near_policy : locally th (fun u => is_policy M (pi u));
  entry_derivative :
    forall s a, has_derivative (fun u => pi u s a) th (dpi s a)
}.

(** def:score. psi(s, a) in the direction v; 0 where the probability is 0. *)
Definition score (M : MDP) {U : NormedModule R_AbsRing} (pi : policy M)
    (dpi : state M -> action M -> U -> R)
    (s : state M) (a : action M) (v : U) : R :=
  log_slope (pi s a) (dpi s a v).

(** The averaged kernel P_pi and the averaged reward r_pi, acting on functions of the state. *)
Definition move (M : MDP) (s : state M) (a : action M) (f : state M -> R) : R :=
  mean (elements (states M)) (kernel M s a) f.                        (* (P f)(s, a) *)
Definition P_pi (M : MDP) (pi : policy M)
    (f : state M -> R) (s : state M) : R :=
  mean (elements (actions M)) (pi s) (fun a => move M s a f).
Definition r_pi (M : MDP) (pi : policy M) (s : state M) : R :=
  mean (elements (actions M)) (pi s) (mean_reward M s).

(** eq:policy-normalised *)
Lemma policy_normalised (M : MDP) (pi : policy M) : is_policy M pi ->
  forall s, ∑ a ∈ elements (actions M), pi s a = 1.
Proof. intros H s; apply (H s). Qed.

Section Moves.
Context (M : MDP).
Implicit Types (f g : state M -> R) (pi : policy M).

Lemma move_ext s a f g : (forall x, f x = g x) -> move M s a f = move M s a g.
Proof. apply mean_ext. Qed.
Lemma move_bound s a f B : (forall x, Rabs (f x) <= B) -> Rabs (move M s a f) <= B.
Proof. intros H; apply mean_bound; [apply kernel_law|intros; apply H]. Qed.
Lemma P_pi_ext pi f g s : (forall x, f x = g x) -> P_pi M pi f s = P_pi M pi g s.
Proof. intros H; apply mean_ext; intros a; apply move_ext, H. Qed.
Lemma P_pi_plus pi f g s : P_pi M pi (fun x => f x + g x) s = P_pi M pi f s + P_pi M pi g s.
Proof. unfold P_pi; rewrite <- mean_plus; apply mean_ext; intros; apply mean_plus. Qed.
Lemma P_pi_minus pi f g s : P_pi M pi (fun x => f x - g x) s = P_pi M pi f s - P_pi M pi g s.
Proof. unfold P_pi; rewrite <- mean_minus; apply mean_ext; intros; apply mean_minus. Qed.
Lemma P_pi_scal pi c f s : P_pi M pi (fun x => c * f x) s = c * P_pi M pi f s.
Proof. unfold P_pi; rewrite <- mean_scal; apply mean_ext; intros; apply mean_scal. Qed.
Lemma P_pi_const pi c s : is_policy M pi -> P_pi M pi (fun _ => c) s = c.
Proof.
  intros H; unfold P_pi, move. rewrite (mean_ext _ _ _ (fun _ => c)).
  - apply mean_const, H.
  - intros a; apply mean_const, kernel_law.
Qed.
Lemma P_pi_bound pi f s B : is_policy M pi -> (forall x, Rabs (f x) <= B) -> Rabs (P_pi M pi f s) <= B.
Proof. intros Hp Hf; apply mean_bound; [apply Hp|]; intros; apply move_bound, Hf. Qed.

Lemma mean_reward_bound Rmax : (forall r, In r (rewards M) -> Rabs r <= Rmax) ->
  forall s a, Rabs (mean_reward M s a) <= Rmax.
Proof.
  intros H s a. apply mean_bound; [apply kernel_law|]; intros s' _.
  apply mean_bound; [apply reward_law_law|exact H].
Qed.

Lemma r_pi_bound pi Rmax : is_policy M pi -> (forall r, In r (rewards M) -> Rabs r <= Rmax) ->
  forall s, Rabs (r_pi M pi s) <= Rmax.
Proof. intros Hp H s; apply mean_bound; [apply Hp|]; intros; apply mean_reward_bound, H. Qed.

(** Some bound on all rewards. *)
Lemma rewards_bounded : exists Rmax, 0 <= Rmax /\ forall r, In r (rewards M) -> Rabs r <= Rmax.
Proof.
  induction (rewards M) as [|r l (B & HB & H)]; [exists 0; split; [lra|contradiction]|].
  exists (B + Rabs r); pose proof (Rabs_pos r); split; [lra|].
  intros x [->|Hx]; [lra|]; specialize (H x Hx); lra.
Qed.

End Moves.

Section Family.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).

Lemma policy_here : is_policy M (pi th).
Proof. exact (locally_singleton _ _ (near_policy _ _ _ _ h2)). Qed.

Lemma near_law s : locally th (fun u => law (elements (actions M)) (pi u s)).
Proof. eapply filter_imp; [|exact (near_policy _ _ _ _ h2)]; intros u H; apply H. Qed.

Lemma entry_zero s a v : pi th s a = 0 -> dpi s a v = 0.
Proof.
  intros H. apply (zero_prob (elements (actions M)) (fun u => pi u s) th (dpi s) (near_law s)).
  - intros; apply (entry_derivative _ _ _ _ h2).
  - apply listed.
  - exact H.
Qed.

(** pi psi = the derivative of pi, also where pi is 0 *)
Lemma policy_score s a v : pi th s a * score M (pi th) dpi s a v = dpi s a v.
Proof. apply weight_log_slope, entry_zero. Qed.

(** The derivative of eq:policy-normalised. *)
Lemma derivatives_cancel s v : ∑ a ∈ elements (actions M), dpi s a v = 0.
Proof.
  rewrite <- (score_zero_mean (elements (actions M)) (fun u => pi u s) th (dpi s) (near_law s)
               (fun a _ => entry_derivative _ _ _ _ h2 s a) v).
  apply sum_ext; intros a; symmetry; apply policy_score.
Qed.

Lemma mean_score_weight s v (f : action M -> R) :
  mean (elements (actions M)) (pi th s) (fun a => score M (pi th) dpi s a v * f a)
  = ∑ a ∈ elements (actions M), (dpi s a v * f a).
Proof. apply sum_ext; intros a; rewrite <- (policy_score s a v); ring. Qed.

End Family.
