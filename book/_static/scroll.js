// What is wider than its place scrolls; give it a stop of the Tab key, so that the arrow keys can
// scroll it, and a faded edge. What fits gets neither: a reader reaches the sliders with few presses.
window.addEventListener("load", () => {
  const fade = (place) => {
    const hidden = place.scrollWidth - place.clientWidth - place.scrollLeft;
    place.classList.toggle("cut-right", hidden >= 1);
  };
  const stops = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
      fade(target);
    }
  });
  const wide = "div.math .formula, .pst-scrollable-table-container, .proof td, article pre";
  document.querySelectorAll(wide).forEach((place) => {
    stops.observe(place);
    place.addEventListener("scroll", () => fade(place), { passive: true });
  });
});
// A link into the page: the folds around its end open, and what stands above it is laid out, since
// the heights of sections far from the window are only guessed until then.
(() => {
  const arrive = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let fold = target.closest("details:not([open])");
    for (; fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
    for (const section of document.querySelectorAll(".bd-article > section > section")) {
      if (section.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING) break;
      section.style.contentVisibility = "visible";
    }
    target.scrollIntoView({ behavior: "instant" });
  };
  const [visit] = performance.getEntriesByType("navigation");
  if (visit.type === "navigate") {  // after a reload or a step back the browser knows the place
    window.addEventListener("DOMContentLoaded", arrive);
    window.addEventListener("load", () => document.fonts.ready.then(arrive), { once: true });
  }
  window.addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href^='#']")?.hash === location.hash) arrive();
  });
})();
