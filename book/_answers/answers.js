// The boxes under the exercises: typed, shown as it was read, judged by the book's own Python.
import { Unreadable, formula, read, shownName } from "./formula.js";

const STOP_AFTER = 5000; // ms for one answer, once Python is there
const STORE = "policy-gradient-book.answers";
const boxes = [...document.querySelectorAll(".answer")];

// ---- Python, in a worker that starts with the first answer --------------------------------

let worker = null;
let pending = null;

function start() {
  worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.failed) return fail();
    if (!pending) return;
    if (data.progress !== undefined) pending.onProgress(data.progress);
    else if (data.computing) {
      // The tests, on busy machines, set another limit.
      pending.timer = setTimeout(stop, globalThis.answersStopAfter ?? STOP_AFTER);
    }
    else finish(data.reply);
  };
  worker.onerror = fail;
}

function fail() {
  worker.terminate();
  worker = null;
  finish({ correct: null, text: "The answer could not be checked: a part of the page did not load." });
}

function stop() {
  worker.terminate();
  worker = null;
  finish({ correct: null, text: "This takes too long to compare. Write it in a simpler way." });
}

function finish(reply) {
  clearTimeout(pending?.timer);
  const done = pending;
  pending = null;
  done?.resolve(reply);
}

async function judge(exercise, tree, onProgress) {
  while (pending) await pending.promise;
  if (!worker) start();
  pending = { onProgress, timer: null };
  pending.promise = new Promise((resolve) => { pending.resolve = resolve; });
  const { promise } = pending;
  worker.postMessage({ exercise, tree });
  return promise;
}

// ---- what the reader has done, on this machine only ---------------------------------------

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

function store(all) {
  try {
    localStorage.setItem(STORE, JSON.stringify(all));
  } catch { /* a private window keeps nothing */ }
}

// ---- one box ------------------------------------------------------------------------------

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function listed(names) {
  const shown = names.map(shownName);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

function fill(box) {
  const exercise = box.dataset.exercise;
  const symbols = box.dataset.symbols.split(" ").filter(Boolean);
  const id = `answer-${exercise.replace(/\W+/g, "-")}`;
  const asked = symbols.length ? `Your answer, in ${listed(symbols)}` : "Your answer, a number";
  const input = element("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  input.setAttribute("autocapitalize", "off");
  input.setAttribute("aria-describedby", `${id}-read`);
  const button = element("button", { type: "submit", textContent: "Check" });
  const reading = element("p", { id: `${id}-read`, className: "answer-read" });
  const reply = element("p", { className: "answer-reply" });
  reply.setAttribute("role", "status");
  const form = element("form", {},
    element("label", { htmlFor: id, textContent: asked }),
    element("div", { className: "answer-line" }, input, button), reading, reply);
  box.replaceChildren(form);
  box.hidden = false;

  function show(text, mood) {
    reply.textContent = text;
    reply.dataset.mood = mood;
  }

  function look() {
    reading.replaceChildren();
    try {
      const tree = read(input.value, symbols);
      reading.append("Read as ", formula(tree));
      return tree;
    } catch (problem) {
      if (!(problem instanceof Unreadable)) throw problem;
      reading.textContent = problem.message;
      return null;
    }
  }

  input.addEventListener("input", () => {
    show("", "open");
    look();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tree = look();
    if (!tree) {
      show(input.value.trim() ? "This could not be read." : "Type an answer first.", "open");
      return;
    }
    button.disabled = true;
    show("Checking …", "busy");
    const answered = input.value;
    const result = await judge(exercise, tree, (part) => {
      show(`Fetching Python, once for all pages: ${Math.round(100 * part)} %`, "busy");
    });
    button.disabled = false;
    show(result.text, { true: "right", false: "wrong", null: "open" }[String(result.correct)]);
    if (result.correct) {
      store({ ...stored(), [exercise]: answered });
      document.dispatchEvent(new Event("book-answered"));
    }
  });

  const before = stored()[exercise];
  if (before) {
    input.value = before;
    look();
    show("Correct, when you answered it.", "right");
  }
}

// ---- how many are done: progress.js counts, and asks to forget ----------------------------

boxes.forEach(fill);
document.addEventListener("book-forgotten", () => boxes.forEach(fill));
