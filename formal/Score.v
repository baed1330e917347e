(** Chapter 1: the likelihood of a prefix, and its score. *)
From PolicyGradient Require Export Trajectories.

(** The book's prefix is the first T states and actions: (s_0, a_0), ..., (s_(T-1), a_(T-1)). *)
Definition prefix (M : MDP) : Type := list (state M * action M).

(** 1 if the history that begins in s agrees with the prefix, and 0 otherwise. *)
Fixpoint agrees (M : MDP) (s : state M) (h : history M) (tau : prefix M) : R :=
  match tau, h with
  | [], _ => 1
  | _, [] => 0
  | (s1, a1) :: rest, (a, s', _) :: h' =>
      indicator (states M) s1 s * (indicator (actions M) a1 a * agrees M s' h' rest)
  end.

(** p(tau): the probability that the trajectory begins with tau. *)
Definition prefix_probability (M : MDP) (pi : policy M) (tau : prefix M) : R :=
  E M pi (length tau) (fun s h => agrees M s h tau).

(** The score sum M_T on a history, in the direction v: psi_0 + ... + psi_(T-1). *)
Definition score_sum (M : MDP) {U : NormedModule R_AbsRing} (pi : policy M)
    (dpi : state M -> action M -> U -> R) (s : state M) (h : history M) (T : nat) (v : U) : R :=
  ∑ t < T, pair_at M (fun s a => score M pi dpi s a v) s h t.

(** All prefixes of length n. *)
Fixpoint prefixes (M : MDP) (n : nat) : list (prefix M) :=
  match n with
  | O => [] :: []
  | S m => flat_map (fun x => flat_map (fun b => map (cons (x, b)) (prefixes M m))
             (elements (actions M))) (elements (states M))
  end.

Section Prefix.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi) (nowhere : state M * action M).
Notation A := (elements (actions M)).
Notation St := (elements (states M)).
Implicit Types (tau : prefix M).
Notation s_ tau t := (fst (nth t tau nowhere)).
Notation a_ tau t := (snd (nth t tau nowhere)).

Lemma agrees_from tau s : E_from M pi (length tau) s (fun h => agrees M s h tau) =
  match tau with [] => 1 | (s1, _) :: _ => indicator (states M) s1 s end *
  (prod_to (length tau) (fun t => pi (s_ tau t) (a_ tau t)) *
   prod_to (length tau - 1) (fun t => kernel M (s_ tau t) (a_ tau t) (s_ tau (S t)))).
Proof.
  revert s; induction tau as [|[s1 a1] tau IH]; intros s; [rewrite E_from_zero; cbn; ring|].
  cbn [length]. rewrite E_from_step.
  transitivity (indicator (states M) s1 s * (pi s a1 * move M s a1 (fun s' =>
    E_from M pi (length tau) s' (fun h => agrees M s' h tau)))).
  { rewrite (mean_ext _ _ _ (fun a => indicator (actions M) a1 a * (indicator (states M) s1 s *
      move M s a (fun s' => E_from M pi (length tau) s' (fun h => agrees M s' h tau))))).
    - unfold mean. rewrite (sum_ext _ _ (fun a => indicator (actions M) a1 a * (pi s a *
        (indicator (states M) s1 s * move M s a (fun s' =>
           E_from M pi (length tau) s' (fun h => agrees M s' h tau)))))) by (intros; ring).
      rewrite sum_indicator. ring.
    - intros a. unfold move. rewrite <- mean_scal, <- mean_scal. apply mean_ext; intros s'.
      rewrite (mean_ext _ _ _ (fun _ => indicator (actions M) a1 a * (indicator (states M) s1 s *
        E_from M pi (length tau) s' (fun h => agrees M s' h tau)))).
      + apply mean_const, reward_law_law.
      + intros r. cbn [agrees]. rewrite <- !E_from_scal. apply E_from_ext; intros; ring. }
  apply indicator_factor; intros <-.
  rewrite prod_to_first. cbn [nth fst snd]. rewrite Rmult_assoc. f_equal.
  unfold move at 1. rewrite (mean_ext _ _ _ _ (fun s' => IH s')).
  destruct tau as [|[s2 a2] tau].
  - cbn. rewrite (mean_ext _ _ _ (fun _ => 1)) by (intros; ring).
    rewrite mean_const by apply kernel_law. ring.
  - unfold mean. rewrite (sum_ext _ _ (fun s' => indicator (states M) s2 s' * (kernel M s1 a1 s' *
      (prod_to (length ((s2, a2) :: tau)) (fun t => pi (s_ ((s2, a2) :: tau) t) (a_ ((s2, a2) :: tau) t)) *
       prod_to (length ((s2, a2) :: tau) - 1) (fun t => kernel M (s_ ((s2, a2) :: tau) t)
         (a_ ((s2, a2) :: tau) t) (s_ ((s2, a2) :: tau) (S t))))))) by (intros; ring).
    rewrite sum_indicator. cbn [length]. rewrite !Nat.sub_succ, !Nat.sub_0_r.
    rewrite (prod_to_first (length tau) (fun t => kernel _ _ _ _)). cbn [nth fst snd]. ring.
Qed.

(** eq:traj-likelihood *)
Theorem traj_likelihood tau : tau <> [] ->
  prefix_probability M pi tau =
    start M (s_ tau 0)
    * prod_to (length tau) (fun t => pi (s_ tau t) (a_ tau t))
    * prod_to (length tau - 1) (fun t => kernel M (s_ tau t) (a_ tau t) (s_ tau (S t))).
Proof.
  intros Ht. unfold prefix_probability, E. rewrite (mean_ext _ _ _ _ (agrees_from tau)).
  destruct tau as [|[s1 a1] tau]; [contradiction|]. unfold mean.
  rewrite (sum_ext _ _ (fun s => indicator (states M) s1 s * (start M s *
     (prod_to (length ((s1, a1) :: tau)) (fun t => pi (s_ ((s1, a1) :: tau) t) (a_ ((s1, a1) :: tau) t)) *
      prod_to (length ((s1, a1) :: tau) - 1) (fun t => kernel M (s_ ((s1, a1) :: tau) t)
        (a_ ((s1, a1) :: tau) t) (s_ ((s1, a1) :: tau) (S t))))))) by (intros; ring).
  rewrite sum_indicator. cbn [nth fst]. ring.
Qed.

(** eq:log-likelihood *)
Theorem log_likelihood tau : tau <> [] ->
  0 < start M (s_ tau 0) ->
  (forall t, (t < length tau)%nat -> 0 < pi (s_ tau t) (a_ tau t)) ->
  (forall t, (t < length tau - 1)%nat -> 0 < kernel M (s_ tau t) (a_ tau t) (s_ tau (S t))) ->
  ln (prefix_probability M pi tau) =
    ln (start M (s_ tau 0))
    + ∑ t < length tau, ln (pi (s_ tau t) (a_ tau t))
    + ∑ t < (length tau - 1), ln (kernel M (s_ tau t) (a_ tau t) (s_ tau (S t))).
Proof.
  intros Ht H0 H1 H2. rewrite traj_likelihood by exact Ht.
  destruct (ln_prod_to _ _ H1) as [P1 E1]. destruct (ln_prod_to _ _ H2) as [P2 E2].
  rewrite !ln_mult, E1, E2; auto. apply Rmult_lt_0_compat; assumption.
Qed.

(** A history agrees with exactly one prefix of its length. *)
Lemma agrees_once s (h : history M) : ∑ tau ∈ prefixes M (length h), agrees M s h tau = 1.
Proof.
  revert s; induction h as [|[[a s'] r] h IH]; intros s; cbn [length prefixes]; [cbn; ring|].
  rewrite sum_flat_map.
  rewrite (sum_ext _ _ (fun x => indicator (states M) x s * 1)).
  - rewrite (sum_ext _ _ (fun x => indicator (states M) s x * 1)); [apply (sum_indicator (states M) s (fun _ => 1))|].
    intros x. unfold indicator. destruct (same (states M) x s), (same (states M) s x); congruence.
  - intros x. rewrite sum_flat_map.
    rewrite (sum_ext _ _ (fun b => indicator (actions M) a b * indicator (states M) x s)).
    + rewrite (sum_indicator (actions M) a (fun _ => indicator (states M) x s)). ring.
    + intros b. rewrite sum_map. cbn [agrees].
      rewrite (sum_ext _ _ (fun tau => indicator (states M) x s * indicator (actions M) b a * agrees M s' h tau))
        by (intros; ring).
      rewrite sum_scal, IH. unfold indicator at 2 3.
      destruct (same (actions M) b a), (same (actions M) a b); try congruence; ring.
Qed.

(** eq:traj-normalised, for the book's prefixes *)
Theorem prefixes_normalised n : ∑ tau ∈ prefixes M n, prefix_probability M pi tau = 1.
Proof.
  rewrite (sum_ext_in _ _ (fun tau => E M pi n (fun s h => agrees M s h tau))).
  - unfold E. rewrite <- mean_sum_over.
    rewrite (mean_ext _ _ _ (fun _ => 1)); [apply mean_const, start_law|]. intros s.
    unfold E_from. rewrite <- mean_sum_over.
    rewrite (mean_ext_in _ _ _ (fun _ => 1)); [apply mean_const, traj_normalised, Hpi|].
    intros h Hh. rewrite <- (length_histories M n h Hh). apply agrees_once.
  - intros tau Ht. unfold prefix_probability. replace (length tau) with n; [reflexivity|].
    clear - Ht. revert tau Ht; induction n as [|n IH]; cbn; intros tau H.
    + destruct H as [<-|[]]; reflexivity.
    + apply in_flat_map in H as (x & _ & H). apply in_flat_map in H as (b & _ & H).
      apply in_map_iff in H as (rest & <- & H). cbn; f_equal; apply IH, H.
Qed.

(** eq:traj-consistent, for the book's prefixes *)
Theorem prefixes_consistent tau :
  ∑ x ∈ St, (∑ b ∈ A, prefix_probability M pi (tau ++ (x, b) :: [])) = prefix_probability M pi tau.
Proof.
  assert (P : forall s (h : history M), length h = S (length tau) ->
    ∑ x ∈ St, (∑ b ∈ A, agrees M s h (tau ++ (x, b) :: [])) = agrees M s (firstn (length tau) h) tau).
  { induction tau as [|[s1 a1] tau IH]; intros s [|[[a s'] r] h] Hh; try discriminate; cbn in *.
    - destruct h; [|discriminate]. pose proof (agrees_once s ((a, s', r) :: [])) as O. cbn [length prefixes] in O.
      rewrite sum_flat_map in O. rewrite <- O. apply sum_ext; intros x.
      rewrite sum_flat_map. apply sum_ext; intros b. cbn. ring.
    - rewrite <- (IH s' h) by lia. rewrite <- !sum_scal. apply sum_ext; intros x.
      rewrite <- !sum_scal. reflexivity. }
  transitivity (E M pi (S (length tau)) (fun s h => agrees M s (firstn (length tau) h) tau)).
  - transitivity (E M pi (S (length tau)) (fun s h => ∑ x ∈ St, (∑ b ∈ A, agrees M s h (tau ++ (x, b) :: [])))).
    + unfold E. rewrite (mean_ext _ _ _ (fun s => ∑ x ∈ St, (∑ b ∈ A,
        E_from M pi (S (length tau)) s (fun h => agrees M s h (tau ++ (x, b) :: []))))).
      * rewrite mean_sum_over. apply sum_ext; intros x. rewrite mean_sum_over. apply sum_ext; intros b.
        unfold prefix_probability. rewrite app_length, Nat.add_1_r. reflexivity.
      * intros s. unfold E_from. rewrite mean_sum_over. apply sum_ext; intros x. apply mean_sum_over.
    + apply E_ext; intros; apply P; assumption.
  - apply mean_ext; intros s. rewrite <- Nat.add_1_r. apply (traj_consistent M pi Hpi (length tau) 1 s (fun h => agrees M s h tau)).
Qed.

End Prefix.

Section Score.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation A := (elements (actions M)).
Notation psi s a v := (score M (pi th) dpi s a v).
Notation psi_at v := (pair_at M (fun s a => psi s a v)).
Notation M_ := (score_sum M (pi th) dpi).
Implicit Types (s : state M) (h : history M) (v : U).

Lemma score_sum_cons a s' r s h v n :
  M_ s ((a, s', r) :: h) (S n) v = psi s a v + M_ s' h n v.
Proof. unfold score_sum. rewrite sum_to_first. reflexivity. Qed.

(** eq:traj-score for a history with its rewards, also where its probability is zero. *)
Theorem traj_score s h :
  has_derivative (fun u => likelihood M (pi u) s h) th
    (fun v => likelihood M (pi th) s h * M_ s h (length h) v).
Proof.
  revert s; induction h as [|[[a s'] r] h IH]; intros s; cbn [likelihood length].
  - apply derivative_eq with (fun _ => 0); [apply derivative_const|intros; unfold score_sum; cbn; ring].
  - eapply derivative_eq.
    + apply derivative_mult; [apply (entry_derivative _ _ _ _ h2)|].
      apply derivative_scal, derivative_scal, IH.
    + intros v; cbv beta. rewrite score_sum_cons.
      rewrite <- (policy_score M pi th dpi h2 s a v). ring.
Qed.

(** The log-derivative trick for trajectories: f may depend on the history, but not on theta. *)
Theorem derivative_E_from n s (f : history M -> R) :
  has_derivative (fun u => E_from M (pi u) n s f) th
    (fun v => E_from M (pi th) n s (fun h => f h * M_ s h n v)).
Proof.
  unfold E_from. eapply derivative_eq.
  - apply (derivative_mean (histories M n) (fun u => likelihood M (pi u) s) th); intros; apply traj_score.
  - intros v; apply sum_ext_in; intros h Hh; cbn. rewrite (length_histories M n h Hh). ring.
Qed.

Theorem derivative_E n (f : state M -> history M -> R) :
  has_derivative (fun u => E M (pi u) n f) th
    (fun v => E M (pi th) n (fun s h => f s h * M_ s h n v)).
Proof.
  unfold E, mean at 1. apply derivative_eq with
    (fun v => ∑ s ∈ elements (states M), (start M s * E_from M (pi th) n s (fun h => f s h * M_ s h n v)));
    [|reflexivity].
  apply (derivative_sum (elements (states M)) (fun s u => start M s * E_from M (pi u) n s (f s)) th
    (fun s v => start M s * E_from M (pi th) n s (fun h => f s h * M_ s h n v))).
  intros s _. apply derivative_scal, derivative_E_from.
Qed.

(** eq:traj-score, as the book states it, for the first T states and actions. *)
Theorem traj_score_prefix (tau : prefix M) (nowhere : state M * action M) :
  has_derivative (fun u => prefix_probability M (pi u) tau) th
    (fun v => prefix_probability M (pi th) tau
      * ∑ t < length tau, psi (fst (nth t tau nowhere)) (snd (nth t tau nowhere)) v).
Proof.
  eapply derivative_eq; [apply derivative_E|]. intros v. unfold prefix_probability, E; cbn.
  rewrite <- mean_scal_r. apply mean_ext; intros s. unfold E_from. rewrite <- mean_scal_r.
  apply mean_ext_in; intros h Hh. apply length_histories in Hh.
  revert s tau Hh; induction h as [|[[a s'] r] h IH]; intros s tau Hh.
  - destruct tau; [reflexivity|discriminate].
  - destruct tau as [|[s1 a1] tau]; [discriminate|]. cbn [length] in *. injection Hh as Hh.
    cbn [agrees]. rewrite score_sum_cons, sum_to_first. cbn [nth fst snd].
    specialize (IH s' tau Hh).
    rewrite !Rmult_assoc. apply indicator_factor; intros <-. apply indicator_factor; intros <-.
    rewrite !Rmult_plus_distr_l, IH. ring.
Qed.

(** eq:model-free-score: kernel and start law have cancelled. *)
Theorem model_free_score (tau : prefix M) (nowhere : state M * action M) :
  0 < prefix_probability M (pi th) tau ->
  has_derivative (fun u => ln (prefix_probability M (pi u) tau)) th
    (fun v => ∑ t < length tau, psi (fst (nth t tau nowhere)) (snd (nth t tau nowhere)) v).
Proof.
  intros Hp. eapply derivative_eq.
  - apply derivative_ln; [apply (traj_score_prefix tau nowhere)|exact Hp].
  - intros v; cbn. field. lra.
Qed.

(** A score has mean zero, whatever the state. *)
Lemma mean_score_zero s v : mean A (pi th s) (fun a => psi s a v) = 0.
Proof.
  rewrite <- (derivatives_cancel M pi th dpi h2 s v). apply sum_ext; intros a; apply (policy_score M pi th dpi h2).
Qed.

(** What was known before the action was drawn is uncorrelated with the score. *)
Lemma score_given_past s h v :
  E_given M (pi th) 1 s h (fun h' => psi_at v s h' (length h)) = 0.
Proof.
  unfold E_given. rewrite (E_from_ext _ _ _ _ _ (fun h' => psi_at v (last_state M s h) h' 0)).
  - unfold pair_at; rewrite E_at_last, E_from_zero. cbv zeta. cbn [last_state].
    rewrite <- (mean_score_zero (last_state M s h) v). apply mean_ext; intros a.
    rewrite (mean_ext _ _ _ (fun _ => psi (last_state M s h) a v)); [apply mean_const, kernel_law|].
    intros s'; apply mean_const, reward_law_law.
  - intros h' _. rewrite <- (Nat.add_0_r (length h)). apply at_time_app_new.
Qed.

Lemma score_and_past n s t v (b : history M -> R) : (t < n)%nat ->
  E_from M (pi th) n s (fun h => b (firstn t h) * psi_at v s h t) = 0.
Proof.
  intros Ht. pose proof (policy_here M pi th dpi h2) as Hp.
  replace n with (S t + (n - S t))%nat by lia.
  transitivity (E_from M (pi th) (S t) s (fun h => b (firstn t h) * psi_at v s h t)).
  - rewrite <- (traj_consistent M (pi th) Hp (S t) (n - S t)). apply E_from_ext; intros h _.
    rewrite firstn_firstn, Nat.min_l by lia. f_equal. symmetry; apply at_time_firstn; lia.
  - rewrite <- Nat.add_1_r, E_given_correct.
    rewrite (E_from_ext _ _ _ _ _ (fun _ => 0)); [apply E_from_const, Hp|]. intros h Hh.
    rewrite <- Hh, score_given_past; ring.
Qed.

Lemma score_sum_firstn s h t n v : (t <= n)%nat -> M_ s (firstn n h) t v = M_ s h t v.
Proof. intros H; apply sum_to_ext; intros k Hk; apply at_time_firstn; lia. Qed.

(** eq:score-martingale, for any two directions; with v = w it is the mean square of M_T. *)
Theorem score_martingale s T v w :
  E_from M (pi th) T s (fun h => M_ s h T v * M_ s h T w)
  = ∑ t < T, E_from M (pi th) T s (fun h => psi_at v s h t * psi_at w s h t).
Proof.
  assert (H : forall n, (n <= T)%nat -> E_from M (pi th) T s (fun h => M_ s h n v * M_ s h n w)
    = ∑ t < n, E_from M (pi th) T s (fun h => psi_at v s h t * psi_at w s h t)).
  { induction n as [|n IH]; intros Hn.
    - exact (eq_trans (E_from_scal M (pi th) T s 0 (fun _ => 0)) (Rmult_0_l _)).
    - cbn [sum_to]. rewrite <- IH by lia.
      rewrite (E_from_ext _ _ _ _ _ (fun h => (M_ s h n v * M_ s h n w + psi_at v s h n * psi_at w s h n)
        + (M_ s (firstn n h) n v * psi_at w s h n + M_ s (firstn n h) n w * psi_at v s h n))).
      + rewrite !E_from_plus, (score_and_past T s n w (fun h => M_ s h n v)),
          (score_and_past T s n v (fun h => M_ s h n w)) by lia. ring.
      + intros h _. rewrite !score_sum_firstn by lia. unfold score_sum; cbn [sum_to]. ring. }
  apply H; lia.
Qed.

(** eq:marginal-gradient *)
Theorem marginal_gradient t (x : state M) :
  has_derivative (fun u => E M (pi u) t (fun s h => indicator (states M) x (last_state M s h))) th
    (fun v => E M (pi th) t (fun s h => indicator (states M) x (last_state M s h) * M_ s h t v)).
Proof. apply derivative_E. Qed.

End Score.
