// Formulas are MathML and need no script to be read. This one gives what a reader may want besides:
// a selection that is copied carries the TeX of its formulas, and a displayed formula can be seen
// large, with its TeX and the meaning of its letters, from a button that comes when the pointer or
// the Tab key reaches it.
(() => {
  const source = (math) => math.dataset.tex ?? "";

  document.addEventListener("copy", (event) => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const copied = document.createElement("div");
    const around = range.commonAncestorContainer;
    const inside = (around.nodeType === 1 ? around : around.parentElement).closest("math");
    copied.append(inside ? inside.cloneNode(true) : range.cloneContents());
    const formulas = copied.querySelectorAll("math[data-tex]");
    if (!formulas.length) return;
    for (const math of formulas) {
      const fence = math.getAttribute("display") === "block" ? "$$" : "$";
      const { before = "", after = "" } = math.dataset;
      math.replaceWith(before + fence + source(math) + fence + after);
    }
    copied.querySelectorAll("p, li, tr, h1, h2, h3, div.math").forEach((end) => end.append("\n"));
    event.clipboardData.setData("text/plain", copied.textContent.trim());
    event.preventDefault();
  });

  let dialog;
  const open = (math) => {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "formula-dialog";
      dialog.setAttribute("aria-label", "The formula, enlarged, its symbols and its TeX");
      dialog.innerHTML =
        '<div class="formula" tabindex="0"></div><ul class="formula-symbols" tabindex="0"></ul>' +
        '<pre tabindex="0"></pre>' +
        '<button type="button">Copy the TeX</button><button type="button">Close</button>';
      const [copy, close] = dialog.querySelectorAll("button");
      copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(dialog.querySelector("pre").textContent);
        copy.textContent = "Copied";
      });
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      dialog.addEventListener("keydown", (event) => event.key === "Escape" && dialog.close());
      document.body.append(dialog);
    }
    dialog.querySelector("button").textContent = "Copy the TeX";
    dialog.querySelector(".formula").replaceChildren(math.cloneNode(true));
    dialog.querySelector("pre").textContent = source(math);
    const list = dialog.querySelector(".formula-symbols");
    list.replaceChildren();
    list.hidden = true;
    window.bookSymbols?.(math).then((rows) => {
      list.innerHTML = rows.map((row) => `<li>${row}</li>`).join("");
      list.hidden = !rows.length;
    });
    dialog.showModal();
  };

  // One button for all formulas: it stands in the formula that is pointed at or has the focus.
  const button = document.createElement("button");
  button.type = "button";
  button.className = "formula-tools";
  button.textContent = "Enlarge, TeX";
  button.addEventListener("click", () => open(button.closest("div.math").querySelector("math")));
  const offer = (event) => {
    const place = event.target.closest?.("div.math");
    if (place && button.parentElement !== place) place.append(button);
  };
  document.addEventListener("pointerover", offer);
  document.addEventListener("focusin", offer);
})();
