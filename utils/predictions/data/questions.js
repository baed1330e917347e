/* Exercises that are answered without an expression: a line to find, lines to order, a sentence.
   What is answered is kept on the reader's own machine, and nowhere else. */
(() => {
  const STORE = "policy-gradient-book.answers";
  const PLACES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
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
    document.dispatchEvent(new Event("book-answered"));
  };
  const paragraph = (start, reason) => {
    const line = document.createElement("p");
    const words = document.createElement("strong");
    words.textContent = start;
    line.append(words, " ", ...[...reason?.childNodes ?? []].map((node) => node.cloneNode(true)));
    return line;
  };

  /* Each kind gives: read(), the answer as it is kept, or words that say what is missing;
     write(answer); told(answer), {right, lines}; lock(done). */
  const choice = (box) => {
    const fields = [...box.querySelectorAll("input")];
    const terms = [...box.querySelectorAll("dt")];
    return {
      first: fields[0],
      read: () => {
        const at = fields.findIndex((field) => field.checked);
        return at < 0 ? { missing: "Choose one first." } : { answer: at };
      },
      write: (answer) => fields.forEach((field, i) => { field.checked = i === answer; }),
      told: (answer) => {
        const right = terms[answer].dataset.verdict === "right";
        const reason = terms[answer].nextElementSibling;
        return { right, lines: [paragraph(right ? "✓ Right." : "✗ Not this one.", reason)] };
      },
      lock: (done) => fields.forEach((field) => { field.disabled = done; }),
    };
  };

  const order = (box) => {
    const list = box.querySelector(".order");
    const items = () => [...list.children];
    const begun = items();
    const breaks = [...box.querySelectorAll("dt[data-needs]")];
    const said = document.createElement("p");
    said.className = "order-said";
    said.setAttribute("role", "status");
    list.after(said);
    const forgetReply = () => {
      box.querySelector(".predict-reply").replaceChildren();
      items().forEach((item) => item.removeAttribute("data-broken"));
    };
    const ends = () => items().forEach((item, i, all) => {
      const [up, down] = item.querySelectorAll("button");
      up.setAttribute("aria-disabled", i === 0);
      down.setAttribute("aria-disabled", i === all.length - 1);
    });
    const move = (item, by, button) => {
      const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other || box.hasAttribute("data-done")) {
        return;
      }
      other[by < 0 ? "before" : "after"](item);
      ends();
      forgetReply();
      button.focus();
      const place = items().indexOf(item);
      said.textContent = `Line ${item.dataset.line} is now ${PLACES[place]} of ${begun.length}.`;
    };
    begun.forEach((item) => {
      const moves = document.createElement("span");
      moves.className = "order-moves";
      [["↑", "up", -1], ["↓", "down", 1]].forEach(([arrow, way, by]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = arrow;
        button.setAttribute("aria-label", `Move line ${item.dataset.line} ${way}`);
        button.addEventListener("click", () => move(item, by, button));
        moves.append(button);
      });
      item.append(moves);
    });
    ends();
    const write = (answer) => {
      const wanted = answer ? [...answer] : begun.map((item) => item.dataset.line);
      list.append(...wanted.map((letter) => begun.find((item) => item.dataset.line === letter)));
      said.textContent = "";
      ends();
    };
    return {
      first: list.querySelector("button"),
      read: () => ({ answer: items().map((item) => item.dataset.line).join("") }),
      write,
      told: (answer) => {
        for (const [place, letter] of [...answer].entries()) {
          for (const term of breaks.filter((each) => each.dataset.line === letter)) {
            const used = term.dataset.needs;
            if (!answer.slice(0, place).includes(used)) {
              items()[place].dataset.broken = "";
              const start = `✗ Line ${letter}, in the ${PLACES[place]} place, uses line ${used}, ` +
                "which does not stand above it.";
              return { right: false, lines: [paragraph(start, term.nextElementSibling)] };
            }
          }
        }
        return {
          right: true,
          lines: [paragraph("✓ Right: each line uses only what stands above it.")],
        };
      },
      lock: () => {},
    };
  };

  /* The solution of the exercise follows the form in a page, folded; its title opens it. */
  const solutionOf = (box) => {
    let next = box;
    while (next && !next.nextElementSibling?.matches(".solution, .exercise")) {
      next = next.nextElementSibling ?? next.parentElement;
    }
    return next?.nextElementSibling;
  };
  const sentence = (box) => {
    const field = box.querySelector("textarea");
    return {
      first: field,
      read: () => field.value.trim()
        ? { answer: field.value.trim() } : { missing: "Write a sentence first." },
      write: (answer) => { field.value = answer ?? ""; },
      told: () => ({
        right: true,
        lines: [paragraph("Kept. Does yours say what the model answer below says?")],
      }),
      lock: (done) => { field.readOnly = done; },
      opens: () => solutionOf(box)?.matches(".toggle-hidden")
        && solutionOf(box).querySelector(".admonition-title").click(),
    };
  };

  const KINDS = { flaw: choice, hypothesis: choice, order, sentence };
  const shows = new Map();
  const begin = (box) => {
    const name = box.dataset.question;
    const part = (selector) => box.querySelector(selector);
    const reply = part(".predict-reply");
    const kind = KINDS[box.dataset.kind](box);
    const isRight = (answer) => {
      try {
        return kind.told(answer).right;
      } catch {
        return false; // kept from an older version of the exercise
      }
    };
    const show = () => {
      const answer = stored()[name];
      const done = answer !== undefined && isRight(answer);
      const before = box.hasAttribute("data-done");
      if (done) {
        kind.write(answer);
        reply.replaceChildren(...kind.told(answer).lines);
      } else if (before) {
        kind.write();
        reply.replaceChildren();
      }
      kind.lock(done);
      box.toggleAttribute("data-done", done);
      part(".predict-acts").hidden = false;
      part(".predict-commit").hidden = done;
      part(".predict-forget").hidden = !done;
    };
    const check = () => {
      const { answer, missing } = kind.read();
      if (missing) {
        reply.textContent = missing;
        return;
      }
      const { right, lines } = kind.told(answer);
      reply.replaceChildren(...lines);
      if (right) {
        store(name, answer);
        refresh();
        kind.opens?.();
        reply.focus({ preventScroll: true });
      }
    };
    box.dataset.live = "";
    part(".predict-commit").addEventListener("click", check);
    part(".predict-forget").addEventListener("click", () => {
      store(name);
      refresh();
      kind.first.focus({ preventScroll: true });
    });
    box.querySelectorAll("input").forEach((field) => {
      field.addEventListener("change", () => reply.replaceChildren());
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          check();
        }
      });
    });
    shows.set(box, show);
    show();
  };
  const refresh = () => shows.forEach((show, box) => box.isConnected ? show() : shows.delete(box));

  const ready = () => document.querySelectorAll(".question:not([data-live])").forEach(begin);
  document.addEventListener("book-forgotten", refresh);
  if (document.readyState === "loading") {
    addEventListener("DOMContentLoaded", ready);
  } else {
    ready();
  }
})();
