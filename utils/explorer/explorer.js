(() => {
  const figure = document.currentScript.closest(".explorer");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const svg = figure.querySelector("svg");
  const groups = data.groups.map((id) => svg.querySelector("#" + id));
  const sliders = [...figure.querySelectorAll("input[type=range]")];
  const outputs = [...figure.querySelectorAll("output")];
  const reading = figure.querySelector(".explorer-reading");
  const button = figure.querySelector(".explorer-draw-again");
  const sample = figure.querySelector(".explorer-sample");
  const draws = data.sizes[sliders.length];
  const shown = groups.map(() => -1);
  let draw = 0;
  const show = () => {
    let frame = 0;
    sliders.forEach((slider, k) => {
      const text = data.texts[k][+slider.value];
      frame = frame * data.sizes[k] + +slider.value;
      outputs[k].textContent = text;
      slider.setAttribute("aria-valuetext", text);
    });
    frame = frame * draws + draw;
    data.frames[frame].forEach((content, k) => {
      if (content !== shown[k]) {
        groups[k].innerHTML = data.pool[content];
        shown[k] = content;
      }
    });
    reading.textContent = data.pool[data.readings[frame]];
  };
  sliders.forEach((slider) => slider.addEventListener("input", show));
  if (button) {
    button.addEventListener("click", () => {
      draw = (draw + 1) % draws;
      sample.textContent = "sample " + (draw + 1) + " of " + draws;
      show();
    });
  }
  figure.querySelector(".explorer-controls").hidden = false;
})();
