(** Chapter 1: the objective, the value, and their closed forms. *)
From PolicyGradient Require Export Trajectories Series.

(** G_t up to the horizon T, on a history that begins in s: the rewards from time t on. *)
Definition return_from (M : MDP) (s : state M) (h : history M) (t T : nat) : R :=
  ∑ i < (T - t), (gamma M ^ i * reward_at M s h (t + i)).

(** eq:return. The objective with a horizon: the mean of the discounted rewards of T steps. *)
Definition J_T (M : MDP) (pi : policy M) (T : nat) : R :=
  E M pi T (fun s h => ∑ t < T, (gamma M ^ t * reward_at M s h t)).

(** def:objective. J is the limit of J_T. (That the limit exists is [J_limit] below.) *)
Definition J (M : MDP) (pi : policy M) : R :=
  real (Lim_seq (fun T => J_T M pi T)).

(** The value of a state: the same from the state s on, over T steps and without end. *)
Definition V_T (M : MDP) (pi : policy M) (T : nat) (s : state M) : R :=
  E_from M pi T s (fun h => ∑ t < T, (gamma M ^ t * reward_at M s h t)).
Definition V (M : MDP) (pi : policy M) (s : state M) : R :=
  real (Lim_seq (fun T => V_T M pi T s)).

(** Powers of P_pi, and (I - gamma P_pi)^(-1) as the sum of all gamma^t P_pi^t. *)
Fixpoint P_pow (M : MDP) (pi : policy M) (t : nat)
    (f : state M -> R) : state M -> R :=
  match t with
  | O => f
  | S u => P_pi M pi (P_pow M pi u f)
  end.
Definition resolvent (M : MDP) (pi : policy M)
    (f : state M -> R) (s : state M) : R :=
  Series (fun t => gamma M ^ t * P_pow M pi t f s).

(** The mean over the start law: rho_0 as a row vector. *)
Definition rho_0 (M : MDP) (f : state M -> R) : R :=
  mean (elements (states M)) (start M) f.

Section Powers.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Implicit Types (f g : state M -> R) (s : state M).

Lemma P_pow_ext t f g : (forall x, f x = g x) -> forall s, P_pow M pi t f s = P_pow M pi t g s.
Proof. intros H; induction t as [|t IH]; intros s; cbn; [apply H|apply P_pi_ext, IH]. Qed.
Lemma P_pow_plus t f g : forall s, P_pow M pi t (fun x => f x + g x) s = P_pow M pi t f s + P_pow M pi t g s.
Proof.
  induction t as [|t IH]; intros s; cbn; [reflexivity|].
  rewrite <- P_pi_plus. apply P_pi_ext, IH.
Qed.
Lemma P_pow_scal t c f : forall s, P_pow M pi t (fun x => c * f x) s = c * P_pow M pi t f s.
Proof.
  induction t as [|t IH]; intros s; cbn; [reflexivity|].
  rewrite <- P_pi_scal. apply P_pi_ext, IH.
Qed.
Lemma P_pow_const t c : forall s, P_pow M pi t (fun _ => c) s = c.
Proof.
  induction t as [|t IH]; intros s; cbn; [reflexivity|].
  rewrite (P_pi_ext _ _ _ (fun _ => c)) by exact IH. apply P_pi_const, Hpi.
Qed.
Lemma P_pow_bound t f B : (forall x, Rabs (f x) <= B) -> forall s, Rabs (P_pow M pi t f s) <= B.
Proof. intros H; induction t as [|t IH]; intros s; cbn; [apply H|apply P_pi_bound; auto]. Qed.

(** P^(t+1) f = P^t (P f) *)
Lemma P_pow_succ t f : forall s, P_pow M pi (S t) f s = P_pow M pi t (P_pi M pi f) s.
Proof.
  induction t as [|t IH]; intros s; [reflexivity|].
  change (P_pi M pi (P_pow M pi (S t) f) s = P_pi M pi (P_pow M pi t (P_pi M pi f)) s).
  apply P_pi_ext, IH.
Qed.

Lemma E_from_last t f s : E_from M pi t s (fun h => f (last_state M s h)) = P_pow M pi t f s.
Proof.
  revert s; induction t as [|t IH]; intros s; [apply E_from_zero|].
  rewrite E_from_step. cbn. apply mean_ext; intros a. apply mean_ext; intros s'.
  rewrite (mean_ext _ _ _ (fun _ => P_pow M pi t f s')) by (intros; apply IH).
  apply mean_const, reward_law_law.
Qed.

(** The mean of a function of the pair at time t. *)
Lemma E_pair F n t s : (t < n)%nat -> E_from M pi n s (fun h => pair_at M F s h t) =
  P_pow M pi t (fun x => mean (elements (actions M)) (pi x) (F x)) s.
Proof.
  intros H. unfold pair_at. rewrite E_at_time by assumption. rewrite E_at_last, <- E_from_last.
  apply E_from_ext; intros h _. cbv zeta. apply mean_ext; intros a.
  rewrite (mean_ext _ _ _ (fun _ => F (last_state M s h) a)); [apply mean_const, kernel_law|].
  intros s'; apply mean_const, reward_law_law.
Qed.

(** The mean reward at time k. *)
Lemma E_reward n k s : (k < n)%nat ->
  E_from M pi n s (fun h => reward_at M s h k) = P_pow M pi k (r_pi M pi) s.
Proof.
  intros H. unfold reward_at. rewrite E_at_time by assumption. rewrite E_at_last, <- E_from_last. reflexivity.
Qed.

Lemma V_T_sum T s : V_T M pi T s = ∑ t < T, (gamma M ^ t * P_pow M pi t (r_pi M pi) s).
Proof.
  unfold V_T. rewrite E_from_sum_to. apply sum_to_ext; intros t Ht.
  rewrite E_from_scal, E_reward by assumption. reflexivity.
Qed.

Lemma J_T_start T : J_T M pi T = rho_0 M (V_T M pi T).
Proof. reflexivity. Qed.

(** eq:J-finite-matrix *)
Theorem J_finite_matrix T :
  J_T M pi T = ∑ t < T, (gamma M ^ t * rho_0 M (P_pow M pi t (r_pi M pi))).
Proof.
  rewrite J_T_start. unfold rho_0. rewrite (mean_ext _ _ _ _ (V_T_sum T)), mean_sum_to.
  apply sum_to_ext; intros t _. apply mean_scal.
Qed.

End Powers.

Section Resolvent.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Implicit Types (f g : state M -> R) (s : state M).

Lemma bounded f : exists B, 0 <= B /\ forall s, Rabs (f s) <= B.
Proof. apply (finite_bounded (states M)). Qed.

Lemma resolvent_series f s : ex_series (fun t => gamma M ^ t * P_pow M pi t f s).
Proof.
  destruct (bounded f) as (B & _ & HB).
  apply (dominated_series _ (gamma_range M) (fun t => P_pow M pi t f s) B); intros; apply P_pow_bound; auto.
Qed.

Lemma resolvent_bound f B s : (forall x, Rabs (f x) <= B) -> Rabs (resolvent M pi f s) <= B / (1 - gamma M).
Proof.
  intros HB. apply (dominated_series _ (gamma_range M) (fun t => P_pow M pi t f s) B); intros; apply P_pow_bound; auto.
Qed.

Lemma resolvent_ext f g s : (forall x, f x = g x) -> resolvent M pi f s = resolvent M pi g s.
Proof. intros H; apply Series_ext; intros t; f_equal; apply P_pow_ext, H. Qed.

Lemma resolvent_plus f g s : resolvent M pi (fun x => f x + g x) s = resolvent M pi f s + resolvent M pi g s.
Proof.
  unfold resolvent. rewrite <- Series_plus by apply resolvent_series.
  apply Series_ext; intros t. rewrite P_pow_plus. ring.
Qed.

Lemma resolvent_scal c f s : resolvent M pi (fun x => c * f x) s = c * resolvent M pi f s.
Proof.
  unfold resolvent. rewrite <- Series_scal_l. apply Series_ext; intros t. rewrite P_pow_scal. ring.
Qed.

Lemma P_pi_series (a : nat -> state M -> R) s : (forall x, ex_series (fun t => a t x)) ->
  ex_series (fun t => P_pi M pi (a t) s) /\
  Series (fun t => P_pi M pi (a t) s) = P_pi M pi (fun x => Series (fun t => a t x)) s.
Proof.
  intros H. unfold P_pi.
  assert (Hm : forall b, ex_series (fun t => move M s b (a t)) /\
     Series (fun t => move M s b (a t)) = move M s b (fun x => Series (fun t => a t x))).
  { intros b. apply (series_mean _ _ (fun x t => a t x) H). }
  destruct (series_mean (elements (actions M)) (pi s) (fun b t => move M s b (a t))) as [EX EQ].
  - intros b; apply Hm.
  - split; [exact EX|]. rewrite EQ. apply mean_ext; intros b; apply Hm.
Qed.

(** The resolvent solves g = f + gamma P_pi g, ... *)
Theorem resolvent_equation f s : resolvent M pi f s = f s + gamma M * P_pi M pi (resolvent M pi f) s.
Proof.
  unfold resolvent at 1. rewrite Series_incr_1 by apply resolvent_series. f_equal; [cbn; ring|].
  destruct (P_pi_series (fun t x => gamma M ^ t * P_pow M pi t f x) s) as [EX EQ];
    [intros; apply resolvent_series|].
  unfold resolvent. rewrite <- EQ, <- Series_scal_l. apply Series_ext; intros t.
  rewrite P_pi_scal. cbn. ring.
Qed.

(** ... can be peeled from the other side, ... *)
Theorem resolvent_equation_left f s : resolvent M pi f s = f s + gamma M * resolvent M pi (P_pi M pi f) s.
Proof.
  unfold resolvent at 1. rewrite Series_incr_1 by apply resolvent_series. f_equal; [cbn; ring|].
  unfold resolvent. rewrite <- Series_scal_l. apply Series_ext; intros t.
  rewrite P_pow_succ. cbn [pow]. ring.
Qed.

(** ... and is the only solution. So it is the inverse of I - gamma P_pi, from both sides. *)
Lemma unroll f g : (forall s, g s = f s + gamma M * P_pi M pi g s) ->
  forall n s, g s = ∑ t < n, (gamma M ^ t * P_pow M pi t f s) + gamma M ^ n * P_pow M pi n g s.
Proof.
  intros H n; induction n as [|n IH]; intros s; [cbn; ring|].
  rewrite (IH s). cbn [sum_to]. rewrite (P_pow_ext M pi n g _ H s), P_pow_plus, P_pow_scal, <- P_pow_succ.
  cbn [pow]. ring.
Qed.

Theorem resolvent_unique f g : (forall s, g s = f s + gamma M * P_pi M pi g s) ->
  forall s, g s = resolvent M pi f s.
Proof.
  intros H s. symmetry. apply series_unique.
  destruct (bounded g) as (B & HB & Hg). pose proof (gamma_range M) as Hq.
  apply is_lim_seq_ext with (fun n => g s - gamma M ^ n * P_pow M pi n g s).
  { intros n. rewrite (unroll f g H n s) at 1. ring. }
  replace (Finite (g s)) with (Finite (g s - 0)) by (f_equal; ring).
  apply is_lim_seq_minus'; [apply is_lim_seq_const|]. apply is_lim_seq_abs_0.
  apply is_lim_seq_le_le with (fun _ => 0) (fun n => B * gamma M ^ n).
  - intros n. split; [apply Rabs_pos|].
    rewrite Rabs_mult, (Rabs_pos_eq (gamma M ^ n)), Rmult_comm by (apply power_range; exact Hq).
    apply Rmult_le_compat_r; [apply power_range; exact Hq|apply P_pow_bound; assumption].
  - apply is_lim_seq_const.
  - apply power_vanishes, Hq.
Qed.

Theorem resolvent_inverse f s : resolvent M pi (fun x => f x - gamma M * P_pi M pi f x) s = f s.
Proof. symmetry. apply resolvent_unique. intros x. ring. Qed.

End Resolvent.

Section Values.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi).
Implicit Types (s : state M).

Lemma V_limit s : is_lim_seq (fun T => V_T M pi T s) (resolvent M pi (r_pi M pi) s).
Proof.
  apply is_lim_seq_ext with (fun T => ∑ t < T, (gamma M ^ t * P_pow M pi t (r_pi M pi) s)).
  - intros T; symmetry; apply V_T_sum, Hpi.
  - apply series_limit, resolvent_series, Hpi.
Qed.

(** eq:J-infinite, second line: V = (I - gamma P_pi)^(-1) r_pi *)
Theorem V_resolvent s : V M pi s = resolvent M pi (r_pi M pi) s.
Proof. unfold V. rewrite (is_lim_seq_unique _ _ (V_limit s)). reflexivity. Qed.

(** V = r_pi + gamma P_pi V *)
Theorem V_equation s : V M pi s = r_pi M pi s + gamma M * P_pi M pi (V M pi) s.
Proof.
  rewrite V_resolvent, resolvent_equation by exact Hpi. do 2 f_equal.
  apply P_pi_ext; intros; symmetry; apply V_resolvent.
Qed.

Theorem V_unique (g : state M -> R) : (forall s, g s = r_pi M pi s + gamma M * P_pi M pi g s) ->
  forall s, g s = V M pi s.
Proof. intros H s; rewrite V_resolvent. apply resolvent_unique; assumption. Qed.

Lemma V_bound Rmax s : (forall r, In r (rewards M) -> Rabs r <= Rmax) ->
  Rabs (V M pi s) <= Rmax / (1 - gamma M).
Proof. intros H; rewrite V_resolvent. apply resolvent_bound; [exact Hpi|]. apply r_pi_bound; assumption. Qed.

Lemma J_limit : is_lim_seq (fun T => J_T M pi T) (rho_0 M (V M pi)).
Proof.
  apply is_lim_seq_ext with (fun T => rho_0 M (V_T M pi T)); [reflexivity|].
  unfold rho_0, mean. induction (elements (states M)) as [|s l IH]; cbn; [apply is_lim_seq_const|].
  apply is_lim_seq_plus'; [|exact IH]. rewrite V_resolvent.
  apply (is_lim_seq_scal_l _ _ (Finite _)), V_limit.
Qed.

(** eq:J-infinite, first line *)
Theorem J_infinite : J M pi = rho_0 M (V M pi).
Proof. unfold J. rewrite (is_lim_seq_unique _ _ J_limit). reflexivity. Qed.

(** eq:J-tail-exact *)
Theorem J_tail_exact T : J M pi - J_T M pi T = gamma M ^ T * rho_0 M (P_pow M pi T (V M pi)).
Proof.
  rewrite J_infinite, J_T_start. unfold rho_0. rewrite <- mean_minus, <- mean_scal.
  apply mean_ext; intros s. rewrite (V_T_sum M pi Hpi), (unroll M pi (r_pi M pi) (V M pi) V_equation T s) at 1. ring.
Qed.

(** eq:J-tail *)
Theorem J_tail T Rmax : (forall r, In r (rewards M) -> Rabs r <= Rmax) ->
  Rabs (J M pi - J_T M pi T) <= gamma M ^ T * (Rmax / (1 - gamma M)).
Proof.
  intros H. rewrite J_tail_exact, Rabs_mult, (Rabs_pos_eq (gamma M ^ T)) by (apply power_range, gamma_range).
  apply Rmult_le_compat_l; [apply power_range, gamma_range|].
  apply mean_bound; [apply start_law|]. intros s _. apply P_pow_bound; [exact Hpi|].
  intros x; apply V_bound, H.
Qed.

(** J as one series: the mean rewards of all times. *)
Theorem J_series : is_series (fun k => gamma M ^ k * rho_0 M (P_pow M pi k (r_pi M pi))) (J M pi).
Proof.
  apply is_series_sum_to. rewrite J_infinite.
  apply is_lim_seq_ext with (fun T => J_T M pi T); [|apply J_limit].
  intros T; apply J_finite_matrix, Hpi.
Qed.

End Values.
