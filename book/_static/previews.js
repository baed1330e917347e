// A reference shows what it refers to, by pointer, by the Tab key or by a tap: an equation, a
// statement, an exercise, a word of the glossary, a work; and a main symbol in a formula its meaning.
// It can be left with Escape, the pointer can move onto it, and it stays until it is left. By key
// the symbols of a formula are found in its window, "Enlarge, TeX" (formulas.js).
(() => {
  const COMES = 250, GOES = 300; // ms: a pointer that passes by shows nothing
  const root = document.documentElement.dataset.content_root ?? "./";
  const here = location.pathname.split("/").pop();
  const asked = new Map();
  let box, owner, coming, going;

  // The previews of a page, from a script: pages opened from a disk may not fetch.
  const previews = (page) => {
    if (!asked.has(page)) {
      asked.set(page, new Promise((resolve) => {
        const file = document.createElement("script");
        file.src = `${root}previews/${page.replace(".html", ".js")}`;
        file.onload = () => resolve(window.bookPreviews[page]);
        file.onerror = () => { asked.delete(page); resolve({}); };
        document.head.append(file);
      }));
    }
    return asked.get(page);
  };

  const SHOWN = /^(equation-|eq-|term-|(def|thm|lem|prop|cor|ex|alg|asm|rem):)/;
  const place = (link) => {
    const [path, anchor] = (link.getAttribute("href") ?? "").split("#");
    const page = path.split("/").pop() || here;
    if (!anchor || link.matches(".headerlink, .explorer-number") || /^\w+:/.test(path)) return null;
    const name = decodeURIComponent(anchor);
    return SHOWN.test(name) || page === "bibliography.html" ? { page, name } : null;
  };

  const onThisPage = (name) => {
    const found = document.getElementById(name);
    if (!found) return null;
    if (found.tagName !== "DT") return found.cloneNode(true);
    const list = document.createElement("dl");
    list.append(found.cloneNode(true));
    const meaning = found.parentElement.querySelector(`:scope > dt[id="${name}"] ~ dd`);
    if (meaning) list.append(meaning.cloneNode(true));
    return list;
  };

  const content = async ({ page, name }) => {
    const made = document.createElement("div");
    const own = page === here && !name.startsWith("symbol ") ? onThisPage(name) : null;
    if (own) made.append(own);
    else made.innerHTML = (await previews(page))?.[name] ?? "";
    made.querySelectorAll(".headerlink, .formula-tools, .answer, button").forEach((e) => e.remove());
    made.querySelectorAll("[id], [tabindex]").forEach((each) => {
      each.removeAttribute("id");
      each.removeAttribute("tabindex");
    });
    return made;
  };

  const leave = () => {
    clearTimeout(coming);
    clearTimeout(going);
    if (box) box.hidden = true;
    owner?.removeAttribute?.("aria-describedby");
    owner = null;
  };

  const put = (rect) => {
    const edge = 8;
    const width = document.documentElement.clientWidth;
    box.style.left = `${Math.max(edge, Math.min(rect.left, width - box.offsetWidth - edge)) + scrollX}px`;
    const below = rect.bottom + edge;
    const above = rect.top - edge - box.offsetHeight;
    const top = below + box.offsetHeight > innerHeight && above > 60 ? above : below;
    box.style.top = `${top + scrollY}px`;
  };

  const show = async (element, where, follow) => {
    const mine = (owner = element);
    const shown = await content(where);
    if (owner !== mine || !shown.textContent.trim()) return;
    if (!box) {
      box = document.createElement("div");
      box.id = "preview";
      box.className = "bd-article"; // set like the page
      box.setAttribute("role", "tooltip");
      box.addEventListener("pointerenter", () => clearTimeout(going));
      box.addEventListener("pointerleave", goSoon);
      document.body.append(box);
    }
    box.replaceChildren(...shown.childNodes);
    if (follow) {
      const link = document.createElement("a");
      link.href = follow;
      link.className = "preview-follow";
      link.textContent = "Go there";
      link.addEventListener("click", leave);
      box.append(link);
    }
    box.classList.toggle("preview-wide", Boolean(box.querySelector("div")));
    box.hidden = false;
    if (element.tagName === "A") element.setAttribute("aria-describedby", "preview");
    put(element.getBoundingClientRect());
  };

  const goSoon = () => {
    clearTimeout(coming);
    clearTimeout(going);
    going = setTimeout(leave, GOES);
  };

  // A symbol of the notation page: alone (γ), with an index (ψ_t), before a bracket (V(s)).
  const ALONE = /^[γθτTJ∇]$/, TIMED = /^[sarψMG]$/, INDEX = /^(?:[tkj]|[0-9]|[tkT][+−][0-9])$/;
  const symbol = (target) => {
    if (!target.closest?.("math") || !/^(mi|mo)$/.test(target.localName)) return null;
    const letter = target.textContent;
    const around = target.parentElement;
    if (["msub", "msup", "msubsup"].includes(around.localName) && around.firstElementChild === target) {
      if (around.localName === "msup") return ALONE.test(letter) ? letter : null;
      const index = around.children[1].textContent;
      if (TIMED.test(letter) && around.localName === "msub" && INDEX.test(index)) return `${letter}_t`;
      const both = `${letter}_${index}`;
      return around.localName === "msub" && /^(π_θ|ρ_0|d_γ)$/.test(both) ? both : null;
    }
    if (/^[PRVQA]$/.test(letter)) return target.nextElementSibling?.textContent === "(" ? `${letter}(` : null;
    return ALONE.test(letter) ? letter : null;
  };

  // For the window of an enlarged formula, which every key reaches: what its letters mean.
  window.bookSymbols = async (math) => {
    const signs = new Set([...math.querySelectorAll("mi, mo")].map(symbol).filter(Boolean));
    const rows = signs.size ? await previews("notation.html") : {};
    return [...signs].map((sign) => rows?.[`symbol ${sign}`]).filter(Boolean);
  };

  const inText = (target) => target.closest?.("article, #preview");
  const find = (target) => {
    const link = target.closest?.("a[href]");
    if (link && inText(link) && !link.closest("#preview")) {
      const where = place(link);
      return where && { element: link, where };
    }
    const sign = !link && inText(target) && !target.closest("#preview") && symbol(target);
    return sign ? { element: target, where: { page: "notation.html", name: `symbol ${sign}` } } : null;
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const found = find(event.target);
    if (!found) return;
    clearTimeout(going);
    if (found.element === owner) return;
    clearTimeout(coming);
    coming = setTimeout(() => { leave(); show(found.element, found.where); }, COMES);
    found.element.addEventListener("pointerleave", goSoon, { once: true });
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("#preview")) return;
    leave();
    const found = event.target.matches(":focus-visible") && find(event.target);
    if (found) show(found.element, found.where);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === owner && !box?.matches(":hover")) goSoon();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  });
  // The first tap shows, and offers to go there; a second tap on the same reference goes.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#preview")) return;
    const found = event.pointerType === "touch" && find(event.target);
    if (!found || found.element === owner) {
      leave();
      return;
    }
    if (found.element.tagName === "A") event.preventDefault();
    leave();
    show(found.element, found.where, found.element.href);
  });
})();
