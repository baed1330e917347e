(** Chapter 1: trajectories. Their beginnings are listed, and an expectation is a finite sum. *)
From PolicyGradient Require Export Model.

(** One step: the action, the state it leads to, and the reward. What has happened before the
    action of time t is drawn (the book's F_t) is the first state and a list of t steps. *)
Definition step (M : MDP) : Type := (action M * state M * R)%type.
Definition history (M : MDP) : Type := list (step M).

(** All histories of n steps. *)
Fixpoint histories (M : MDP) (n : nat) : list (history M) :=
  match n with
  | O => [] :: []
  | S m => flat_map (fun a => flat_map (fun s' => flat_map (fun r =>
             map (cons (a, s', r)) (histories M m))
           (rewards M)) (elements (states M))) (elements (actions M))
  end.

(** def:law, for a beginning: the probability of a history after the first state s. *)
Fixpoint likelihood (M : MDP) (pi : policy M)
    (s : state M) (h : history M) : R :=
  match h with
  | [] => 1
  | (a, s', r) :: rest =>
      pi s a * (kernel M s a s' * (reward_law M s a s' r *
        likelihood M pi s' rest))
  end.

(** The expectation of a function of the first n steps, from the state s. *)
Definition E_from (M : MDP) (pi : policy M) (n : nat)
    (s : state M) (f : history M -> R) : R :=
  mean (histories M n) (likelihood M pi s) f.

(** The same with the first state drawn from the start law. *)
Definition E (M : MDP) (pi : policy M) (n : nat)
    (f : state M -> history M -> R) : R :=
  mean (elements (states M)) (start M) (fun s => E_from M pi n s (f s)).

(** f (s_t, a_t, s_{t+1}, r_t) on a history that begins in s; 0 after its end. *)
Fixpoint at_time (M : MDP) (f : state M -> action M -> state M -> R -> R)
    (s : state M) (h : history M) (t : nat) : R :=
  match h, t with
  | [], _ => 0
  | (a, s', r) :: _, O => f s a s' r
  | (_, s', _) :: rest, S u => at_time M f s' rest u
  end.

Definition reward_at (M : MDP) := at_time M (fun _ _ _ r => r).                    (* r_t *)
Definition pair_at (M : MDP) (f : state M -> action M -> R) :=
  at_time M (fun s a _ _ => f s a).                                                (* f(s_t, a_t) *)

(** The state after all steps of a history: s_t for a history of t steps. *)
Fixpoint last_state (M : MDP) (s : state M) (h : history M) : state M :=
  match h with
  | [] => s
  | (_, s', _) :: rest => last_state M s' rest
  end.

(** The mean of f over m further steps, given the history h: E[f | F_t] with t the length of h. *)
Definition E_given (M : MDP) (pi : policy M) (m : nat)
    (s : state M) (h : history M) (f : history M -> R) : R :=
  E_from M pi m (last_state M s h) (fun further => f (h ++ further)).

(** The same, given the next action too: E[f | F_t, a_t]; m steps follow after the one of a. *)
Definition E_given_action (M : MDP) (pi : policy M) (m : nat)
    (s : state M) (h : history M) (a : action M) (f : history M -> R) : R :=
  let x := last_state M s h in
  mean (elements (states M)) (kernel M x a) (fun s' =>
    mean (rewards M) (reward_law M x a s') (fun r =>
      E_from M pi m s' (fun further => f (h ++ (a, s', r) :: further)))).

Section Trajectories.
Context (M : MDP) (pi : policy M).
Notation A := (elements (actions M)).
Notation St := (elements (states M)).
Implicit Types (s x : state M) (h : history M) (f g : history M -> R).

Lemma length_histories n h : In h (histories M n) -> length h = n.
Proof.
  revert h; induction n as [|n IH]; intros h; cbn.
  - intros [<-|[]]; reflexivity.
  - intros H. apply in_flat_map in H as (a & _ & H). apply in_flat_map in H as (s' & _ & H).
    apply in_flat_map in H as (r & _ & H). apply in_map_iff in H as (h' & <- & H).
    cbn; f_equal; apply IH, H.
Qed.

Lemma E_from_zero s f : E_from M pi 0 s f = f [].
Proof. unfold E_from, mean; cbn; ring. Qed.

(** One step at a time. *)
Lemma E_from_step n s f : E_from M pi (S n) s f =
  mean A (pi s) (fun a => mean St (kernel M s a) (fun s' => mean (rewards M) (reward_law M s a s')
    (fun r => E_from M pi n s' (fun h => f ((a, s', r) :: h))))).
Proof.
  unfold E_from at 1. unfold mean at 1. cbn [histories]. rewrite sum_flat_map.
  apply sum_ext; intros a. rewrite sum_flat_map. unfold mean at 1. rewrite <- sum_scal.
  apply sum_ext; intros s'. rewrite sum_flat_map. unfold mean at 1. rewrite <- !sum_scal.
  apply sum_ext; intros r. rewrite sum_map. unfold E_from, mean. rewrite <- !sum_scal.
  apply sum_ext; intros h. cbn [likelihood]. ring.
Qed.

Lemma E_from_ext n s f g : (forall h, length h = n -> f h = g h) ->
  E_from M pi n s f = E_from M pi n s g.
Proof. intros H; apply mean_ext_in; intros h Hh; apply H, length_histories, Hh. Qed.

Lemma E_from_plus n s f g : E_from M pi n s (fun h => f h + g h) = E_from M pi n s f + E_from M pi n s g.
Proof. apply mean_plus. Qed.
Lemma E_from_minus n s f g : E_from M pi n s (fun h => f h - g h) = E_from M pi n s f - E_from M pi n s g.
Proof. apply mean_minus. Qed.
Lemma E_from_scal n s c f : E_from M pi n s (fun h => c * f h) = c * E_from M pi n s f.
Proof. apply mean_scal. Qed.
Lemma E_from_sum_to n s m (f : history M -> nat -> R) :
  E_from M pi n s (fun h => ∑ k < m, f h k) = ∑ k < m, E_from M pi n s (fun h => f h k).
Proof. apply mean_sum_to. Qed.

(** Two stages: n steps first, then m. This is the tower property for histories. *)
Lemma E_from_app n m s f : E_from M pi (n + m) s f =
  E_from M pi n s (fun h => E_given M pi m s h f).
Proof.
  unfold E_given. revert s f; induction n as [|n IH]; intros s f; cbn [Nat.add].
  - rewrite E_from_zero; reflexivity.
  - rewrite !E_from_step. apply mean_ext; intros a; apply mean_ext; intros s'; apply mean_ext; intros r.
    rewrite IH; reflexivity.
Qed.

Lemma E_given_step m s h f : E_given M pi (S m) s h f =
  mean A (pi (last_state M s h)) (fun a => E_given_action M pi m s h a f).
Proof. unfold E_given, E_given_action; rewrite E_from_step; reflexivity. Qed.

Hypothesis Hpi : is_policy M pi.

Lemma E_from_const n s c : E_from M pi n s (fun _ => c) = c.
Proof.
  revert s; induction n as [|n IH]; intros s; [apply E_from_zero|]. rewrite E_from_step.
  rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, Hpi|]. intros a.
  rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, kernel_law|]. intros s'.
  rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, reward_law_law|]. intros r. apply IH.
Qed.

(** eq:traj-normalised. The histories of each length have a law. *)
Theorem traj_normalised n s : law (histories M n) (likelihood M pi s).
Proof.
  split.
  - revert s; induction n as [|n IH]; intros s h; cbn.
    + intros [<-|[]]; cbn; lra.
    + intros H. apply in_flat_map in H as (a & Ha & H). apply in_flat_map in H as (s' & Hs & H).
      apply in_flat_map in H as (r & Hr & H). apply in_map_iff in H as (h' & <- & H). cbn.
      apply Rmult_le_pos; [apply Hpi; exact Ha|].
      apply Rmult_le_pos; [apply kernel_law; exact Hs|].
      apply Rmult_le_pos; [apply reward_law_law; exact Hr|]. apply IH, H.
  - pose proof (E_from_const n s 1) as H. unfold E_from, mean in H.
    rewrite <- H. apply sum_ext; intros; ring.
Qed.

(** eq:traj-consistent. What the first n steps decide is not changed by looking further. *)
Theorem traj_consistent n m s f :
  E_from M pi (n + m) s (fun h => f (firstn n h)) = E_from M pi n s f.
Proof.
  rewrite E_from_app. apply E_from_ext; intros h Hh. unfold E_given.
  rewrite (E_from_ext _ _ _ (fun _ => f h)); [apply E_from_const|].
  intros h' _. rewrite firstn_app, Hh, Nat.sub_diag, firstn_all2, app_nil_r by lia; reflexivity.
Qed.

(** eq:traj-consistent, as the book states it: over the next step, whatever it is. *)
Theorem traj_consistent_likelihood s h :
  ∑ a ∈ A, (∑ s' ∈ St, (∑ r ∈ rewards M, likelihood M pi s (h ++ (a, s', r) :: [])))
  = likelihood M pi s h.
Proof.
  revert s; induction h as [|[[a0 s0] r0] h IH]; intros s; cbn [app likelihood].
  - transitivity (E_from M pi 1 s (fun _ => 1)); [|apply E_from_const].
    rewrite E_from_step. apply sum_ext; intros a. unfold mean. rewrite <- sum_scal.
    apply sum_ext; intros s'. rewrite <- !sum_scal. apply sum_ext; intros r.
    rewrite E_from_zero; ring.
  - rewrite <- IH. rewrite <- !sum_scal. apply sum_ext; intros a. rewrite <- !sum_scal.
    apply sum_ext; intros s'. rewrite <- !sum_scal. reflexivity.
Qed.

(** [E_given] is the conditional expectation: it agrees with f on average against every function
    of the past. *)
Theorem E_given_correct n m s (g f : history M -> R) :
  E_from M pi (n + m) s (fun h => g (firstn n h) * f h)
  = E_from M pi n s (fun h => g h * E_given M pi m s h f).
Proof.
  rewrite E_from_app. apply E_from_ext; intros h Hh. unfold E_given. rewrite <- E_from_scal.
  apply E_from_ext; intros h' _.
  rewrite firstn_app, Hh, Nat.sub_diag, firstn_all2, app_nil_r by lia; reflexivity.
Qed.

End Trajectories.

Section Expectation.
Context {M : MDP} {pi : policy M}.

Lemma E_sum_to n m (f : nat -> state M -> history M -> R) :
  E M pi n (fun s h => ∑ k < m, f k s h) = ∑ k < m, E M pi n (f k).
Proof.
  unfold E. rewrite <- mean_sum_to. apply mean_ext; intros s. apply E_from_sum_to.
Qed.
Lemma E_scal n c (f : state M -> history M -> R) :
  E M pi n (fun s h => c * f s h) = c * E M pi n f.
Proof. unfold E. rewrite <- mean_scal. apply mean_ext; intros s; apply E_from_scal. Qed.
Lemma E_ext n (f g : state M -> history M -> R) : (forall s h, length h = n -> f s h = g s h) ->
  E M pi n f = E M pi n g.
Proof. intros H. apply mean_ext; intros s; apply E_from_ext; intros; apply H; assumption. Qed.
Lemma E_plus n (f g : state M -> history M -> R) :
  E M pi n (fun s h => f s h + g s h) = E M pi n f + E M pi n g.
Proof. unfold E. rewrite <- mean_plus. apply mean_ext; intros s; apply E_from_plus. Qed.
Lemma E_minus n (f g : state M -> history M -> R) :
  E M pi n (fun s h => f s h - g s h) = E M pi n f - E M pi n g.
Proof. unfold E. rewrite <- mean_minus. apply mean_ext; intros s; apply E_from_minus. Qed.

End Expectation.

Section Accessors.
Context (M : MDP).
Implicit Types (s : state M) (h : history M).

Lemma at_time_app_old F s h h' t : (t < length h)%nat ->
  at_time M F s (h ++ h') t = at_time M F s h t.
Proof.
  revert s t; induction h as [|[[a s'] r] h IH]; intros s t Ht; cbn in *; [lia|].
  destruct t; [reflexivity|]. apply IH; lia.
Qed.

Lemma at_time_app_new F s h h' t :
  at_time M F s (h ++ h') (length h + t) = at_time M F (last_state M s h) h' t.
Proof. revert s; induction h as [|[[a s'] r] h IH]; intros s; cbn; [reflexivity|apply IH]. Qed.

Lemma at_time_firstn F s h n t : (t < n)%nat ->
  at_time M F s (firstn n h) t = at_time M F s h t.
Proof.
  revert s n t; induction h as [|[[a s'] r] h IH]; intros s n t Ht.
  - rewrite firstn_nil; reflexivity.
  - destruct n; [lia|]. destruct t; cbn; [reflexivity|]. apply IH; lia.
Qed.

Lemma at_time_mult F F' s h t :
  at_time M F s h t * at_time M F' s h t = at_time M (fun s a s' r => F s a s' r * F' s a s' r) s h t.
Proof.
  revert s t; induction h as [|[[a s'] r] h IH]; intros s t; cbn; [ring|]. destruct t; [reflexivity|apply IH].
Qed.

(** The mean of a function of step t: it needs t + 1 steps, and more do not matter. *)
Lemma E_at_time (pi : policy M) (Hpi : is_policy M pi) F n s t : (t < n)%nat ->
  E_from M pi n s (fun h => at_time M F s h t) = E_from M pi (S t) s (fun h => at_time M F s h t).
Proof.
  intros H. replace n with (S t + (n - S t))%nat by lia.
  rewrite <- (traj_consistent M pi Hpi (S t) (n - S t) s (fun h => at_time M F s h t)).
  apply E_from_ext; intros h _. symmetry; apply at_time_firstn; lia.
Qed.

Lemma E_at_last (pi : policy M) F n s :
  E_from M pi (S n) s (fun h => at_time M F s h n) =
  E_from M pi n s (fun h => let x := last_state M s h in
    mean (elements (actions M)) (pi x) (fun a => mean (elements (states M)) (kernel M x a) (fun s' =>
      mean (rewards M) (reward_law M x a s') (fun r => F x a s' r)))).
Proof.
  rewrite <- Nat.add_1_r, E_from_app. apply E_from_ext; intros h Hh. cbv zeta. unfold E_given.
  rewrite E_from_step. apply mean_ext; intros a; apply mean_ext; intros s'; apply mean_ext; intros r.
  rewrite E_from_zero, <- Hh, <- (Nat.add_0_r (length h)), at_time_app_new. reflexivity.
Qed.

End Accessors.
