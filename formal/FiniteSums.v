(** Finite sums and weighted means: over a list, and over 0, ..., n-1. *)
From Coq Require Export Reals List Lra Lia.
Export ListNotations.
Open Scope R_scope.

Fixpoint sum_over {X : Type} (l : list X) (f : X -> R) : R :=
  match l with
  | [] => 0
  | x :: rest => f x + sum_over rest f
  end.

Fixpoint sum_to (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S m => sum_to m f + f m
  end.

Notation "∑ x ∈ l , e" := (sum_over l (fun x => e))
  (at level 36, x name, l at level 35, e at level 36, right associativity).
Notation "∑ k < n , e" := (sum_to n (fun k => e))
  (at level 36, k name, n at level 35, e at level 36, right associativity).

(** f k summed over the k with t <= k < n *)
Definition sum_range (t n : nat) (f : nat -> R) : R := ∑ i < (n - t), f (t + i)%nat.

(** The mean of f under the weights p. *)
Definition mean {X : Type} (l : list X) (p f : X -> R) : R :=
  ∑ x ∈ l, (p x * f x).

(** Weights that are never negative and sum to one. *)
Definition law {X : Type} (l : list X) (p : X -> R) : Prop :=
  (forall x, In x l -> 0 <= p x) /\ ∑ x ∈ l, (p x) = 1.

Section Over.
Context {X : Type}.
Implicit Types (l : list X) (f g p : X -> R).

Lemma sum_ext_in l f g : (forall x, In x l -> f x = g x) -> sum_over l f = sum_over l g.
Proof.
  induction l as [|x l IH]; intros H; [reflexivity|].
  cbn; rewrite (H x) by (left; reflexivity); f_equal; apply IH; intros; apply H; right; assumption.
Qed.

Lemma sum_ext l f g : (forall x, f x = g x) -> sum_over l f = sum_over l g.
Proof. intros H; apply sum_ext_in; intros; apply H. Qed.

Lemma sum_plus l f g : ∑ x ∈ l, (f x + g x) = sum_over l f + sum_over l g.
Proof. induction l; cbn; lra. Qed.

Lemma sum_minus l f g : ∑ x ∈ l, (f x - g x) = sum_over l f - sum_over l g.
Proof. induction l; cbn; lra. Qed.

Lemma sum_scal l c f : ∑ x ∈ l, (c * f x) = c * sum_over l f.
Proof. induction l; cbn; lra. Qed.

Lemma sum_scal_r l c f : ∑ x ∈ l, (f x * c) = sum_over l f * c.
Proof. induction l; cbn; lra. Qed.

Lemma sum_zero l : ∑ x ∈ l, 0 = 0.
Proof. induction l; cbn; lra. Qed.

Lemma sum_le l f g : (forall x, In x l -> f x <= g x) -> sum_over l f <= sum_over l g.
Proof.
  induction l as [|x l IH]; intros H; [cbn; lra|]. cbn.
  apply Rplus_le_compat; [apply H; left; reflexivity | apply IH; intros; apply H; right; assumption].
Qed.

Lemma sum_abs l f : Rabs (sum_over l f) <= ∑ x ∈ l, Rabs (f x).
Proof.
  induction l as [|x l IH]; cbn; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|lra].
Qed.

Lemma sum_app l m f : sum_over (l ++ m) f = sum_over l f + sum_over m f.
Proof. induction l; cbn; lra. Qed.

Lemma mean_ext_in l p f g : (forall x, In x l -> f x = g x) -> mean l p f = mean l p g.
Proof. intros H; apply sum_ext_in; intros x Hx; rewrite (H x Hx); reflexivity. Qed.

Lemma mean_ext l p f g : (forall x, f x = g x) -> mean l p f = mean l p g.
Proof. intros H; apply mean_ext_in; intros; apply H. Qed.

Lemma mean_plus l p f g : mean l p (fun x => f x + g x) = mean l p f + mean l p g.
Proof. unfold mean; rewrite <- sum_plus; apply sum_ext; intros; ring. Qed.

Lemma mean_minus l p f g : mean l p (fun x => f x - g x) = mean l p f - mean l p g.
Proof. unfold mean; rewrite <- sum_minus; apply sum_ext; intros; ring. Qed.

Lemma mean_scal l p c f : mean l p (fun x => c * f x) = c * mean l p f.
Proof. unfold mean; rewrite <- sum_scal; apply sum_ext; intros; ring. Qed.

Lemma mean_scal_r l p c f : mean l p (fun x => f x * c) = mean l p f * c.
Proof. unfold mean; rewrite <- sum_scal_r; apply sum_ext; intros; ring. Qed.

Lemma mean_const l p c : law l p -> mean l p (fun _ => c) = c.
Proof. intros [_ H]; unfold mean; rewrite sum_scal_r. change (sum_over l p = 1) in H. rewrite H; ring. Qed.

Lemma mean_zero l p : mean l p (fun _ => 0) = 0.
Proof. unfold mean; rewrite sum_scal_r; ring. Qed.

Lemma mean_le l p f g :
  law l p -> (forall x, In x l -> f x <= g x) -> mean l p f <= mean l p g.
Proof.
  intros [H _] Hfg; apply sum_le; intros x Hx; apply Rmult_le_compat_l; [apply H | apply Hfg]; exact Hx.
Qed.

Lemma mean_abs l p f : law l p -> Rabs (mean l p f) <= mean l p (fun x => Rabs (f x)).
Proof.
  intros [H _]; unfold mean; eapply Rle_trans; [apply sum_abs|].
  apply sum_le; intros x Hx; rewrite Rabs_mult, (Rabs_pos_eq (p x)) by auto; lra.
Qed.

Lemma mean_bound l p f B :
  law l p -> (forall x, In x l -> Rabs (f x) <= B) -> Rabs (mean l p f) <= B.
Proof.
  intros Hp Hf; eapply Rle_trans; [apply mean_abs; exact Hp|].
  rewrite <- (mean_const l p B Hp); apply mean_le; assumption.
Qed.

End Over.

Lemma sum_swap {X Y} (l : list X) (m : list Y) (f : X -> Y -> R) :
  ∑ x ∈ l, (∑ y ∈ m, f x y) = ∑ y ∈ m, (∑ x ∈ l, f x y).
Proof.
  induction l as [|x l IH]; cbn; [symmetry; apply sum_zero|].
  rewrite IH, <- sum_plus; reflexivity.
Qed.

Lemma sum_map {X Y} (h : X -> Y) (l : list X) (f : Y -> R) :
  sum_over (map h l) f = ∑ x ∈ l, f (h x).
Proof. induction l; cbn; congruence. Qed.

Lemma sum_flat_map {X Y} (h : X -> list Y) (l : list X) (f : Y -> R) :
  sum_over (flat_map h l) f = ∑ x ∈ l, sum_over (h x) f.
Proof. induction l; cbn; [reflexivity|]. rewrite sum_app; congruence. Qed.

Lemma mean_sum_over {X Y} (l : list X) (p : X -> R) (m : list Y) (f : X -> Y -> R) :
  mean l p (fun x => ∑ y ∈ m, f x y) = ∑ y ∈ m, mean l p (fun x => f x y).
Proof.
  unfold mean. rewrite <- sum_swap. apply sum_ext; intros; symmetry; apply sum_scal.
Qed.

Section To.
Implicit Types (f g : nat -> R).

Lemma sum_to_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> sum_to n f = sum_to n g.
Proof. induction n; cbn; intros H; [reflexivity|]. rewrite IHn, H by auto; reflexivity. Qed.

Lemma sum_to_plus n f g : ∑ k < n, (f k + g k) = sum_to n f + sum_to n g.
Proof. induction n; cbn; lra. Qed.

Lemma sum_to_minus n f g : ∑ k < n, (f k - g k) = sum_to n f - sum_to n g.
Proof. induction n; cbn; lra. Qed.

Lemma sum_to_scal n c f : ∑ k < n, (c * f k) = c * sum_to n f.
Proof. induction n; cbn; lra. Qed.

Lemma sum_to_zero n : ∑ k < n, 0 = 0.
Proof. induction n; cbn; lra. Qed.

Lemma sum_to_const n c : ∑ k < n, c = INR n * c.
Proof. induction n as [|n IH]; [cbn; lra|]. rewrite S_INR; cbn [sum_to]; rewrite IH; ring. Qed.

Lemma sum_to_first n f : sum_to (S n) f = f O + ∑ k < n, f (S k).
Proof. induction n as [|n IH]; [cbn; lra|]. cbn [sum_to] in *; lra. Qed.

Lemma sum_to_app n m f : sum_to (n + m) f = sum_to n f + ∑ k < m, f (n + k)%nat.
Proof.
  induction m as [|m IH]; [rewrite Nat.add_0_r; cbn; lra|].
  rewrite Nat.add_succ_r; cbn [sum_to]; lra.
Qed.

Lemma sum_to_le n f g : (forall k, (k < n)%nat -> f k <= g k) -> sum_to n f <= sum_to n g.
Proof. induction n; cbn; intros H; [lra|]. apply Rplus_le_compat; [apply IHn|apply H]; auto. Qed.

Lemma sum_to_abs n f : Rabs (sum_to n f) <= ∑ k < n, Rabs (f k).
Proof.
  induction n as [|n IH]; cbn; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|lra].
Qed.

Lemma sum_to_sum_over {X} n (l : list X) (f : X -> nat -> R) :
  ∑ k < n, (∑ x ∈ l, f x k) = ∑ x ∈ l, (∑ k < n, f x k).
Proof.
  induction n as [|n IH]; cbn [sum_to]; [symmetry; apply sum_zero|].
  rewrite IH, <- sum_plus; reflexivity.
Qed.

Lemma mean_sum_to {X} n (l : list X) (p : X -> R) (f : X -> nat -> R) :
  mean l p (fun x => ∑ k < n, f x k) = ∑ k < n, mean l p (fun x => f x k).
Proof.
  unfold mean. rewrite sum_to_sum_over. apply sum_ext; intros; symmetry; apply sum_to_scal.
Qed.

(** Sum the pairs t <= k < n by rows or by columns. *)
Lemma sum_triangle n (f : nat -> nat -> R) :
  ∑ k < n, (∑ t < S k, f t k) = ∑ t < n, sum_range t n (f t).
Proof.
  unfold sum_range. induction n as [|n IH]; [reflexivity|].
  cbn [sum_to]. cbn [sum_to] in IH. rewrite IH.
  rewrite (Nat.sub_succ_l n n), Nat.sub_diag by lia. cbn [sum_to]. rewrite Nat.add_0_r, Rplus_0_l.
  rewrite <- Rplus_assoc. f_equal.
  rewrite <- sum_to_plus. apply sum_to_ext; intros t Ht.
  rewrite (Nat.sub_succ_l t n) by lia. cbn [sum_to]. repeat f_equal; lia.
Qed.

(** Products, for likelihoods. *)
Fixpoint prod_to (n : nat) (f : nat -> R) : R :=
  match n with O => 1 | S m => prod_to m f * f m end.

Lemma prod_to_first n f : prod_to (S n) f = f O * prod_to n (fun k => f (S k)).
Proof. induction n as [|n IH]; [cbn; lra|]. cbn [prod_to] in *; rewrite IH; ring. Qed.

Lemma ln_prod_to n f : (forall k, (k < n)%nat -> 0 < f k) ->
  0 < prod_to n f /\ ln (prod_to n f) = ∑ k < n, ln (f k).
Proof.
  induction n as [|n IH]; intros H; cbn; [rewrite ln_1; split; lra|].
  destruct IH as [P E]; [intros; apply H; lia|]. specialize (H n (Nat.lt_succ_diag_r n)).
  split; [apply Rmult_lt_0_compat; assumption|]. rewrite ln_mult, E by assumption; reflexivity.
Qed.

End To.

(** A finite type: a list of all its elements, without repetition, and a test of equality. *)
Record finite (X : Type) := Finite_type {
  elements : list X;
  listed : forall x, In x elements;
  distinct : NoDup elements;
  same : forall x y : X, {x = y} + {x <> y}
}.
Arguments elements {X}. Arguments listed {X}. Arguments distinct {X}. Arguments same {X}.

(** 1 if x = y, and 0 otherwise *)
Definition indicator {X} (F : finite X) (x y : X) : R := if same F x y then 1 else 0.

Lemma indicator_same {X} (F : finite X) x : indicator F x x = 1.
Proof. unfold indicator; destruct (same F x x); [reflexivity|contradiction]. Qed.

Lemma indicator_other {X} (F : finite X) x y : x <> y -> indicator F x y = 0.
Proof. unfold indicator; destruct (same F x y); [contradiction|reflexivity]. Qed.

Lemma indicator_factor {X} (F : finite X) x y (a b : R) :
  (x = y -> a = b) -> indicator F x y * a = indicator F x y * b.
Proof. unfold indicator; destruct (same F x y) as [E|E]; intros H; [rewrite (H E); reflexivity|ring]. Qed.

Lemma sum_indicator {X} (F : finite X) (y : X) (f : X -> R) :
  ∑ x ∈ elements F, (indicator F y x * f x) = f y.
Proof.
  assert (H : forall l, NoDup l -> (In y l -> ∑ x ∈ l, (indicator F y x * f x) = f y) /\
                        (~ In y l -> ∑ x ∈ l, (indicator F y x * f x) = 0)).
  { induction l as [|x l IH]; intros D; cbn; [tauto|]. inversion D as [|? ? Hx Dl]; subst.
    destruct (IH Dl) as [IH1 IH2]. split.
    - intros [->|Hy].
      + rewrite indicator_same, IH2 by assumption; ring.
      + rewrite indicator_other, IH1 by (auto; intros ->; contradiction); ring.
    - intros Hy. rewrite indicator_other, IH2 by (auto; intros ->; auto); ring. }
  apply (H (elements F) (distinct F)); apply listed.
Qed.

(** Every function on a finite type is bounded. *)
Lemma finite_bounded {X} (F : finite X) (f : X -> R) : exists B, 0 <= B /\ forall x, Rabs (f x) <= B.
Proof.
  assert (H : forall l : list X, exists B, 0 <= B /\ forall x, In x l -> Rabs (f x) <= B).
  { induction l as [|y l (B & HB & H)]; [exists 0; split; [lra|contradiction]|].
    exists (B + Rabs (f y)); pose proof (Rabs_pos (f y)); split; [lra|].
    intros x [->|Hx]; [lra|]; specialize (H x Hx); lra. }
  destruct (H (elements F)) as (B & HB & HF); exists B; split; [exact HB|]; intros; apply HF, listed.
Qed.
