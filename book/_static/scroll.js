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
  const wide =
    "div.math .formula, .pst-scrollable-table-container, .assay, .proof td, .order-line, article pre";
  document.querySelectorAll(wide).forEach((place) => {
    stops.observe(place);
    place.addEventListener("scroll", () => fade(place), { passive: true });
  });
});
