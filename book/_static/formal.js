// A proof shown line by line: a slider picks the line. Without this script the page lists all lines.
window.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("ol.formal-proof").forEach((list) => {
    const steps = [...list.children];
    const make = (tag, facts = {}) => Object.assign(document.createElement(tag), facts);
    const bar = make("div", { className: "formal-bar" });
    const label = make("label", { textContent: "Line of the proof " });
    const slider = make("input", { type: "range", min: 0, max: steps.length - 1, value: 0 });
    const shown = make("output");
    const all = make("button", { type: "button", textContent: "Show all lines" });
    const show = () => {
      const whole = all.getAttribute("aria-pressed") === "true";
      steps.forEach((step, k) => { step.hidden = !whole && k !== slider.valueAsNumber; });
      slider.disabled = whole;
      shown.value = `${slider.value} of ${steps.length - 1}`;
      slider.setAttribute("aria-valuetext", `line ${shown.value}`);
    };
    all.setAttribute("aria-pressed", "false");
    all.addEventListener("click", () => {
      all.setAttribute("aria-pressed", String(all.getAttribute("aria-pressed") !== "true"));
      show();
    });
    slider.addEventListener("input", show);
    label.append(slider);
    bar.append(label, shown, all);
    list.before(bar);
    show();
  });
});
