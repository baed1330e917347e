(** Derivatives of real functions of a parameter that ranges over any normed space.

    [has_derivative f x l] says that f is differentiable (in the sense of Fréchet) at the point x,
    and that l v is its derivative in the direction v. With U = R, l v is v times f'(x); with
    U = R^n, l v is the gradient times v, and the partial derivatives are its values at the unit
    vectors. Nothing is asked of f at any other point. *)
From PolicyGradient Require Export FiniteSums.
From Coquelicot Require Export Coquelicot.

Section Derivatives.
Context {U : NormedModule R_AbsRing}.

Definition has_derivative (f : U -> R) (x : U) (l : U -> R) : Prop :=
  filterdiff (K := R_AbsRing) (U := U) (V := R_NormedModule) f (locally x) l.

Implicit Types (f g : U -> R) (x y v : U) (l m : U -> R).

(** The definition, spelled out: the error is smaller than any multiple of the step. *)
Lemma derivative_intro f x l :
  @is_linear R_AbsRing U R_NormedModule l ->
  (forall eps : posreal, locally x (fun y =>
     Rabs (f y - f x - l (minus y x)) <= eps * norm (minus y x))) ->
  has_derivative f x l.
Proof.
  intros Hl H; split; [exact Hl|]. intros z Hz.
  rewrite <- (is_filter_lim_locally_unique _ _ Hz). intros eps; apply (H eps).
Qed.

Lemma derivative_error f x l : has_derivative f x l -> forall eps : posreal, locally x (fun y =>
  Rabs (f y - f x - l (minus y x)) <= eps * norm (minus y x)).
Proof. intros [_ H] eps. apply (H x); intros P HP; exact HP. Qed.

Lemma derivative_linear f x l : has_derivative f x l -> @is_linear R_AbsRing U R_NormedModule l.
Proof. intros [H _]; exact H. Qed.

Lemma derivative_bounded f x l : has_derivative f x l ->
  exists B, 0 < B /\ forall v, Rabs (l v) <= B * norm v.
Proof. intros [H _]; destruct (linear_norm _ H) as (B & HB & Hv); exists B; split; [exact HB|exact Hv]. Qed.

Lemma derivative_const c x : has_derivative (fun _ => c) x (fun _ => 0).
Proof. apply (filterdiff_const (V := R_NormedModule)). Qed.

Lemma derivative_plus f g x l m : has_derivative f x l -> has_derivative g x m ->
  has_derivative (fun u => f u + g u) x (fun v => l v + m v).
Proof. apply (filterdiff_plus_fct (V := R_NormedModule)). Qed.

Lemma derivative_minus f g x l m : has_derivative f x l -> has_derivative g x m ->
  has_derivative (fun u => f u - g u) x (fun v => l v - m v).
Proof. apply (filterdiff_minus_fct (V := R_NormedModule)). Qed.

Lemma derivative_scal c f x l : has_derivative f x l ->
  has_derivative (fun u => c * f u) x (fun v => c * l v).
Proof. apply (filterdiff_scal_r_fct (V := R_NormedModule)); intros; apply Rmult_comm. Qed.

Lemma derivative_mult f g x l m : has_derivative f x l -> has_derivative g x m ->
  has_derivative (fun u => f u * g u) x (fun v => l v * g x + f x * m v).
Proof. apply (filterdiff_mult_fct (K := R_AbsRing)); intros; apply Rmult_comm. Qed.

Lemma derivative_ext f g x l : (forall u, f u = g u) -> has_derivative f x l -> has_derivative g x l.
Proof. intros; eapply filterdiff_ext; eauto. Qed.

Lemma derivative_ext_near f g x l :
  locally x (fun u => f u = g u) -> has_derivative f x l -> has_derivative g x l.
Proof. apply (filterdiff_ext_locally (V := R_NormedModule)). Qed.

Lemma derivative_eq f x l m : has_derivative f x l -> (forall v, l v = m v) -> has_derivative f x m.
Proof. intros; eapply filterdiff_ext_lin; eauto. Qed.

Lemma derivative_sum {X} (s : list X) (f : X -> U -> R) x (l : X -> U -> R) :
  (forall i, In i s -> has_derivative (f i) x (l i)) ->
  has_derivative (fun u => ∑ i ∈ s, f i u) x (fun v => ∑ i ∈ s, l i v).
Proof.
  induction s as [|i s IH]; intros H; cbn.
  - apply derivative_const.
  - apply derivative_plus; [apply H; left; reflexivity | apply IH; intros; apply H; right; assumption].
Qed.

Lemma derivative_sum_to n (f : nat -> U -> R) x (l : nat -> U -> R) :
  (forall k, (k < n)%nat -> has_derivative (f k) x (l k)) ->
  has_derivative (fun u => ∑ k < n, f k u) x (fun v => ∑ k < n, l k v).
Proof.
  induction n as [|n IH]; intros H; cbn; [apply derivative_const|].
  apply derivative_plus; [apply IH; intros|apply H]; auto.
Qed.

(** The weights of the mean move; the function does not. *)
Lemma derivative_mean {X} (s : list X) (p : U -> X -> R) x (l : X -> U -> R) (F : X -> R) :
  (forall i, In i s -> has_derivative (fun u => p u i) x (l i)) ->
  has_derivative (fun u => mean s (p u) F) x (fun v => ∑ i ∈ s, (l i v * F i)).
Proof.
  intros H; apply (derivative_sum s (fun i u => p u i * F i) x (fun i v => l i v * F i)).
  intros i Hi. apply derivative_ext with (fun u => F i * p u i); [intros; ring|].
  apply derivative_eq with (fun v => F i * l i v); [|intros; ring].
  apply derivative_scal, H, Hi.
Qed.

(** Close to x, on the line through x in the direction v. *)
Lemma near_on_line x v (P : U -> Prop) :
  locally x P -> exists t, 0 < t /\ P (plus x (scal t v)) /\ minus (plus x (scal t v)) x = scal t v.
Proof.
  intros H.
  assert (Hc : continuous (fun t : R => plus x (scal t v)) 0).
  { apply (continuous_plus (V := U)); [apply continuous_const|].
    apply (continuous_scal_l (K := R_AbsRing) (V := U) (fun t : R => t) v); apply continuous_id. }
  assert (H0 : plus x (scal 0 v) = x).
  { rewrite <- (plus_zero_r x) at 2; f_equal; exact (scal_zero_l (K := R_AbsRing) v). }
  unfold continuous in Hc; rewrite H0 in Hc.
  destruct (Hc P H) as [d Hd]. exists (d / 2). pose proof (cond_pos d). repeat split; [lra| |].
  - apply Hd. change (Rabs (d / 2 - 0) < d). rewrite Rabs_pos_eq; lra.
  - unfold minus. rewrite (plus_comm x), <- plus_assoc, plus_opp_r, plus_zero_r; reflexivity.
Qed.

Lemma norm_scal_pos (t : R) v : 0 < t -> norm (scal t v) = t * norm v.
Proof.
  assert (Le : forall (t : R) (w : U), 0 < t -> norm (scal t w) <= t * norm w).
  { intros r w Hr. rewrite <- (Rabs_pos_eq r) at 2 by lra. apply (norm_scal (K := R_AbsRing)). }
  intros Ht. apply Rle_antisym; [apply Le; exact Ht|].
  assert (E : v = scal (/ t) (scal t v)).
  { rewrite scal_assoc. change (mult (/ t) t) with (/ t * t). rewrite Rinv_l by lra.
    symmetry; exact (scal_one v). }
  rewrite E at 1. apply Rle_trans with (t * (/ t * norm (scal t v))).
  - apply Rmult_le_compat_l; [lra|]. apply Le, Rinv_0_lt_compat, Ht.
  - right; field; lra.
Qed.

Lemma small_part e n : 0 < e -> 0 <= n -> e / (n + 1) * n <= e.
Proof.
  intros He Hn. assert (0 < e / (n + 1)) by (apply Rdiv_lt_0_compat; lra).
  replace (e / (n + 1) * n) with (e - e / (n + 1)) by (field; lra). lra.
Qed.

(** A bound on the differences near x bounds the derivative at x. *)
Lemma derivative_le f x l C : has_derivative f x l ->
  locally x (fun y => Rabs (f y - f x) <= C * norm (minus y x)) ->
  forall v, Rabs (l v) <= C * norm v.
Proof.
  intros Hf HC v. apply le_epsilon. intros e He.
  pose proof (norm_ge_0 v) as Nv.
  assert (Hd : 0 < e / (norm v + 1)) by (apply Rdiv_lt_0_compat; lra).
  destruct (near_on_line x v _ (filter_and _ _ HC (derivative_error f x l Hf (mkposreal _ Hd))))
    as (t & Ht & [H1 H2] & E).
  rewrite E in H1, H2. cbn [pos] in H2. rewrite norm_scal_pos in H1, H2 by exact Ht.
  assert (Hs : l (scal t v) = t * l v) by apply (linear_scal _ (derivative_linear _ _ _ Hf)).
  rewrite Hs in H2. set (D := f (plus x (scal t v)) - f x) in *.
  assert (H3 : Rabs (t * l v) <= C * (t * norm v) + e / (norm v + 1) * (t * norm v)).
  { replace (t * l v) with (D - (D - t * l v)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra. }
  rewrite Rabs_mult, (Rabs_pos_eq t) in H3 by lra.
  assert (H4 : e / (norm v + 1) * norm v <= e) by (apply small_part; lra).
  apply Rmult_le_reg_l with t; [exact Ht|].
  eapply Rle_trans; [exact H3|].
  replace (C * (t * norm v) + e / (norm v + 1) * (t * norm v))
    with (t * (C * norm v + e / (norm v + 1) * norm v)) by ring.
  apply Rmult_le_compat_l; lra.
Qed.

(** At an interior minimum every derivative is zero. *)
Lemma derivative_min f x l : has_derivative f x l -> locally x (fun y => f x <= f y) ->
  forall v, l v = 0.
Proof.
  intros Hf Hm.
  assert (G : forall v, 0 <= l v).
  { intros v. apply le_epsilon. intros e He.
    pose proof (norm_ge_0 v) as Nv.
    assert (Hd : 0 < e / (norm v + 1)) by (apply Rdiv_lt_0_compat; lra).
    destruct (near_on_line x v _ (filter_and _ _ Hm (derivative_error f x l Hf (mkposreal _ Hd))))
      as (t & Ht & [H1 H2] & E).
    rewrite E in H2. cbn [pos] in H2. rewrite norm_scal_pos in H2 by exact Ht.
    assert (Hs : l (scal t v) = t * l v) by apply (linear_scal _ (derivative_linear _ _ _ Hf)).
    rewrite Hs in H2. apply Rabs_le_between in H2.
    assert (H4 : e / (norm v + 1) * norm v <= e) by (apply small_part; lra).
    assert (H5 : t * (e / (norm v + 1) * norm v) <= t * e) by (apply Rmult_le_compat_l; lra).
    apply Rmult_le_reg_l with t; [exact Ht|]. lra. }
  intros v. apply Rle_antisym; [|apply G].
  assert (H : l (opp v) = - l v) by apply (linear_opp l v (derivative_linear _ _ _ Hf)).
  pose proof (G (opp v)); lra.
Qed.

Lemma derivative_constant f x l c : has_derivative f x l -> locally x (fun y => f y = c) ->
  forall v, l v = 0.
Proof.
  intros Hf Hc; apply (derivative_min f x l Hf).
  pose proof (locally_singleton _ _ Hc) as Hx; cbn in Hx.
  eapply filter_imp; [|exact Hc]; intros y Hy; cbn in Hy; lra.
Qed.

(** Derivatives are unique. *)
Lemma derivative_unique f x l m : has_derivative f x l -> has_derivative f x m -> forall v, l v = m v.
Proof.
  intros Hl Hm v.
  assert (H : has_derivative (fun u => f u - f u) x (fun v => l v - m v)) by (apply derivative_minus; assumption).
  assert (E : l v - m v = 0).
  { apply (derivative_constant _ x _ 0 H). apply filter_forall; intros; ring. }
  lra.
Qed.

Lemma derivative_lipschitz f x l : has_derivative f x l ->
  exists C, 0 <= C /\ locally x (fun y => Rabs (f y - f x) <= C * norm (minus y x)).
Proof.
  intros Hf. destruct (derivative_bounded f x l Hf) as (B & HB & Hl).
  exists (B + 1); split; [lra|].
  eapply filter_imp; [|apply (derivative_error f x l Hf (mkposreal 1 Rlt_0_1))].
  intros y Hy; cbn in Hy.
  replace (f y - f x) with ((f y - f x - l (minus y x)) + l (minus y x)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. specialize (Hl (minus y x)). lra.
Qed.

(** A product rule for c g where g(x) = 0: c need only be continuous at x. *)
Lemma derivative_mult_zero (c g : U -> R) x l :
  continuous c x -> has_derivative g x l -> g x = 0 ->
  has_derivative (fun u => c u * g u) x (fun v => c x * l v).
Proof.
  intros Hc Hg G0.
  apply derivative_ext with (fun u => c x * g u + (c u - c x) * g u); [intros; ring|].
  apply derivative_eq with (fun v => c x * l v + 0); [|intros; ring].
  apply derivative_plus; [apply derivative_scal; exact Hg|].
  apply derivative_intro; [apply (derivative_linear (fun _ => 0) x), derivative_const|].
  intros eps. destruct (derivative_lipschitz g x l Hg) as (C & HC & HL).
  assert (Hd : 0 < eps / (C + 1)) by (apply Rdiv_lt_0_compat; [apply cond_pos|lra]).
  assert (Hn : locally x (fun y => Rabs (c y - c x) < eps / (C + 1))).
  { apply (Hc (fun z => Rabs (z - c x) < eps / (C + 1))). exists (mkposreal _ Hd).
    intros z Hz; exact Hz. }
  eapply filter_imp; [|exact (filter_and _ _ Hn HL)].
  intros y [H1 H2]. rewrite G0 in H2. rewrite Rminus_0_r in H2.
  rewrite G0, Rmult_0_r, !Rminus_0_r, Rabs_mult.
  pose proof (norm_ge_0 (minus y x)) as Ny.
  apply Rle_trans with (eps / (C + 1) * (C * norm (minus y x))).
  - apply Rmult_le_compat; auto using Rabs_pos; lra.
  - rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [exact Ny|].
    apply Rle_trans with (eps / (C + 1) * (C + 1)); [apply Rmult_le_compat_l; lra|].
    right; field; lra.
Qed.

(** Partial derivatives: along any direction the derivative is an ordinary one. *)
Lemma derivative_along f x l v : has_derivative f x l ->
  is_derive (fun t : R => f (plus x (scal t v))) 0 (l v).
Proof.
  intros Hf.
  assert (H0 : plus x (scal 0 v) = x).
  { rewrite <- (plus_zero_r x) at 2; f_equal; exact (scal_zero_l (K := R_AbsRing) v). }
  unfold is_derive.
  apply (filterdiff_ext_lin (K := R_AbsRing) (U := R_NormedModule) (V := R_NormedModule))
    with (fun t : R => l (scal t v)).
  - apply (filterdiff_comp' (K := R_AbsRing) (U := R_NormedModule) (V := U) (W := R_NormedModule)
             (fun t : R => plus x (scal t v)) f 0 (fun t : R => scal t v) l).
    + apply (filterdiff_ext_lin (K := R_AbsRing) (U := R_NormedModule) (V := U))
        with (fun t : R => plus zero (scal t v)); [|intros; apply plus_zero_l].
      apply (filterdiff_plus_fct (K := R_AbsRing) (U := R_NormedModule) (V := U));
        [apply (filterdiff_const (K := R_AbsRing) (U := R_NormedModule) (V := U) (F := locally 0) x)|].
      apply (filterdiff_scal_l (K := R_AbsRing) (V := U)).
    + rewrite H0; exact Hf.
  - intros t; apply (linear_scal _ (derivative_linear _ _ _ Hf)).
Qed.

Lemma derivative_ln f x l : has_derivative f x l -> 0 < f x ->
  has_derivative (fun u => ln (f u)) x (fun v => l v / f x).
Proof.
  intros Hf Hp.
  apply derivative_eq with (fun v => scal (l v) (/ f x)); [|reflexivity].
  apply (filterdiff_comp' (K := R_AbsRing) (V := R_NormedModule) (W := R_NormedModule)
           f ln x l (fun y : R => scal y (/ f x))); [exact Hf|].
  apply is_derive_Reals, derivable_pt_lim_ln, Hp.
Qed.

End Derivatives.

(** One real parameter: the derivative in the sense of the first course. *)
Lemma derivative_real (f : R -> R) (x d : R) :
  has_derivative (U := R_NormedModule) f x (fun v => v * d) <-> is_derive f x d.
Proof. split; intros H; exact H. Qed.
