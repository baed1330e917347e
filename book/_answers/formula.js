// What a reader types, as a tree, and the tree as a formula. Nothing is ever evaluated here.
//
// A tree is ["number", "1.5"], ["symbol", "gamma"], ["constant", "pi"], ["call", "sqrt", tree],
// ["negative", tree] or ["+" | "-" | "*" | "/" | "^", tree, tree]. Python makes the same expression
// of it (utils/exercises/typed.py).

const LETTERS = {
  α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", ϵ: "epsilon", θ: "theta",
  κ: "kappa", λ: "lambda", μ: "mu", ν: "nu", ρ: "rho", σ: "sigma", φ: "phi", ω: "omega", π: "pi",
};
const SPELT = { lam: "lambda", eps: "epsilon", Pi: "pi", E: "e" };
const GREEK = Object.fromEntries(Object.entries(LETTERS).map(([letter, name]) => [name, letter]));
const CALLS = { sqrt: "sqrt", exp: "exp", log: "log", ln: "log", abs: "abs", min: "min", max: "max" };
const CONSTANTS = ["pi", "e"];
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹", LOWERED = "₀₁₂₃₄₅₆₇₈₉";
const SIGNS = { "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "∗": "*", "÷": "/", "⁄": "/" };
const FRACTIONS = { "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4" };
const LONGEST = 400;

export class Unreadable extends Error {}

/** The tree of a typed text; `symbols` are the names it may use. Throws Unreadable with a reason. */
export function read(text, symbols) {
  if (text.length > LONGEST) throw new Unreadable("This is too long.");
  const tokens = tokenize(text, symbols);
  let at = 0;
  const peek = () => tokens[at] ?? { kind: "end" };
  const is = (...signs) => peek().kind === "sign" && signs.includes(peek().text);
  const take = () => tokens[at++];

  function sum() {
    let tree = product();
    while (is("+", "-")) tree = [take().text, tree, product()];
    return tree;
  }
  function product() {
    let tree = signed();
    for (;;) {
      if (is("*", "/")) tree = [take().text, tree, signed()];
      else if (startsFactor()) tree = ["*", tree, power()];
      else return tree;
    }
  }
  function signed() {
    if (is("-")) return take(), ["negative", signed()];
    if (is("+")) return take(), signed();
    return power();
  }
  function power() {
    const base = atom();
    if (!is("^")) return base;
    take();
    return ["^", base, signed()];
  }
  function startsFactor() {
    return is("(", "[", "{") || ["number", "name", "call"].includes(peek().kind);
  }
  function atom() {
    const token = take();
    if (!token) throw new Unreadable("Something is missing at the end.");
    if (token.kind === "number") return ["number", token.text];
    if (token.kind === "name") {
      return [symbols.includes(token.text) ? "symbol" : "constant", token.text];
    }
    if (token.kind === "call") {
      if (is("^")) throw new Unreadable(`Put the power behind: (${token.text}(…))^2.`);
      if (["min", "max"].includes(token.text)) {
        if (!is("(")) throw new Unreadable(`After ${token.text} comes a bracket.`);
        take();
        const one = sum();
        if (!is(",")) throw new Unreadable(`${token.text} needs two numbers, with a comma.`);
        take();
        const other = sum();
        close(")");
        return ["call", token.text, one, other];
      }
      return ["call", token.text, is("(", "[", "{") ? atom() : power()];
    }
    const closing = { "(": ")", "[": "]", "{": "}" }[token.text];
    if (!closing) throw new Unreadable(`“${token.text}” is not expected here.`);
    const inner = sum();
    close(closing);
    return inner;
  }
  function close(sign) {
    if (!is(sign)) throw new Unreadable(`A closing “${sign}” is missing.`);
    take();
  }

  if (!tokens.length) throw new Unreadable("");
  const tree = sum();
  if (at < tokens.length) throw new Unreadable(`“${peek().text}” is not expected here.`);
  return tree;
}

function tokenize(typed, symbols) {
  const text = typed.replace(/[½⅓⅔¼¾]/g, (c) => ` (${FRACTIONS[c]}) `)
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (run) => "^" + [...run].map((c) => RAISED.indexOf(c)).join("") + " ")
    .replace(/[₀₁₂₃₄₅₆₇₈₉]/g, (c) => "_" + LOWERED.indexOf(c))
    .replace(/√/g, " sqrt ").replace(/\*\*/g, "^").replace(/\\/g, "");
  const tokens = [];
  const pattern = /\s+|(\d+(?:\.\d+)?|\.\d+)|([A-Za-zͰ-Ͽ](?:[A-Za-zͰ-Ͽ]|_\{?\w+\}?|(?<=[A-Za-z])\d)*)|(.)/uy;
  for (let match; (match = pattern.exec(text)); ) {
    const [, number, word, sign] = match;
    if (number) tokens.push({ kind: "number", text: number });
    else if (word) tokens.push(...names(word, symbols));
    else if (sign) {
      const plain = SIGNS[sign] ?? sign;
      if (!"+-*/^()[]{},".includes(plain)) throw new Unreadable(`“${sign}” is not known here.`);
      tokens.push({ kind: "sign", text: plain });
    }
  }
  return tokens;
}

/** A run of letters: a symbol, a function, or several of them written together, such as np. */
function names(word, symbols) {
  const known = (name) => {
    const plain = name.replace(/[{}]/g, "");
    const spelt = SPELT[plain] ?? LETTERS[plain] ?? plain;
    const indexed = spelt.replace(/^([A-Za-z])(\d+)$/, "$1_$2");
    for (const each of [plain, spelt, indexed]) if (symbols.includes(each)) return { kind: "name", text: each };
    if (CALLS[plain]) return { kind: "call", text: CALLS[plain] };
    if (CONSTANTS.includes(spelt)) return { kind: "name", text: spelt };
    return null;
  };
  const found = [];
  for (let rest = word; rest; ) {
    let length = rest.length;
    while (length && !known(rest.slice(0, length))) length -= 1;
    if (!length) {
      const can = symbols.length ? `It may contain ${symbols.map(shownName).join(", ")}.` : "It is a number.";
      throw new Unreadable(`“${word}” is not known in this answer. ${can}`);
    }
    found.push(known(rest.slice(0, length)));
    rest = rest.slice(length);
    if (rest && !/^[A-Za-zͰ-Ͽ]/u.test(rest)) {
      throw new Unreadable(`“${word}” is not known in this answer.`);
    }
  }
  return found;
}

/** How a name is written for a reader: γ, R_0. */
export function shownName(name) {
  return GREEK[name] ?? name;
}

// ---- the tree as MathML -------------------------------------------------------------------

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

function node(tag, ...children) {
  const made = document.createElementNS(NAMESPACE, tag);
  made.append(...children);
  return made;
}

const row = (...children) => node("mrow", ...children);
const sign = (text) => node("mo", text);
const STRENGTH = { "+": 1, "-": 1, negative: 1, "*": 2, "/": 4, "^": 3 };
const strength = ([kind]) => STRENGTH[kind] ?? 4;

/** A <math> element that shows the tree as it was read. */
export function formula(tree) {
  const math = node("math", draw(tree));
  math.setAttribute("display", "inline");
  return math;
}

function draw(tree) {
  const [kind, one, other] = tree;
  if (kind === "number") return node("mn", one);
  if (kind === "constant") return node("mi", one === "pi" ? "π" : "e");
  if (kind === "symbol") {
    const [name, index] = one.split("_");
    const letter = node("mi", shownName(name));
    return index ? node("msub", letter, node("mn", index)) : letter;
  }
  if (kind === "call") return drawCall(one, tree.slice(2));
  if (kind === "negative") return row(sign("−"), inside(one, 2));
  if (kind === "/") return node("mfrac", draw(one), draw(other));
  if (kind === "^") return node("msup", inside(one, 4, one[0] === "/"), draw(other));
  if (kind === "*") {
    const bare = strength(other) >= 2 && other[0] !== "negative"; // no bracket around it
    const dot = bare && (leftmost(other)[0] === "number" || other[0] === "/") ? "·" : "\u2062";
    return row(inside(one, 2), sign(dot), inside(other, 2, other[0] === "negative"));
  }
  return row(draw(one), sign(kind === "-" ? "−" : "+"), inside(other, kind === "-" ? 2 : 1, other[0] === "negative"));
}

function drawCall(name, parts) {
  if (name === "sqrt") return node("msqrt", draw(parts[0]));
  if (name === "abs") return row(sign("|"), draw(parts[0]), sign("|"));
  if (name === "exp") return node("msup", node("mi", "e"), draw(parts[0]));
  const inner = parts.flatMap((part, k) => (k ? [sign(","), draw(part)] : [draw(part)]));
  return row(node("mi", name), sign("\u2061"), sign("("), ...inner, sign(")"));
}

function leftmost(tree) {
  return ["+", "-", "*", "^"].includes(tree[0]) ? leftmost(tree[1]) : tree;
}

function inside(tree, needed, always = false) {
  return always || strength(tree) < needed ? row(sign("("), draw(tree), sign(")")) : draw(tree);
}
