/* Moves the stored frames of every explorer of the page. Frames are read when a reader comes near. */
(() => {
  if (window.explorersReady) {
    return;
  }
  window.explorersReady = true;
  const faces = new Map();
  const start = (figure) => {
    const inline = figure.querySelector("script[type='application/json']");
    const stored = figure.dataset.frames;
    if (faces.has(figure) || !(inline || stored)) {
      return;
    }
    const svg = figure.querySelector("svg");
    const reading = figure.querySelector(".explorer-reading > span");
    const button = figure.querySelector(".explorer-draw-again");
    const sample = figure.querySelector(".explorer-sample");
    let data = null;
    let asked = false;
    let waiting = null;
    let groups = [];
    let shown = [];
    let draw = 0;
    const take = (frames) => {
      data = frames;
      groups = data.groups.map((id) => svg.querySelector("#" + id));
      shown = groups.map(() => -1);
      figure.dataset.parsed = "";
      if (waiting) {
        show(waiting);
      }
    };
    const parse = () => {
      if (asked) {
        return;
      }
      asked = true;
      if (inline) {
        take(JSON.parse(inline.textContent));
        return;
      }
      /* A script, as pages opened from a disk may not fetch. */
      const file = document.createElement("script");
      file.src = stored;
      file.onload = () => take(window.explorerFrames[figure.id]);
      file.onerror = () => {
        asked = false;
      };
      document.head.append(file);
    };
    const show = (places) => {
      parse();
      if (!data) {
        waiting = places;
        return;
      }
      const draws = data.sizes[data.sizes.length - 1];
      const frame = [...places, draw % draws].reduce((sum, at, k) => sum * data.sizes[k] + at, 0);
      data.frames[frame].forEach((content, k) => {
        if (content !== shown[k]) {
          groups[k].innerHTML = data.pool[content];
          shown[k] = content;
        }
      });
      reading.textContent = data.pool[data.readings[frame]];
      if (sample) {
        sample.textContent = "sample " + (draw % draws + 1) + " of " + draws;
      }
    };
    const face = explorerControls(figure, show);
    faces.set(figure, { ...face, parse });
    if (button) {
      button.addEventListener("click", () => {
        draw += 1;
        face.move();
      });
    }
  };
  /* Bring the figure into view, and keep it there while the page settles, until the reader acts. */
  const stay = (figure) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    figure.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    const watcher = new ResizeObserver(() => figure.scrollIntoView({ block: "center" }));
    watcher.observe(document.body);
    ["wheel", "touchstart", "pointerdown", "keydown"].forEach((act) => {
      addEventListener(act, () => watcher.disconnect(), { once: true, passive: true });
    });
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
    stay(figure);
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
