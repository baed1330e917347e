/* Moves the stored frames of every explorer of the page. Frames are parsed when a reader comes near. */
(() => {
  if (window.explorersReady) {
    return;
  }
  window.explorersReady = true;
  const faces = new Map();
  const start = (figure) => {
    const source = figure.querySelector("script[type='application/json']");
    if (faces.has(figure) || !source) {
      return;
    }
    const svg = figure.querySelector("svg");
    const reading = figure.querySelector(".explorer-reading > span");
    const button = figure.querySelector(".explorer-draw-again");
    const sample = figure.querySelector(".explorer-sample");
    let data = null;
    let groups = [];
    let shown = [];
    let draw = 0;
    const parse = () => {
      if (!data) {
        data = JSON.parse(source.textContent);
        groups = data.groups.map((id) => svg.querySelector("#" + id));
        shown = groups.map(() => -1);
      }
    };
    const show = (places) => {
      parse();
      const frame = [...places, draw].reduce((sum, at, k) => sum * data.sizes[k] + at, 0);
      data.frames[frame].forEach((content, k) => {
        if (content !== shown[k]) {
          groups[k].innerHTML = data.pool[content];
          shown[k] = content;
        }
      });
      reading.textContent = data.pool[data.readings[frame]];
    };
    const face = explorerControls(figure, show);
    faces.set(figure, { ...face, parse });
    if (button) {
      button.addEventListener("click", () => {
        parse();
        const draws = data.sizes[data.sizes.length - 1];
        draw = (draw + 1) % draws;
        sample.textContent = "sample " + (draw + 1) + " of " + draws;
        face.move();
      });
    }
  };
  /* #fig-name;p=0.3 opens the figure with its control p at 0.3. */
  const open = () => {
    const [id, ...places] = decodeURIComponent(location.hash.slice(1)).split(";");
    const figure = id && document.getElementById(id);
    if (!figure || !figure.matches("figure.explorer")) {
      return;
    }
    for (let fold = figure.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
    const face = faces.get(figure);
    if (face && places.length) {
      places.forEach((place) => {
        const [name, key] = place.split("=");
        const control = face.controls.find((one) => one.name === name);
        if (control && control.keys.includes(key)) {
          control.at = control.keys.indexOf(key);
        }
      });
      face.move();
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    figure.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  };
  const ready = () => {
    const figures = document.querySelectorAll("figure.explorer");
    const near = new IntersectionObserver((entries) => {
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        faces.get(entry.target)?.parse();
        near.unobserve(entry.target);
      });
    }, { rootMargin: "800px" });
    figures.forEach((figure) => {
      start(figure);
      near.observe(figure);
    });
    open();
  };
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#fig-']");
    if (link && link.getAttribute("href") === location.hash) {
      open();
    }
  });
  if (document.readyState === "loading") {
    addEventListener("DOMContentLoaded", ready);
  } else {
    ready();
  }
})();
