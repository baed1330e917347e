// Marks where the reader is in the list of contents. Bootstrap's own way asks every section for its
// place as the page loads, which lays out the whole page at once; this one waits for each to be seen.
document.addEventListener("DOMContentLoaded", () => {
  const links = new Map(
    [...document.querySelectorAll(".bd-toc-nav a[href^='#']")].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const seen = new Set();
  const mark = () => {
    // The last of those in view that the page lists, so that a part counts before its whole.
    const here = [...links.keys()].filter((id) => seen.has(id)).at(-1);
    links.forEach((link, id) => {
      const section = document.getElementById(id);
      const inside = here && section?.contains(document.getElementById(here));
      link.classList.toggle("active", Boolean(inside));
      link.parentElement.classList.toggle("active", Boolean(inside));
      if (id === here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
    if (here) document.dispatchEvent(new CustomEvent("section-in-view", { detail: here }));
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      entries.forEach(({ target, isIntersecting }) => {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      });
      mark();
    },
    { rootMargin: "0px 0px -60%" },
  );
  links.forEach((_, id) => {
    const section = document.getElementById(id);
    if (section) watcher.observe(section);
  });
});

// A link into a page arrives where it leads: sections far from the window are laid out only when
// they come near, and what is above the place may grow until then. It is held until the reader acts.
(() => {
  let held;
  const arrive = () => {
    held?.disconnect();
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || target.matches("figure.explorer")) return; // figures see to it themselves
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
    held = new ResizeObserver(() => target.scrollIntoView({ behavior: "instant" }));
    held.observe(document.body);
  };
  ["wheel", "touchstart", "pointerdown", "keydown"].forEach((act) =>
    addEventListener(act, () => held?.disconnect(), { passive: true }),
  );
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href^='#']")?.hash === location.hash) arrive();
  });
  // After a reload or a step back the browser knows the place itself.
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", arrive);
  else arrive();
})();
