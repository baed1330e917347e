(** Chapter 5: the mean of the own batch as a baseline. *)
From PolicyGradient Require Export Causality.

(** N independent trajectories of T steps, and the mean of a function of all of them. *)
Fixpoint E_batch (M : MDP) (pi : policy M) (T N : nat) (F : list (state M * history M) -> R) : R :=
  match N with
  | O => F []
  | S n => E M pi T (fun s h => E_batch M pi T n (fun rest => F ((s, h) :: rest)))
  end.

Section Batch.
Context (M : MDP) (pi : policy M) (Hpi : is_policy M pi) (T : nat).
Notation sample := (state M * history M)%type.
Notation E1 := (E M pi T).
Notation EN := (E_batch M pi T).
Implicit Types (F G : list sample -> R) (f g : state M -> history M -> R).

Lemma E1_const c : E1 (fun _ _ => c) = c.
Proof.
  unfold E. rewrite (mean_ext _ _ _ (fun _ => c)); [apply mean_const, start_law|].
  intros s; apply E_from_const, Hpi.
Qed.
Lemma EN_ext N F G : (forall l, length l = N -> F l = G l) -> EN N F = EN N G.
Proof.
  revert F G; induction N as [|N IH]; intros F G H; cbn; [apply H; reflexivity|].
  apply E_ext; intros s h _. apply IH. intros l Hl. apply H; cbn; rewrite Hl; reflexivity.
Qed.
Lemma EN_plus N F G : EN N (fun l => F l + G l) = EN N F + EN N G.
Proof.
  revert F G; induction N as [|N IH]; intros F G; cbn; [reflexivity|].
  rewrite <- E_plus. apply E_ext; intros s h _.
  apply (IH (fun rest => F ((s, h) :: rest)) (fun rest => G ((s, h) :: rest))).
Qed.
Lemma EN_scal N c F : EN N (fun l => c * F l) = c * EN N F.
Proof.
  revert F; induction N as [|N IH]; intros F; cbn; [reflexivity|].
  rewrite <- E_scal. apply E_ext; intros s h _. apply (IH (fun rest => F ((s, h) :: rest))).
Qed.
Lemma EN_const N c : EN N (fun _ => c) = c.
Proof. 
  induction N as [|N IH]; cbn; [reflexivity|].
  transitivity (E1 (fun _ _ => c)); [apply E_ext; intros; apply IH|apply E1_const].
Qed.

(** The sum of a function over the batch. *)
Definition total (f : state M -> history M -> R) (l : list sample) : R := ∑ x ∈ l, f (fst x) (snd x).

Lemma EN_total N f : EN N (total f) = INR N * E1 f.
Proof.
  induction N as [|N IH]; [cbn; ring|]. rewrite S_INR.
  cbn [E_batch]. rewrite (E_ext T _ (fun s h => f s h + INR N * E1 f)).
  - rewrite E_plus, E1_const. ring.
  - intros s h _. rewrite <- IH, <- (EN_const N (f s h)) at 1. rewrite <- EN_plus. reflexivity.
Qed.

(** Different trajectories are independent; each meets itself once. *)
Lemma EN_product N f g : EN N (fun l => total f l * total g l)
  = INR N * E1 (fun s h => f s h * g s h) + INR N * (INR N - 1) * (E1 f * E1 g).
Proof.
  induction N as [|N IH].
  { transitivity 0; [unfold total; cbn; ring|change (INR 0) with 0; ring]. }
  rewrite S_INR. cbn [E_batch].
  rewrite (E_ext T _ (fun s h => f s h * g s h + (f s h * (INR N * E1 g) + g s h * (INR N * E1 f))
     + (INR N * E1 (fun s h => f s h * g s h) + INR N * (INR N - 1) * (E1 f * E1 g)))).
  - rewrite !E_plus, !E1_const.
    rewrite (E_ext T (fun s h => f s h * (INR N * E1 g)) (fun s h => (INR N * E1 g) * f s h)) by (intros; ring).
    rewrite (E_ext T (fun s h => g s h * (INR N * E1 f)) (fun s h => (INR N * E1 f) * g s h)) by (intros; ring).
    rewrite (E_scal T (INR N * E1 g) f), (E_scal T (INR N * E1 f) g). ring.
  - intros s h _. rewrite <- IH, <- !EN_total, <- !EN_scal.
    rewrite <- (EN_const N (f s h * g s h)). rewrite <- !EN_plus. apply EN_ext; intros l _.
    unfold total; cbn. ring.
Qed.

End Batch.

Section OwnMean.
Context (M : MDP) {U : NormedModule R_AbsRing} (pi : U -> policy M) (th : U)
  (dpi : state M -> action M -> U -> R) (h2 : differentiable_at M pi th dpi).
Notation M_ := (score_sum M (pi th) dpi).

(** The return of the whole trajectory, its batch mean, and the two estimators. *)
Definition whole_return (T : nat) (s : state M) (h : history M) : R :=
  ∑ t < T, (gamma M ^ t * reward_at M s h t).
Definition batch_mean (T : nat) (l : list (state M * history M)) : R :=
  total M (whole_return T) l / INR (length l).
Definition own_mean_estimate (T : nat) (v : U) (l : list (state M * history M)) : R :=
  / INR (length l) * total M (fun s h => (whole_return T s h - batch_mean T l) * M_ s h T v) l.
(** The mean of the others: leave the own return out. *)
Definition leave_one_out_estimate (T : nat) (v : U) (l : list (state M * history M)) : R :=
  / INR (length l) * total M (fun s h => (whole_return T s h
     - (total M (whole_return T) l - whole_return T s h) / (INR (length l) - 1)) * M_ s h T v) l.

Lemma score_sum_mean T v : E M (pi th) T (fun s h => M_ s h T v) = 0.
Proof.
  unfold score_sum. rewrite E_sum_to, (sum_to_ext _ _ (fun _ => 0)); [apply sum_to_zero|]. intros t Ht.
  unfold E. rewrite (mean_ext _ _ _ (fun _ => 0)); [apply mean_zero|]. intros s.
  rewrite <- (score_and_past M pi th dpi h2 T s t v (fun _ => 1) Ht). apply E_from_ext; intros; ring.
Qed.

(** eq:batch-mean-bias: the factor 1 - 1/N, for every N >= 1. *)
Theorem batch_mean_bias T N v : (1 <= N)%nat ->
  E_batch M (pi th) T N (own_mean_estimate T v)
  = (1 - / INR N) * E M (pi th) T (fun s h => whole_return T s h * M_ s h T v).
Proof.
  intros HN. pose proof (policy_here M pi th dpi h2) as Hp.
  assert (N0 : INR N <> 0) by (apply not_0_INR; lia).
  set (f := whole_return T). set (g := fun s h => M_ s h T v).
  rewrite (EN_ext M (pi th) T N _ (fun l => / INR N * total M (fun s h => f s h * g s h) l
     + - (/ INR N * / INR N) * (total M f l * total M g l))).
  - rewrite EN_plus, !EN_scal, EN_product, EN_total by exact Hp.
    assert (Z : E M (pi th) T g = 0) by apply score_sum_mean. rewrite Z.
    change (fun s h => f s h * M_ s h T v) with (fun s h => f s h * g s h). field; exact N0.
  - intros l Hl. unfold own_mean_estimate, batch_mean, total. rewrite Hl. fold f. cbv beta.
    set (R0 := ∑ x ∈ l, f (fst x) (snd x)).
    rewrite (sum_ext _ (fun x => (f (fst x) (snd x) - R0 / INR N) * M_ (fst x) (snd x) T v)
      (fun x => f (fst x) (snd x) * g (fst x) (snd x) - R0 / INR N * g (fst x) (snd x)))
      by (intros; unfold g; ring).
    rewrite sum_minus, (sum_scal l (R0 / INR N) (fun x => g (fst x) (snd x))). field; exact N0.
Qed.

(** So the own mean misses the gradient by this factor, and the mean of the others does not. *)
Theorem leave_one_out T N v : (2 <= N)%nat ->
  E_batch M (pi th) T N (leave_one_out_estimate T v)
  = E M (pi th) T (fun s h => whole_return T s h * M_ s h T v).
Proof.
  intros HN. pose proof (le_INR 2 N HN) as H2N. cbn in H2N.
  rewrite (EN_ext M (pi th) T N _ (fun l => (INR N / (INR N - 1)) * own_mean_estimate T v l)).
  - rewrite EN_scal, batch_mean_bias by lia. field. split; lra.
  - intros l Hl. unfold leave_one_out_estimate, own_mean_estimate, batch_mean. rewrite Hl.
    replace (INR N / (INR N - 1) * (/ INR N * total M (fun s h =>
       (whole_return T s h - total M (whole_return T) l / INR N) * M_ s h T v) l))
      with (/ INR N * (INR N / (INR N - 1) * total M (fun s h =>
       (whole_return T s h - total M (whole_return T) l / INR N) * M_ s h T v) l)) by ring.
    f_equal. unfold total at 1 3. rewrite <- sum_scal. apply sum_ext; intros x. field. split; lra.
Qed.

(** What the two means are compared with. *)
Corollary batch_target T :
  has_derivative (fun u => J_T M (pi u) T) th
    (fun v => E M (pi th) T (fun s h => whole_return T s h * M_ s h T v)).
Proof. apply (reinforce M pi th dpi h2). Qed.

End OwnMean.
