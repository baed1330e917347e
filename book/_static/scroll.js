// A formula or table that is wider than its place scrolls; give it a stop of the Tab key, so that
// the arrow keys can scroll it. What fits gets none: a reader reaches the sliders with few presses.
window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  const stops = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  const wide = "mjx-container[display=true], .pst-scrollable-table-container, .proof td";
  document.querySelectorAll(wide).forEach((place) => stops.observe(place));
});
