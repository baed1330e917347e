(() => {
  const begin = (figure) => {
    figure.dataset.ready = "";
    const svg = figure.querySelector("svg");
    const sliders = [...figure.querySelectorAll("input[type=range]")];
    const outputs = [...figure.querySelectorAll("output")];
    const reading = figure.querySelector(".explorer-reading");
    const button = figure.querySelector(".explorer-draw-again");
    const sample = figure.querySelector(".explorer-sample");
    const text = figure.querySelector("script[type='application/json']");
    let data, groups, shown, draws;
    let draw = 0;
    const parse = () => {
      if (data) return;
      data = JSON.parse(text.textContent);
      groups = data.groups.map((id) => svg.querySelector("#" + id));
      shown = groups.map(() => -1);
      draws = data.sizes[sliders.length];
      figure.dataset.parsed = "";
    };
    const show = () => {
      parse();
      let frame = 0;
      sliders.forEach((slider, k) => {
        const said = data.texts[k][+slider.value];
        frame = frame * data.sizes[k] + +slider.value;
        outputs[k].textContent = said;
        slider.setAttribute("aria-valuetext", said);
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
        parse();
        draw = (draw + 1) % draws;
        sample.textContent = "sample " + (draw + 1) + " of " + draws;
        show();
      });
    }
    figure.querySelector(".explorer-controls").hidden = false;
    const near = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        near.disconnect();
        parse();
      }
    }, { rootMargin: "100% 0px" });
    near.observe(figure);
  };
  document.querySelectorAll(".explorer:not([data-ready])").forEach(begin);
})();
