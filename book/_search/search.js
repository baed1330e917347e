// The page of the search: what is typed goes to Pagefind, its hits are shown with their formulas.
// Pagefind is asked for with the first word.
let asking;
const pagefind = () => {
  asking ??= import("./pagefind.js").then(async (library) => {
    await library.options({ bundlePath: new URL("./", import.meta.url).pathname, baseUrl: "/" });
    return library;
  });
  return asking;
};

const GREEK = {
  α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", η: "eta", θ: "theta", κ: "kappa",
  λ: "lambda", μ: "mu", ν: "nu", ξ: "xi", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi",
  χ: "chi", ψ: "psi", ω: "omega", Γ: "Gamma", Δ: "Delta", Σ: "Sigma", "∇": "nabla",
};
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁱⁿᵏᵗᵀ₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙₜ";
const PLAIN = "0123456789inktT0123456789ijknt";
const MOST = 30; // hits

// γᵗ, gamma^t and \gamma^t are one word of the index, "gammat"; so are Q(s,a) and Q(s, a).
const asked = (text) =>
  text
    .replaceAll(/\s*([,^_(=])\s*/g, "$1")
    .split(/\s+/)
    .map((word) => {
      const plain = [...word].map((letter) => PLAIN[RAISED.indexOf(letter)] ?? letter).join("");
      const named = [...plain].map((letter) => GREEK[letter] ?? letter).join("");
      return /[\^_()=\\]|[^\x00-\x7f]/.test(word) ? named.replaceAll(/[^A-Za-z0-9]/g, "") : named;
    })
    .filter(Boolean)
    .join(" ");

const [form, field, count, hits] = ["find", "find-words", "find-count", "find-hits"].map((id) =>
  document.getElementById(id),
);

const element = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

// Marks the words in the text of a hit, and leaves its formulas alone.
const mark = (place, words) => {
  const wanted = words.filter((word) => /^\w{2,}$/.test(word));
  if (!wanted.length) return;
  const pattern = new RegExp(`\\b(?:${wanted.join("|")})\\w{0,3}`, "gi");
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  texts
    .filter((node) => !node.parentElement.closest("math"))
    .forEach((node) => {
      const parts = [];
      let from = 0;
      for (const found of node.data.matchAll(pattern)) {
        parts.push(node.data.slice(from, found.index), element("mark", "", found[0]));
        from = found.index + found[0].length;
      }
      if (parts.length) node.replaceWith(...parts, node.data.slice(from));
    });
};

const shown = ({ meta }, words) => {
  const item = element("li", "find-hit");
  const link = element("a", "find-title");
  link.href = meta.address;
  link.innerHTML = meta.html;
  const where = element("p", "find-where", [meta.kind, meta.chapter].filter(Boolean).join(" · "));
  const lead = element("p", "find-lead");
  lead.innerHTML = meta.lead;
  mark(lead, words);
  item.append(link, where, lead);
  return item;
};

let latest = 0;
const search = async (text) => {
  const mine = ++latest;
  const query = asked(text);
  if (!query) {
    count.textContent = "";
    hits.replaceChildren();
    return;
  }
  const { results } = await (await pagefind()).search(query);
  const near = await Promise.all(results.slice(0, MOST).map((result) => result.data()));
  if (mine !== latest) return;
  // Pagefind goes on to words that only begin alike: "zebra" would find "zero".
  const found = near.filter(({ content, meta }) => {
    const all = `${meta.name} ${content}`.toLowerCase();
    return query.toLowerCase().split(" ").every((word) => all.includes(word.slice(0, 4)));
  });
  // What is called exactly so comes first: a word of the glossary, "Theorem 2.3 (REINFORCE)".
  const called = ({ meta: { name } }) =>
    [name, /\((.*)\)$/.exec(name)?.[1]].some((one) => one?.toLowerCase() === text.toLowerCase());
  found.sort((a, b) => called(b) - called(a));
  const words = [...new Set([...query.split(" "), ...text.split(/\s+/)])];
  hits.replaceChildren(...found.map((hit) => shown(hit, words)));
  const number = results.length > MOST ? `The first ${found.length}` : found.length;
  const noun = found.length === 1 ? "place" : "places";
  count.textContent = found.length
    ? `${number} ${noun} for “${text}”`
    : `Nothing for “${text}”. Fewer words, or another one, may find it.`;
};

let pause;
const typed = () => {
  clearTimeout(pause);
  pause = setTimeout(() => {
    const text = field.value.trim();
    history.replaceState(null, "", text ? `?q=${encodeURIComponent(text)}` : location.pathname);
    search(text);
  }, 150);
};

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  typed();
});
field.addEventListener("input", typed);
field.value = new URLSearchParams(location.search).get("q") ?? "";
search(field.value.trim());
if (!field.value) field.focus();
