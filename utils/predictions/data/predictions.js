/* The predictions of a page or a notebook: kept on the reader's own machine, and nowhere else. */
(() => {
  const STORE = "policy-gradient-book.predictions";
  const ALL = "*"; // a reader who does not want to be asked
  const stored = () => {
    try {
      return JSON.parse(localStorage.getItem(STORE)) ?? {};
    } catch {
      return {};
    }
  };
  const store = (name, value) => {
    const all = stored();
    if (value === undefined) {
      delete all[name];
    } else {
      all[name] = value;
    }
    try {
      localStorage.setItem(STORE, JSON.stringify(all));
    } catch { /* a private window keeps nothing */ }
  };
  const skipped = new Set(); // shown without an answer, until the page is left

  /* "0.12", "0,12", "12 %", "1/8" as a number; NaN for anything else. */
  const numberIn = (text) => {
    const plain = text.trim().replace(",", ".").replace("\u2212", "-");
    const found = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:\s*\/\s*(\d+))?\s*(%?)$/.exec(plain);
    return found ? (+found[1] / (found[2] ?? 1)) / (found[3] ? 100 : 1) : NaN;
  };

  /* What waits in a page; in Jupyter the figure is hidden by its name, wherever it comes to stand. */
  const waiting = (name) => [...document.querySelectorAll(".waits")]
    .filter((one) => one.dataset.waits === name);
  const hideFigure = (box, hidden) => {
    const id = "waits-" + box.dataset.predict;
    document.getElementById(id)?.remove();
    if (!hidden || !box.dataset.figure || waiting(box.dataset.predict).length) {
      return;
    }
    const figure = "#" + box.dataset.figure;
    const sheet = document.createElement("style");
    sheet.id = id;
    sheet.textContent = figure + " > * { display: none; } " + figure +
      "::before { content: 'This figure waits for your answer to the prediction above.'; }";
    document.head.append(sheet);
  };

  const begin = (box) => {
    const name = box.dataset.predict;
    const part = (selector) => box.querySelector(selector);
    const fields = [...box.querySelectorAll("input")];
    const reply = part(".predict-reply");
    const terms = [...box.querySelectorAll("dt")];
    const stops = fields[0].dataset.stops?.split(" ");

    /* The answer as it is kept: the place of a choice or a stop, or the text of a number. */
    const given = () => {
      if (box.dataset.kind === "choice") {
        const at = fields.findIndex((field) => field.checked);
        return at < 0 ? undefined : at;
      }
      const number = stops ? +fields[0].value : numberIn(fields[0].value);
      return Number.isNaN(number) ? undefined : fields[0].value;
    };
    const set = (answer) => {
      if (box.dataset.kind === "choice") {
        fields.forEach((field, i) => { field.checked = i === answer; });
      } else {
        fields[0].value = answer;
      }
    };
    const termOf = (answer) => {
      if (box.dataset.kind === "choice") {
        return terms[answer];
      }
      const number = stops ? +stops[answer] : numberIn(String(answer));
      return terms.find(({ dataset: { low = -Infinity, high = Infinity } }) =>
        low <= number && number <= high);
    };
    const told = (start, term) => {
      const line = document.createElement("p");
      const words = document.createElement("strong");
      words.textContent = start;
      const reason = [...term.nextElementSibling.childNodes].map((node) => node.cloneNode(true));
      line.append(words, " ", ...reason);
      return line;
    };
    const show = () => {
      const answer = stored()[name];
      const term = answer === undefined ? undefined : termOf(answer);
      const open = Boolean(term || skipped.has(name) || stored()[ALL]);
      reply.replaceChildren();
      if (term) {
        set(answer);
        if (term.dataset.verdict === "right") {
          reply.append(told("✓ Right.", term));
        } else {
          const right = terms.find((one) => one.dataset.verdict === "right");
          const name = right.textContent.replace("✓", "").trim();
          reply.append(told("✗ Not so.", term), told(`Right: ${name}.`, right));
        }
      }
      fields.forEach((field) => { field.disabled = Boolean(term); });
      box.toggleAttribute("data-done", open);
      part("summary").textContent = term ? "All replies" : "The answer";
      part(".predict-acts").hidden = false;
      part(".predict-commit").hidden = Boolean(term);
      part(".predict-skip").hidden = open;
      part(".predict-forget").hidden = !term;
      waiting(name).forEach((one) => one.toggleAttribute("data-seen", open));
      hideFigure(box, !open);
    };
    const commit = () => {
      const answer = given();
      if (answer === undefined) {
        reply.textContent = box.dataset.kind === "choice"
          ? "Choose an answer first." : "Type a number first, such as 0.5, 1/2 or 50 %.";
        return;
      }
      store(name, answer);
      refresh();
      reply.focus({ preventScroll: true });
    };
    const forget = () => {
      store(name);
      skipped.delete(name);
      refresh();
      fields[0].focus({ preventScroll: true });
    };
    const skip = () => {
      skipped.add(name);
      refresh();
    };

    box.dataset.live = "";
    part(".predict-commit").addEventListener("click", commit);
    part(".predict-skip").addEventListener("click", skip);
    part(".predict-forget").addEventListener("click", forget);
    waiting(name).forEach((one) => one.querySelector("button")?.addEventListener("click", skip));
    fields.forEach((field) => field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        commit();
      }
    }));
    if (stops) {
      fields[0].addEventListener("input", () => {
        part("output").textContent = stops[fields[0].value];
        fields[0].setAttribute("aria-valuetext", stops[fields[0].value]);
      });
    }
    shows.set(box, show);
    show();
  };

  const shows = new Map();
  const refresh = () => {
    shows.forEach((show, box) => box.isConnected ? show() : shows.delete(box));
    document.dispatchEvent(new Event("book-answered")); // progress.js counts
  };

  /* A link that leads into what waits opens it. */
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1)).split(";")[0];
    const target = document.getElementById(id);
    const waits = target?.closest(".waits:not([data-seen])");
    if (waits) {
      skipped.add(waits.dataset.waits);
      refresh();
      target.scrollIntoView();
    }
  };

  const ready = () => {
    document.querySelectorAll(".predict[data-predict]:not([data-live])").forEach(begin);
    follow();
  };
  if (!window.predictionsReady) {
    window.predictionsReady = true;
    addEventListener("hashchange", follow);
    document.addEventListener("book-forgotten", () => {
      skipped.clear();
      refresh();
    });
    document.addEventListener("book-shown", () => {
      store(ALL, true);
      refresh();
    });
  }
  if (document.readyState === "loading") {
    addEventListener("DOMContentLoaded", ready);
  } else {
    ready();
  }
})();
