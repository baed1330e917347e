/* One line a chapter: how many predictions are made and how many exercises are answered. Both are
   kept on the reader's own machine, and nowhere else. */
(() => {
  const PREDICTIONS = "policy-gradient-book.predictions";
  const ANSWERS = "policy-gradient-book.answers";
  const ALL = "*"; // as in predictions.js: a reader who does not want to be asked
  const stored = (kind) => {
    try {
      return JSON.parse(localStorage.getItem(kind)) ?? {};
    } catch {
      return {};
    }
  };
  const forget = (kind, names) => {
    const all = stored(kind);
    names.forEach((name) => delete all[name]);
    try {
      localStorage.setItem(kind, JSON.stringify(all));
    } catch { /* a private window keeps nothing */ }
  };
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };

  addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector(".progress-line");
    if (!place) {
      return;
    }
    const names = (selector, key) =>
      [...document.querySelectorAll(selector)].map((box) => box.dataset[key]);
    const asked = names(".predict[data-predict]", "predict");
    const set = [...names(".answer", "exercise"), ...names(".question", "question")];
    const said = document.createElement("span");
    const again = button("Start over", () => {
      forget(PREDICTIONS, [...asked, ALL]);
      forget(ANSWERS, set);
      document.dispatchEvent(new Event("book-forgotten"));
      tally();
    });
    const every = button("Show all that waits", () => {
      document.dispatchEvent(new Event("book-shown"));
      tally();
    });
    const tally = () => {
      const made = stored(PREDICTIONS);
      const answered = stored(ANSWERS);
      const m = asked.filter((name) => name in made).length;
      const n = set.filter((name) => name in answered).length;
      said.textContent = `In this chapter: ${m} of ${asked.length} predictions made, ` +
        `${n} of ${set.length} exercises answered; kept on your machine only.`;
      again.hidden = m + n === 0 && !made[ALL];
      every.hidden = Boolean(made[ALL]);
    };
    place.replaceChildren(said, " ", again, " ", every);
    place.hidden = false;
    document.addEventListener("book-answered", tally);
    tally();
  });
})();
